"""Optimizers and losses of Keras as plain values, and back.

A class that a file names is looked up and never imported: it is one of Keras's own, one
registered with Keras, or a subclass of one in a module that has been imported.
"""

import copy
import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from inspect import signature
from types import FunctionType
from typing import Any

import keras
from keras.optimizers import schedules

from ...errors import ArgumentError, did_you_mean
from ...zoo.cell_config import imported_class
from ..storage.sealing import plain

BASES = (keras.optimizers.Optimizer, keras.losses.Loss, schedules.LearningRateSchedule)
KEYS = {"class_name", "config", "module", "registered_name"}
FUNCTION = "function"  # class name of a function in a config


def _classes(*modules: Any) -> dict[str, type]:
    """The classes in modules of Keras, by their names in lower case."""
    found = [one for module in modules for one in vars(module).values() if isinstance(one, type)]
    return {one.__name__.lower(): one for one in found if issubclass(one, BASES)}


OWN = _classes(keras.optimizers, keras.losses, schedules)


def is_object(value: Any) -> bool:
    """Whether a setting is an object or a function, rather than plain values."""
    return isinstance(value, (*BASES, FunctionType))


def to_config(value: Any) -> dict[str, Any]:
    """An object or a function as plain values: its class, or name, and its arguments."""
    if isinstance(value, FunctionType):
        about: dict[str, Any] = {"class_name": FUNCTION, "config": value.__qualname__}
    else:
        about = {"class_name": type(value).__qualname__, "config": _arguments(value)}
    what = value if isinstance(value, FunctionType) else type(value)
    if _is_keras(what):
        return about
    name = keras.saving.get_registered_name(what)
    registered = keras.saving.get_registered_object(name) is what
    return about | {"module": what.__module__} | ({"registered_name": name} if registered else {})


def from_config(argument: str, config: Mapping[str, Any]) -> Any:
    """Makes the object of a config, or finds its function.

    Args:
        argument: name of the setting in messages.
        config: config as `to_config` or Keras returns it.

    Raises:
        ArgumentError: the class is unknown, or does not take these arguments.
    """
    found, known = _look_up(argument, config)
    if isinstance(found, FunctionType):
        return found
    arguments = copy.deepcopy(dict(config.get("config") or {}))
    known |= _nested(argument, arguments)
    try:
        with keras.saving.custom_object_scope(known):
            return found.from_config(arguments)
    except Exception as error:  # whatever a constructor raises
        raise ArgumentError(
            f"`{argument}` cannot be made from its config: {_first_line(error)} "
            f"Received: {argument}={dict(config)!r}"
        ) from error


def make_copy(argument: str, value: Any) -> Any:
    """Makes a new object from the config of another one.

    Raises:
        ArgumentError: its config is not enough to make it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a lambda, which fails below
            return type(value).from_config(_arguments(value))
    except Exception as error:  # whatever a constructor raises
        raise ArgumentError(
            f"`{argument}` cannot be made from its config alone, as each fit does: "
            f"{_first_line(error)} Register what it holds with "
            "keras.saving.register_keras_serializable, or give a name or a config. "
            f"Received: {argument}={value!r}"
        ) from error


def restore_problem(argument: str, value: Any) -> str:
    """Why an object cannot be restored from its config; `""` if it can."""
    config = to_config(value)
    try:
        again = to_config(from_config(argument, json.loads(json.dumps(config, default=plain))))
    except (ArgumentError, TypeError, ValueError) as error:
        return str(error)
    if json.dumps(again, default=plain) == json.dumps(config, default=plain):
        return ""
    return f"`{argument}` differs when made from its config: {again!r}."


def in_words(value: Any) -> str:
    """A setting as short text, e.g. `SGD(learning_rate=0.1, momentum=0.9)`."""
    if isinstance(value, str):
        return value
    config = to_config(value) if is_object(value) else value
    if config["class_name"] == FUNCTION:
        module = config.get("module")
        return f"{module}.{config['config']}" if module else str(config["config"])
    arguments = dict(config.get("config") or {})
    default = _defaults(config)
    shown = [
        f"{key}={_short(one)}"
        for key, one in arguments.items()
        if key == "learning_rate" or one != default.get(key, KEYS)
    ]
    return f"{config['class_name']}({', '.join(shown)})"


def _arguments(value: Any) -> dict[str, Any]:
    """The config of an object without names, which Keras numbers by use."""
    arguments = dict(value.get_config())
    if _is_keras(type(value)):  # Huber and others leave arguments out of their config
        left_out = getattr(value, "_fn_kwargs", {}) if isinstance(value, keras.losses.Loss) else {}
        arguments |= {k: v for k, v in left_out.items() if k in signature(type(value)).parameters}
    return _without_names(arguments)


def _without_names(arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        key: one | {"config": _without_names(one["config"])} if _is_config(one) else one
        for key, one in arguments.items()
        if key != "name"
    }


def _is_config(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("config"), dict)


def _is_keras(what: Any) -> bool:
    return str(what.__module__).partition(".")[0] == "keras"


def _look_up(argument: str, config: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Finds the class or function that a config names; returns it with the names that Keras must
    find it by."""
    name = _check_config(argument, config)["class_name"]
    if name == FUNCTION:
        return _function(argument, config), {}
    module = config.get("module") or "keras"
    registered = config.get("registered_name") or name
    found = keras.saving.get_registered_object(registered)
    if found is None and module.partition(".")[0] == "keras":
        found = OWN.get(name.lower())
    elif found is None:
        found = imported_class(module, name)
    if not isinstance(found, type) or not issubclass(found, BASES):
        raise ArgumentError(_unknown(argument, f"class {name!r}", config.get("module"), name))
    return found, {registered: found}


