"""An experiment as data: which data, which split, which models, which seeds.

The settings of models are those of the task's estimator, by name and type as its constructor has
them: a new argument there is a new key here.
"""

import inspect
import os
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from ...errors import ArgumentError, one_of
from ..kinds import TASKS
from .errors import WORDS, explained
from .yaml_file import parsed, read_yaml

CONFIGS = Path(__file__).parent / "packaged"
FORBID = ConfigDict(extra="forbid", strict=True, frozen=True)
NETWORKS = 10_000  # that one experiment may fit
OWN = ("cell", "seed")  # settings that have a place of their own: `models` and `seeds`


@dataclass(frozen=True)
class Schema:
    """What an experiment of one task may hold.

    Attributes:
        data: keys of the section `data`.
        split: keys of the section `split`, all with a default.
        estimator: gives the class whose settings are those of models; it loads Keras.
        settings: type and default of further settings of models, by name.
        keys: type and default of further keys of the experiment, by name.
        paths: keys of `data` that hold paths.
    """

    data: type[BaseModel]
    split: type[BaseModel]
    estimator: Callable[[], type]
    settings: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    keys: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    paths: tuple[str, ...] = ("path",)


def _seeds(value: Any) -> list[int]:
    """`3` means 0, 1 and 2."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value > NETWORKS:
            raise ValueError(f"must be at most {NETWORKS:,} seeds")
        value = list(range(value))
    known = isinstance(value, list) and all(type(seed) is int for seed in value)
    if not known or not value or len(set(value)) < len(value) or min(value) < 0:
        raise ValueError("must be how many seeds, or a list of different seeds, at least one")
    return value


Seeds = Annotated[list[int], BeforeValidator(_seeds)]


def packaged() -> dict[str, Path]:
    """The experiments that come with rnnzoo, by name."""
    return {path.stem: path for path in sorted(CONFIGS.glob("*.yaml"))}


def find(name: str) -> Path:
    """A file, or an experiment that comes with rnnzoo.

    Raises:
        ArgumentError: neither.
    """
    path = Path(name).expanduser()
    if path.suffix in (".yaml", ".yml") or os.path.exists(path):
        return path
    return packaged()[one_of("experiment", name, packaged())]


def load_config(
    path: Path, schema_of: Callable[[str], Schema], changes: list[str] | None = None
) -> Any:
    """Reads an experiment and checks all of it; a relative path in it starts from its folder.

    Args:
        path: the file.
        schema_of: gives what an experiment of a task may hold, by the task's name.
        changes: `key=value` each, dotted keys lead into sections: `defaults.epochs=5`,
            `models.0.cell=lstm`; `models.*.units=8` changes every model.

    Returns:
        A model, made at run time, with `task, study, data, split, defaults, models, seeds, save`
        and the further keys of the task.

    Raises:
        ArgumentError: a key that is unknown or missing, or a value that cannot be used. Names
            the file, the key and what is allowed.
    """
    values = read_yaml(path)
    for change in changes or ():
        _change(values, change)
    values.setdefault("study", path.stem)
    if isinstance(data := values.get("data"), str):
        is_file = Path(data).suffix or os.path.exists(path.parent / data)
        values["data"] = {"path" if is_file else "set": data}
    task = values.get("task")
    if task not in TASKS:
        raise ArgumentError(f"{path}: task: must be one of {', '.join(TASKS)}. Received: {task!r}")
    schema = schema_of(task)
    checked(model_of(schema, None), values, str(path))  # what is cheap to see, before Keras loads
    return checked(model_of(schema, schema.estimator()), values, str(path))


def model_of(schema: Schema, estimator: type | None) -> type[BaseModel]:
    """The Pydantic model of an experiment.

    Args:
        schema: that of its task.
        estimator: the class whose constructor names the settings; without it any are taken.
    """
    if estimator is None:
        defaults: Any = dict[str, Any]
        entry: Any = dict[str, Any]
    else:
        settings: dict[str, Any] = arguments(estimator, OWN) | dict(schema.settings)
        defaults = create_model("Defaults", __config__=FORBID, **settings)
        entry = create_model(
            "Model", __config__=FORBID, cell=(str, ...), name=(str | None, None), **settings
        )
    fields: dict[str, Any] = {
        "task": (str, ...),
        "study": (str, ...),
        "data": (schema.data, ...),
        "split": (schema.split, schema.split()),
        "defaults": (defaults, defaults()),
        "models": (list[entry], ...),
        "seeds": (Seeds, [0]),
        "save": (str | None, None),
        **schema.keys,
    }
    return create_model("Config", __config__=FORBID, **fields)


def checked(model: type[BaseModel], values: dict[str, Any], where: str) -> BaseModel:
    """An experiment whose keys and types are right.

    Raises:
        ArgumentError: they are not.
    """
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        raise ArgumentError(explained(error, model, where)) from None
    if not values["models"]:
        raise ArgumentError(f"{where}: models: must hold one model at least, e.g. - cell: gru")
    count = len(values["models"]) * len(found.seeds)  # type: ignore[attr-defined]
    if count > NETWORKS:
        raise ArgumentError(
            f"{where}: {len(values['models']):,} models with their seeds are {count:,} networks, "
            f"and at most {NETWORKS:,} are fitted. Divide the experiment."
        )
    return found


def arguments(function: Callable, left_out: tuple[str, ...]) -> dict[str, Any]:
    """Arguments of a function or constructor, by name: the types that a file can hold, and the
    default."""
    parameters = inspect.signature(function, eval_str=True).parameters
    return {
        name: (_in_a_file(parameter.annotation), parameter.default)
        for name, parameter in parameters.items()
        if name not in left_out
    }


def _in_a_file(annotation: Any) -> Any:
    """A type without those of its members that are objects, which no file holds."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation
    plain = [one for one in get_args(annotation) if (get_origin(one) or one) in WORDS]
    return reduce(or_, plain)


def _change(values: dict[str, Any], change: str) -> None:
    """Puts one `key=value` in its place."""
    key, sign, text = change.partition("=")
    if not (key and sign):
        raise ArgumentError(f"--set takes key=value. Received: {change!r}")
    value = parsed(text, f"--set {key}")
    _put(values, key.split("."), value, change)


def _put(place: Any, keys: list[str], value: Any, change: str) -> None:
    first, *rest = keys
    if isinstance(place, list):
        if first == "*":
            for item in range(len(place)):
                _put(place, [str(item), *rest], value, change)
            return
        if not first.isdecimal() or int(first) >= len(place):
            raise ArgumentError(
                f"--set {change}: {first!r} must be * or a number below {len(place)}: "
                "a place in a list."
            )
        key: Any = int(first)
    elif isinstance(place, dict):
        key = first
        if rest:
            place.setdefault(key, {})
    else:
        raise ArgumentError(f"--set {change}: {first!r} leads into {place!r}, which holds no keys.")
    if rest:
        _put(place[key], rest, value, change)
    else:
        place[key] = value
