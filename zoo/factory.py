"""What a user gives for `cell`, as one thing that makes the cells of a network."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import keras

from ..errors import ArgumentError, ArgumentTypeError, one_of
from .cells import CELLS, KerasCell, RecurrentCell, as_cell
from .cells.adapter import is_keras_cell

BUILT_IN = frozenset(CELLS)
TRIED_UNITS = 32  # of a cell that is made to see whether it can be

#: A name in `CELLS`, a class of cells, a function from units to a cell, or a cell.
CellLike = str | type | Callable[[int], Any] | keras.layers.Layer


@dataclass(frozen=True)
class CellFactory:
    """Makes the cells of a network, whatever a user gave for `cell`.

    Attributes:
        name: in tables, charts and messages.
        kind: the class of the cells, which says what they serve; `KerasCell` for a stranger's.
        given: what the user gave: a class, a function from units to a cell, or a cell.
    """

    name: str
    kind: type[RecurrentCell]
    given: Any

    @property
    def by_class(self) -> bool:
        """Whether width and further arguments are still to be chosen."""
        return isinstance(self.given, type)

    @property
    def own_units(self) -> int | None:
        """The width of the output, where the user gave a cell that has one."""
        made = self.by_class or not is_keras_cell(self.given)
        return None if made else int(as_cell("cell", self.given).output_size)

    def takes(self, argument: str) -> bool:
        """Whether the constructor names an argument that a network may set."""
        return self.by_class and argument in inspect.signature(self.given).parameters

    def spanning(self, reach: int) -> dict[str, Any]:
        """Arguments with which a cell of bounded memory looks `reach` steps back; none for a
        cell that has its own."""
        return self.kind.spanning(reach) if self.by_class else {}

    def make(self, units: int, **options: Any) -> RecurrentCell:
        """One cell; a new one each time.

        Args:
            units: its width, unless it has its own.
            options: further arguments of its constructor.
        """
        if self.by_class:
            return as_cell("cell", self.given(units, **options))
        if not is_keras_cell(self.given):
            cell = as_cell("cell", self.given(units))
            return _again(cell, options) if options else cell
        return _again(as_cell("cell", self.given), options)

    def layered(self, layers: int, units: int, **options: Any) -> list[RecurrentCell]:
        """The cells of a network with some layers, each fed by the one before."""
        if self.by_class and issubclass(self.given, RecurrentCell):
            return list(self.given.layered(layers, units, **options))
        return [self.make(units, **options) for _ in range(layers)]

    def check(self, units: int | None, options: Any, own: Collection[str]) -> None:
        """Tries the cell with its further arguments.

        Args:
            units: its width; `None` if it follows from the data.
            options: what the user gave for `cell_options`.
            own: arguments that the network sets itself.

        Raises:
            ArgumentTypeError: `options` is no dictionary, or no cell is made.
            ArgumentError: the cell does not take them, the network sets them itself, or the cell
                has its own width or arguments.
        """
        if options is not None and not isinstance(options, dict):
            raise ArgumentTypeError(
                "`cell_options` must be a dictionary of arguments of the cell. "
                f"Received: cell_options={options!r}"
            )
        if set_twice := sorted(set(own) & set(options or {})):
            raise ArgumentError(
                f"`cell_options` must not hold {', '.join(set_twice)}: the pipeline sets them. "
                f"Received: cell_options={options!r}"
            )
        if options and not self.by_class:
            raise ArgumentError(
                "A cell that is given as such has its arguments already: leave `cell_options` out. "
                f"Received: cell={self.given!r}, cell_options={options!r}"
            )
        if self.own_units is not None and units not in (None, self.own_units):
            raise ArgumentError(
                f"A cell that is given as such has its own width, {self.own_units}: leave out "
                f"how wide it is. Received: {units}"
            )
        try:
            self.make(units or TRIED_UNITS, **options or {})
        except ArgumentTypeError:
            raise
        except Exception as error:  # whatever a stranger's constructor raises
            what = (
                "`cell_options` do not fit the cell" if options else "There is no making the cell"
            )
            raise ArgumentError(f"{what} {self.name}: {error}") from error

    def check_reads(self, item: tuple[int, ...], what: str) -> None:
        """Builds a cell for steps of one shape, to see that it can read them.

        Args:
            item: `(*spatial, channels)`.
            what: such a step, in words.

        Raises:
            ArgumentError: it cannot, or does not start from states of zero.
        """
        if self.kind is not KerasCell:
            return  # ours say what they serve
        try:
            cell = self.make(TRIED_UNITS)
            cell.build((None, *item))
        except ArgumentError as error:
            raise ArgumentError(f"`{self.name}` cannot read {what}: {error}") from error
        if not cell.starts_at_zero:
            raise ArgumentError(
                f"`{self.name}` starts from states of its own, and networks over series and films "
                "start at zero: make `get_initial_state` give zeros, or leave it out."
            )


def cell_factory(cell: Any) -> CellFactory:
    """What makes the cells of a network.

    Args:
        cell: a name in `CELLS`; a class of cells, ours or a Keras one, whose first argument is its
            width; a function from units to a cell; or a cell, of which copies are made.

    Raises:
        ArgumentError: no such name; the nearest ones are given.
        ArgumentTypeError: nothing of the kind.
    """
    if isinstance(cell, str):
        kind = CELLS[one_of("cell", cell, CELLS)]
        adapted = _adapted(kind)
        return CellFactory(cell, kind, kind) if adapted is None else _of_class(cell, adapted)
    if isinstance(cell, type):
        return _of_class(_known_as(cell), cell)
    if is_keras_cell(cell):
        _check_layer(type(cell), cell)
        return CellFactory(_known_as(type(cell)), type(as_cell("cell", cell)), cell)
    if callable(cell) and not isinstance(cell, keras.layers.Layer):
        made = _made(cell)
        return CellFactory(_known_as(type(getattr(made, "cell", made))), type(made), cell)
    raise ArgumentTypeError(
        "`cell` must be the name of a cell, a class of cells, a function from units to a cell, or "
        f"a cell: an object with `state_size` and `call(inputs, states)`. Received: cell={cell!r}"
    )


def _of_class(name: str, cell: type) -> CellFactory:
    return CellFactory(name, _kind(cell), cell)


def _check_layer(kind: type, cell: Any) -> None:
    """Refuses a cell whose weights Keras would not know: nothing of it would be trained."""
    if not issubclass(kind, keras.layers.Layer):
        raise ArgumentTypeError(
            f"A cell of a network must be a keras.layers.Layer, or its weights are neither trained "
            f"nor saved: let {kind.__name__} be one. Received: cell={cell!r}"
        )


def _kind(cell: type) -> type[RecurrentCell]:
    """The class that stands for a user's class in a network."""
    if issubclass(cell, RecurrentCell):
        return cell
    loops = hasattr(cell, "return_sequences") or issubclass(cell, keras.layers.RNN)
    if loops or not callable(getattr(cell, "call", None)):
        remedy = "; this is a loop over one" if loops else ""
        raise ArgumentTypeError(
            "A class of cells must have `call(inputs, states)` and `state_size`"
            f"{remedy}. Received: cell={cell!r}"
        )
    _check_layer(cell, cell)
    return KerasCell


