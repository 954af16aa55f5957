"""Settings of an estimator that may be Keras objects: the optimizer and the loss."""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import keras

from ...zoo.cell_config import cell_from_config, cell_to_config, check_can_be_found
from .keras_config import from_config, is_object, restore_problem, to_config

#: A name, a config, or an object, as the constructors take them.
OptimizerLike: TypeAlias = str | dict[str, Any] | keras.optimizers.Optimizer
LossLike: TypeAlias = str | dict[str, Any] | keras.losses.Loss | Callable[[Any, Any], Any]

MAY_BE_OBJECTS = ("optimizer", "loss")  # settings that may be objects


def plain_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an estimator with cell, optimizer and loss as names or configs."""
    plain = {
        key: to_config(value) if key in MAY_BE_OBJECTS and is_object(value) else value
        for key, value in settings.items()
    }
    units = settings.get("filters") or settings.get("units") or 1
    return plain | {"cell": cell_to_config(settings["cell"], units)} if "cell" in plain else plain


def settings_to_config(settings: Mapping[str, Any], units: int) -> dict[str, Any]:
    """Settings as plain values to save, objects marked as such; warns of those that cannot be read.

    Args:
        settings: settings of an estimator.
        units: width of its cells.

    Raises:
        ModelFileError: no other process could find the class of the cell.
    """
    check_can_be_found(settings["cell"])
    stored = dict(settings) | {"cell": cell_to_config(settings["cell"], units)}
    for key in MAY_BE_OBJECTS:
        if is_object(settings[key]):
            stored[key] = {"object": to_config(settings[key])}
            if why := restore_problem(key, settings[key]):
                warnings.warn(
                    f"The model is saved, but cannot be loaded as things are: {why}",
                    UserWarning,
                    stacklevel=4,
                )
    return stored


def settings_from_config(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Restores the settings that `settings_to_config` returned.

    Raises:
        ArgumentError: the class of an object, or a function, is unknown.
        ModelFileError: the class of the cell is unknown.
    """
    if "cell" in stored:
        stored = dict(stored) | {"cell": cell_from_config(stored["cell"])}
    marked = {key: value for key, value in stored.items() if _is_marked(value)}
    return dict(stored) | {key: from_config(key, one["object"]) for key, one in marked.items()}


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"object"}
