"""Factories that make the cells of a network from what a user gives for `cell`."""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import keras

from ..errors import ArgumentError, ArgumentTypeError, one_of
from .cells import CELLS, KerasCell, RecurrentCell, as_cell
from .cells.adapter import is_keras_cell

BUILT_IN = frozenset(CELLS)
TRIED_UNITS = 32  # units of a cell that is made for a check

#: A name in `CELLS`, a class of cells, a function from units to a cell, or a cell.
CellLike = str | type | Callable[[int], Any] | keras.layers.Layer


@dataclass(frozen=True)
class CellFactory:
    """Makes the cells of a network.

    Attributes:
        name: name in tables, charts and messages.
        kind: class of the cells, which names their uses; `KerasCell` for a user's Keras cell.
        given: what the user gave: a class, a function from units to a cell, or a cell.
    """

    name: str
    kind: type[RecurrentCell]
    given: Any

    @property
    def by_class(self) -> bool:
        """Whether a class was given, so that width and other arguments are still free."""
        return isinstance(self.given, type)

    @property
    def own_units(self) -> int | None:
        """The width of the output where the user gave a cell, else `None`."""
        made = self.by_class or not is_keras_cell(self.given)
        return None if made else int(as_cell("cell", self.given).output_size)

    def takes(self, argument: str) -> bool:
        """Whether the given class has a constructor argument."""
        return self.by_class and argument in inspect.signature(self.given).parameters

    def memory_options(self, reach: int) -> dict[str, Any]:
        """Arguments with which a cell of bounded memory reads `reach` steps back; empty for a
        given cell, which has its own."""
        return self.kind.memory_options(reach) if self.by_class else {}

    def make(self, units: int, **options: Any) -> RecurrentCell:
        """Makes a new cell.

        Args:
            units: width of the cell, unless it has its own.
            options: further arguments of its constructor.
        """
        if self.by_class:
            return as_cell("cell", self.given(units, **options))
        if not is_keras_cell(self.given):
            cell = as_cell("cell", self.given(units))
            return _copy_with(cell, options) if options else cell
        return _copy_with(as_cell("cell", self.given), options)

    def stacked(self, layers: int, units: int, **options: Any) -> list[RecurrentCell]:
        """Makes the cells of a network with some layers, each fed by the one before."""
        if self.by_class and issubclass(self.given, RecurrentCell):
            return list(self.given.stacked(layers, units, **options))
        return [self.make(units, **options) for _ in range(layers)]

    def check(self, units: int | None, options: Any, own: Collection[str]) -> None:
        """Checks the arguments of the cell by making one.

        Args:
            units: width of the cell; `None` if it follows from the data.
            options: the setting `cell_options`.
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
        """Checks that a cell can read steps of a shape, by building one.

        Args:
            item: shape of a step, `(*spatial, channels)`.
            what: such a step, in words.

        Raises:
            ArgumentError: it cannot read them, or does not start from states of zero.
        """
        if self.kind is not KerasCell:
            return  # our cells name their uses
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
    """Returns the factory for the cells of a network.

    Args:
        cell: a name in `CELLS`; a class of cells, ours or of Keras, whose first argument is the
            width; a function from units to a cell; or a cell, of which copies are made.

    Raises:
        ArgumentError: no such name; the message holds the nearest ones.
        ArgumentTypeError: none of these.
    """
    if isinstance(cell, str):
        kind = CELLS[one_of("cell", cell, CELLS)]
        adapted = _adapted_class(kind)
        return CellFactory(cell, kind, kind) if adapted is None else _of_class(cell, adapted)
    if isinstance(cell, type):
        return _of_class(_name_of(cell), cell)
    if is_keras_cell(cell):
        _check_layer(type(cell), cell)
        return CellFactory(_name_of(type(cell)), type(as_cell("cell", cell)), cell)
    if callable(cell) and not isinstance(cell, keras.layers.Layer):
        made = _try_function(cell)
        return CellFactory(_name_of(type(getattr(made, "cell", made))), type(made), cell)
    raise ArgumentTypeError(
        "`cell` must be the name of a cell, a class of cells, a function from units to a cell, or "
        f"a cell: an object with `state_size` and `call(inputs, states)`. Received: cell={cell!r}"
    )


def _of_class(name: str, cell: type) -> CellFactory:
    return CellFactory(name, _kind(cell), cell)


def _check_layer(kind: type, cell: Any) -> None:
    """Refuses a cell that is no Keras layer: its weights would not be trained."""
    if not issubclass(kind, keras.layers.Layer):
        raise ArgumentTypeError(
            f"A cell of a network must be a keras.layers.Layer, or its weights are neither trained "
            f"nor saved: let {kind.__name__} be one. Received: cell={cell!r}"
        )


def _kind(cell: type) -> type[RecurrentCell]:
    """The `RecurrentCell` class that a network uses for a user's class."""
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


def _try_function(function: Callable[[int], Any]) -> RecurrentCell:
    try:
        made = as_cell("cell", function(TRIED_UNITS))
        _check_layer(type(getattr(made, "cell", made)), function)
        return made
    except Exception as error:  # whatever a stranger's function raises
        raise ArgumentTypeError(
            f"A function that makes cells takes the units and returns a cell: {error}. "
            f"Received: cell={function!r}"
        ) from error


def _name_of(cell: type) -> str:
    """The name of a class in `CELLS`, or its own."""
    names = [name for name, kind in CELLS.items() if kind is cell or _adapted_class(kind) is cell]
    return names[0] if names else cell.__name__


def _adapted_class(kind: type) -> type | None:
    return getattr(kind, "adapts", None)


def _copy_with(cell: RecurrentCell, options: dict[str, Any]) -> RecurrentCell:
    """Makes an unbuilt copy of a cell, with some arguments changed."""
    config = cell.get_config() | options
    config.pop("name", None)
    with keras.saving.custom_object_scope(classes_within(cell)):  # Keras need not know them
        return type(cell).from_config(config)


def classes_within(cell: Any) -> dict[str, type]:
    """The classes of a cell and of its inner cells, by the names under which Keras saves them."""
    within = [getattr(cell, "cell", None), *getattr(cell, "cells", ())]
    classes = {keras.saving.get_registered_name(type(cell)): type(cell)}
    for one in within:
        for name, kind in ({} if one is None else classes_within(one)).items():
            if classes.setdefault(name, kind) is not kind:
                raise ArgumentError(
                    f"Two classes within one cell are called {name}, and Keras would take one for "
                    "the other: register one under a name of its own, with "
                    f"rnnzoo.register_cell. Received: {classes[name]} and {kind}"
                )
    return classes