def _made(function: Callable[[int], Any]) -> RecurrentCell:
    try:
        made = as_cell("cell", function(TRIED_UNITS))
        _check_layer(type(getattr(made, "cell", made)), function)
        return made
    except Exception as error:  # whatever a stranger's function raises
        raise ArgumentTypeError(
            f"A function that makes cells takes the units and returns a cell: {error}. "
            f"Received: cell={function!r}"
        ) from error


def _known_as(cell: type) -> str:
    """The name of a class in `CELLS`, or its own."""
    names = [name for name, kind in CELLS.items() if kind is cell or _adapted(kind) is cell]
    return names[0] if names else cell.__name__


def _adapted(kind: type) -> type | None:
    return getattr(kind, "adapts", None)


def _again(cell: RecurrentCell, options: dict[str, Any]) -> RecurrentCell:
    """A cell like another, not built, with some arguments changed."""
    config = cell.get_config() | options
    config.pop("name", None)
    with keras.saving.custom_object_scope(classes_within(cell)):  # Keras need not know them
        return type(cell).from_config(config)


def classes_within(cell: Any) -> dict[str, type]:
    """The classes of a cell and of the cells within, by the names under which Keras writes them."""
    within = [getattr(cell, "cell", None), *getattr(cell, "cells", ())]
    found = {keras.saving.get_registered_name(type(cell)): type(cell)}
    for one in within:
        for name, kind in ({} if one is None else classes_within(one)).items():
            if found.setdefault(name, kind) is not kind:
                raise ArgumentError(
                    f"Two classes within one cell are called {name}, and Keras would take one for "
                    "the other: register one under a name of its own, with "
                    f"rnnzoo.register_cell. Received: {found[name]} and {kind}"
                )
    return found
