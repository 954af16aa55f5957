"""Engines: ways to run a cell over a sequence, of which the cell is independent.

An engine checks whether it can run a cell (`supports`) and runs it (`run`): see `base.Engine`.
"""

from typing import Any

from ...errors import ArgumentError, one_of
from .base import NEEDS, Engine, Result
from .native import Native
from .parallel import Parallel
from .scan import ProjectFirst, Scan, Unrolled

#: By name, in the order in which `"auto"` tries them.
ENGINES: dict[str, Engine] = {
    "parallel": Parallel(),
    "native": Native(),
    "scan": Scan(),
    "project_first": ProjectFirst(),
    "unrolled": Unrolled(),
}


def choose_engine(name: str, cell: Any, steps: int | None, batch: int | None = None) -> Engine:
    """Returns the engine of a name, or for `"auto"` the first that is the default for the cell.

    Where the engine of the name can run the cell, but not within what is being computed or traced,
    it is the loop, `"scan"`.

    Args:
        name: name in `ENGINES`, or `"auto"`.
        cell: cell to run, built or not.
        steps: length of the sequence; `None` if it is not known beforehand.
        batch: number of sequences; `None` if it is not known beforehand.

    Raises:
        ArgumentError: no such engine, or it cannot run the cell; the message says why.
    """
    one_of("engine", name, ["auto", *ENGINES])
    if name == "auto":
        return next(
            engine
            for engine in ENGINES.values()
            if engine.is_default(cell, steps, batch) and engine.runs_here(unasked=True)
        )
    if (why := ENGINES[name].supports(cell, steps)) is not None:
        raise ArgumentError(f'{why}. Received: engine="{name}"; use "scan" or "auto"')
    return ENGINES[name if ENGINES[name].runs_here(unasked=False) else "scan"]


def engine_name(engine: Engine) -> str:
    """The name of an engine in `ENGINES`."""
    return next(name for name, each in ENGINES.items() if each is engine)


__all__ = ["ENGINES", "NEEDS", "Engine", "Result", "choose_engine", "engine_name"]
