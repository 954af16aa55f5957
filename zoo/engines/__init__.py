"""Ways to run a cell over a sequence; a cell does not know which one runs it.

An engine says whether it can run a cell (`supports`) and runs it (`run`): see `base.Engine`.
"""

from typing import Any

from ...errors import ArgumentError, one_of
from .base import NEEDS, Engine, Result
from .parallel import Parallel
from .scan import ProjectFirst, Scan, Unrolled

#: By name, in the order in which `"auto"` asks them.
ENGINES: dict[str, Engine] = {
    "parallel": Parallel(),
    "scan": Scan(),
    "project_first": ProjectFirst(),
    "unrolled": Unrolled(),
}


def chosen(name: str, cell: Any, steps: int | None) -> Engine:
    """The engine of a name, or for `"auto"` the first that runs the cell by itself.

    Args:
        name: in `ENGINES`, or `"auto"`.
        cell: built or not.
        steps: of the sequence; `None` if that is not known beforehand.

    Raises:
        ArgumentError: no such engine, or it cannot run the cell; the message says why.
    """
    one_of("engine", name, ["auto", *ENGINES])
    if name == "auto":
        return next(engine for engine in ENGINES.values() if engine.natural(cell, steps))
    if (why := ENGINES[name].supports(cell, steps)) is not None:
        raise ArgumentError(f'{why}. Received: engine="{name}"; use "scan" or "auto"')
    return ENGINES[name]


__all__ = ["ENGINES", "NEEDS", "Engine", "Result", "chosen"]
