"""The interface of engines."""

from dataclasses import dataclass
from typing import Any, Protocol

NEEDS = ("last", "outputs", "states")


@dataclass(frozen=True)
class Result:
    """The result of a run over a sequence.

    Attributes:
        last: states after the last step; the first one is the last output.
        outputs: outputs of all steps, `(batch, time, …)`; `None` where not needed.
        states: states after every step, each `(batch, time, …)`; `None` where not needed.
    """

    last: list[Any]
    outputs: Any = None
    states: list[Any] | None = None


class Engine(Protocol):
    """A way to run a cell over a sequence."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        """Why the engine cannot run a cell over a number of steps (`None` if unknown), as a
        sentence without its full stop; `None` if it can."""

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        """Whether `engine="auto"` may choose this engine for the cell."""

    def runs_here(self, unasked: bool) -> bool:
        """Whether what is being computed or traced may contain this engine; otherwise the loop
        runs. `unasked`: the user has not chosen the engine."""
        return True

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        """Runs a built cell.

        Args:
            cell: cell that the engine supports.
            sequences: `(batch, time, …)`.
            states: states before the first step, in the type in which they are carried.
            mask: `(batch, time)` of booleans; a masked step does not change the states.
            need: what the caller needs: the `"last"` states only, also the `"outputs"` of all
                steps, or also all `"states"` after every step. The rest is not computed.
        """
