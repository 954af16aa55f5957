"""Registers users' cells under a name."""

from typing import Any

import keras

from ..errors import ArgumentError, ArgumentTypeError
from .cells import CELLS, KerasCell, RecurrentCell
from .factory import cell_factory


def register_cell(name: str, cell: type) -> type:
    """Adds a class of cells to `CELLS` under a new name.

    All pipelines, commands and experiment files then accept the name, and a saved model with that
    cell can be loaded wherever the module that registers it has been imported.

    Args:
        name: letters, digits and underscores, beginning with a letter.
        cell: a `RecurrentCell` class, or a class of Keras cells: with `state_size` and
            `call(inputs, states)`, its first argument the units. One that Keras does not know is
            registered with Keras too.

    Returns:
        The class.

    Raises:
        ArgumentTypeError: no class of cells, or a name that is no text.
        ArgumentError: the name belongs to another class, or is invalid.

    Example:

    >>> import keras, rnnzoo
    >>> rnnzoo.register_cell("keras_gru", keras.layers.GRUCell).__name__
    'GRUCell'
    >>> rnnzoo.Forecaster("keras_gru", horizon=2).check()
    """
    if not isinstance(name, str):
        raise ArgumentTypeError(f"`name` must be a text. Received: name={name!r}")
    if not (name.isidentifier() and name[0].isalpha()):
        raise ArgumentError(
            "`name` must be letters, digits and underscores, beginning with a letter. "
            f"Received: name={name!r}"
        )
    if not isinstance(cell, type):
        raise ArgumentTypeError(f"`cell` must be a class of cells. Received: cell={cell!r}")
    kind = cell_factory(cell).kind
    taken = CELLS.get(name)
    if taken is not None and not _same(getattr(taken, "adapts", taken), cell):
        raise ArgumentError(
            f"`{name}` is the name of another cell, {taken.__module__}.{taken.__qualname__}: "
            f"choose another. Received: name={name!r}"
        )
    known = keras.saving.get_registered_object(keras.saving.get_registered_name(cell))
    if known is None and not cell.__module__.startswith("keras."):
        keras.saving.register_keras_serializable("rnnzoo_own", name)(cell)
    CELLS[name] = cell if kind is not KerasCell else _adapter(cell)
    return cell


def _adapter(cell: type) -> type[RecurrentCell]:
    """A class whose call makes a `KerasCell` around a Keras cell."""

    class Adapter(KerasCell):
        adapts = cell
        serves = _serves(cell)

        def __new__(cls, units: int, **options: Any) -> RecurrentCell:
            return KerasCell(cell(units, **options))

    Adapter.__name__, Adapter.__doc__ = cell.__name__, cell.__doc__
    return Adapter


def _serves(cell: type) -> tuple[str, ...]:
    """The uses that a class of Keras cells supports, found by trying."""
    factory = cell_factory(cell)
    served: list[str] = []
    for item, uses in (((3,), ("stateful", "closed_loop")), ((8, 8, 4), ("next_frame",))):
        try:
            factory.check_reads(item, "it")
        except Exception:  # it is not supported, or the constructor needs further arguments
            continue
        served += uses
    return tuple(served) or KerasCell.serves


def _same(one: type, other: type) -> bool:
    """Whether two classes are one, or a notebook has defined the same class again."""
    return one is other or (one.__module__, one.__qualname__) == (
        other.__module__,
        other.__qualname__,
    )