def _check_config(argument: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
    texts = [config.get(key) for key in ("class_name", "module", "registered_name")]
    arguments = config.get("config")
    whole = isinstance(texts[0], str) and all(isinstance(one, (str, type(None))) for one in texts)
    kinds = str if texts[0] == FUNCTION else (dict, type(None))
    if not (whole and set(config) <= KEYS and isinstance(arguments, kinds)):
        raise ArgumentError(
            f"`{argument}` as a mapping has the keys class_name and config, as in "
            f'{{"class_name": "…", "config": {{…}}}}. Received: {argument}={dict(config)!r}'
        )
    return config


def _function(argument: str, config: Mapping[str, Any]) -> FunctionType:
    """Finds one of Keras's loss functions, or a registered function: others could do anything."""
    name, module = config["config"], config.get("module")
    registered = config.get("registered_name")
    if registered in (None, FUNCTION) and module in (None, "builtins"):
        found = vars(keras.losses).get(name)
        if isinstance(found, FunctionType) and name not in ("get", "serialize", "deserialize"):
            return found
    several = [keras.saving.get_registered_object(one) for one in (registered, name) if one]
    several += (
        keras.saving.get_custom_objects().values()
    )  # for one that was registered after saving
    for found in several:
        same = isinstance(found, FunctionType) and found.__qualname__ == name
        if same and module in (None, "builtins", found.__module__):
            return found
    raise ArgumentError(_unknown(argument, f"function {name!r}", module, name, is_function=True))


def _unknown(argument: str, what: str, module: Any, name: str, is_function: bool = False) -> str:
    if module in (None, "builtins") or str(module).partition(".")[0] == "keras":
        near = did_you_mean(name, [one.__name__ for one in OWN.values()])
        return (
            f"`{argument}` names the {what}, which is neither one of Keras's nor registered with "
            f"it.{near} Import the module that registers it first."
        )
    remedy = f"Import {module!r} first, where it is registered with"
    if not is_function and module not in sys.modules:
        remedy = f"Import {module!r} first, or register it there with"
    elif module in sys.modules:
        remedy = "Register it with"
    return (
        f"`{argument}` names the {what} of the module {module!r}, which is not known here: nothing "
        f"is imported because a file names it. {remedy} "
        "@keras.saving.register_keras_serializable()."
    )


def _nested(argument: str, arguments: Any) -> dict[str, Any]:
    """The classes named in arguments, by the names under which Keras finds them.

    Raises:
        ArgumentError: a class is unknown, or of a kind that may not be made.
    """
    known: dict[str, Any] = {}
    for one in _configs(arguments):
        _, named = _look_up(argument, {key: one[key] for key in KEYS & one.keys()})
        for name in named:  # so that Keras does not import the module
            one["registered_name"] = name
        known |= named
    return known


def _configs(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "class_name" in value:
            yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _configs(one)


def _defaults(config: Mapping[str, Any]) -> dict[str, Any]:
    """The default arguments of a class; empty if it cannot be made without arguments."""
    try:
        found, _ = _look_up("", config)
        return _arguments(found())
    except Exception:  # it needs arguments, or is unknown
        return {}


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return in_words(value) if isinstance(value, dict) and "class_name" in value else repr(value)


def _first_line(error: Exception) -> str:
    """The first line of an error of Keras, which may fill a page."""
    line = str(error).strip().partition("\n")[0].rstrip(".")
    return f"{line or type(error).__name__}."
