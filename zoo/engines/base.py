"""What an engine is."""

from dataclasses import dataclass
from typing import Any, Protocol

NEEDS = ("last", "outputs", "states")


@dataclass(frozen=True)
class Result:
    """What came of a run over a sequence.

    Attributes:
        last: the states after the last step; the first one is the last output.
        outputs: of every step, `(batch, time, …)`; `None` where they were not needed.
        states: those after every step, each `(batch, time, …)`; `None` where not needed.
    """

    last: list[Any]
    outputs: Any = None
    states: list[Any] | None = None


class Engine(Protocol):
    """A way to run a cell over a sequence."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        """Why it cannot run a cell over so many steps (`None`: not known beforehand), as a
        sentence without its full stop; `None` if it can."""

    def natural(self, cell: Any, steps: int | None) -> bool:
        """Whether `engine="auto"` takes it for such a cell."""

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        """Runs a built cell.

        Args:
            cell: whose `supports` was asked.
            sequences: `(batch, time, …)`.
            states: before the first step, in the type in which they are kept.
            mask: `(batch, time)` of booleans; a masked step holds all states.
            need: what the caller reads beside the last states: nothing (`"last"`), the
                `"outputs"` of every step, or all `"states"` after every step. What is not
                needed costs nothing.
        """
