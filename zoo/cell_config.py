"""Cells as plain values for a file, and back, without importing what the file names."""

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import keras

from ..errors import ModelFileError
from .cells import CELLS, KerasCell, RecurrentCell
from .factory import BUILT_IN, cell_factory, classes_within

#: Keras layers that a cell may consist of: others can read files, or hold code.
LAYERS = {
    *("SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"),
    *("Dense", "Conv1D", "Conv2D", "Conv3D", "LayerNormalization", "Dropout", "Activation"),
}
OF_KERAS = ("keras.initializers", "keras.regularizers", "keras.constraints", "builtins")
#: Base classes of users' classes that may be taken from an imported module.
KINDS = (
    keras.layers.Layer,
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
    keras.constraints.Constraint,
)


def cell_to_config(cell: Any, units: int) -> Any:
    """A cell as plain values for a file.

    A function cannot be restored from a file: the cell that it makes is written instead.

    Args:
        cell: as for `cell_factory`.
        units: units with which to call a function.
    """
    if isinstance(cell, str):
        if cell in BUILT_IN or cell not in CELLS:
            return cell
        kind = CELLS[cell]
        return {"name": cell, "module": getattr(kind, "adapts", kind).__module__}
    if isinstance(cell, type):
        return _class_to_config(cell)
    made = cell_factory(cell).make(units)
    classes_within(made)  # refuses two classes of one name
    inner = made.cell if type(made) is KerasCell else made
    return {"object": keras.saving.serialize_keras_object(inner)}


def cell_from_config(config: Any) -> Any:
    """Restores the cell that `cell_to_config` wrote, without any import.

    Raises:
        ModelFileError: a class is missing; the message says what to import first.
        KeyError, TypeError, ValueError: the config is of something else.
    """
    if not isinstance(config, dict):
        return config  # a name; other values are refused by the caller
    if "name" in config:
        if config["name"] not in CELLS:
            raise _missing(f"`{config['name']}`", config["module"], "registers it")
        return config["name"]
    if "object" in config:
        known = dict(_own_classes(config["object"]))
        top = config["object"]
        if _is_keras(_module(top)) is False:
            _require_cell(_class(top))
        return keras.saving.deserialize_keras_object(config["object"], custom_objects=known)
    found = _class(config)
    _require_cell(found)
    return found


def check_can_be_found(cell: Any) -> None:
    """Refuses a cell whose class another process could not find.

    Raises:
        ModelFileError: the class is defined in a function, and not registered.
    """
    if isinstance(cell, str):
        return
    made = cell if isinstance(cell, type) else cell_factory(cell).make(1)
    kind = cell if isinstance(cell, type) else type(getattr(made, "cell", made))
    registered = keras.saving.get_registered_name(kind)
    if "<locals>" in kind.__qualname__ and keras.saving.get_registered_object(registered) is None:
        raise ModelFileError(
            f"The class {kind.__name__} is defined in a function, where no other process finds it: "
            "define it in a module, or register it with rnnzoo.register_cell, then save."
        )


def _class_to_config(cell: type) -> dict[str, str]:
    return {
        "class_name": cell.__qualname__,
        "module": cell.__module__,
        "registered_name": keras.saving.get_registered_name(cell),
    }


def _own_classes(config: Any) -> Iterator[tuple[str, type]]:
    """The classes that a serialized object names, except those of Keras."""
    if isinstance(config, (list, tuple)):
        for item in config:
            yield from _own_classes(item)
    if not isinstance(config, dict):
        return
    for value in config.values():
        yield from _own_classes(value)
    if "class_name" in config:
        module, name = _module(config), str(config["class_name"])
        if _is_keras(module):
            if not module.startswith(OF_KERAS) and name not in LAYERS and "DTypePolicy" not in name:
                raise ValueError(f"a cell holds no {module}.{name}")
        elif module not in OF_KERAS:
            yield str(config.get("registered_name") or name), _class(config)


def _class(config: dict[str, Any]) -> type:
    """Finds a class by its registered name, or in an imported module.

    Raises:
        ModelFileError: it is not found.
    """
    module, name = _module(config), str(config["class_name"])
    found = keras.saving.get_registered_object(str(config.get("registered_name")))
    if found is None:
        found = imported_class(module, name)
    if found is None:
        raise _missing(f"of the class `{name}`", module, "defines it")
    if not (isinstance(found, type) and issubclass(found, KINDS)):
        raise ValueError(f"{module}.{name} is no cell")
    return found


def _require_cell(kind: type) -> None:
    """Refuses a class that is no cell before making an object: some constructors read files.

    Raises:
        ValueError: it is no cell.
    """
    if issubclass(kind, RecurrentCell) or (kind.__name__ in LAYERS and _is_keras(kind.__module__)):
        return
    call = getattr(kind, "call", None)
    takes = list(inspect.signature(call).parameters) if callable(call) else []
    if _is_keras(kind.__module__) or len(takes) < 3:  # self, inputs, states
        raise ValueError(f"{kind.__module__}.{kind.__name__} is no cell")


def _module(config: dict[str, Any]) -> str:
    """The module that a config names; Keras names none for classes of a script or notebook."""
    return "__main__" if config["module"] is None else str(config["module"])


def _is_keras(module: str) -> bool:
    return module.partition(".")[0] == "keras"


def imported_class(module: str, name: str) -> type | None:
    """Finds a class of an imported module by its name, with dots for nested classes.

    It reads `vars`, not attributes, which some modules import on access.
    """
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = None if found is None else vars(found).get(part)
        if not isinstance(found, type):
            return None
    return found


def _missing(what: str, module: str, does: str) -> ModelFileError:
    if module == "__main__":
        remedy = f"the script that saved it {does}: do that first, then load"
    else:
        remedy = f"`import {module}`, which {does}, then load"
    return ModelFileError(f"holds a cell {what}, which is missing: {remedy}")
