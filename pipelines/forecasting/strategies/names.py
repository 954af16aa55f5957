"""The names of the strategies, and which of them a cell supports."""

from typing import Any

from ....errors import ArgumentError, one_of
from ....zoo.factory import cell_factory

#: By name, with the use in `RecurrentCell.serves` that the cell needs.
STRATEGIES = {"stateful": "stateful", "closed_loop": "closed_loop", "segment": "stateful"}


def strategy_name(cell: Any, strategy: str, layers: int) -> str:
    """Checks a strategy for a cell; for `"auto"` returns the first that the cell supports.

    Args:
        cell: as `cell_factory` takes it.
        strategy: a name in `STRATEGIES`, or `"auto"`.
        layers: cells on top of each other.

    Raises:
        ArgumentTypeError: no cell.
        ArgumentError: unknown cell or strategy, or a strategy that the cell does not support.
    """
    factory = cell_factory(cell)
    kind, cell = factory.kind, factory.name
    one_of("strategy", strategy, ["auto", *STRATEGIES])
    served = [name for name in kind.serves if name in STRATEGIES]
    name = (served or ["stateful"])[0] if strategy == "auto" else strategy
    if STRATEGIES[name] not in served:
        remedy = f'strategy="{served[0]}" or another cell' if served else "another cell"
        why = kind.unsupported[STRATEGIES[name]]
        raise ArgumentError(
            f"`{cell}` serves {', '.join(kind.serves)}, not {name}: {why}. Use {remedy}."
        )
    if kind.has_output_layer and name == "closed_loop" and layers > 1:
        raise ArgumentError(
            f"`{cell}` puts out the forecast itself, so it cannot be stacked in a closed loop. "
            f"Received: layers={layers}"
        )
    return name
