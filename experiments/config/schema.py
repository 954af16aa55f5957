"""An experiment as data: which data, which split, which models, which seeds.

The settings of models are those of `Forecaster` and `NextFrame`, by name and type as their
constructors have them: a new argument there is a new key here.
"""

import inspect
import types
from collections.abc import Callable
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model

from ...datasets import read_panel
from ...errors import ArgumentError, one_of
from .errors import WORDS, explained
from .yaml_file import parsed, read_yaml

TASKS = ("forecast", "frames")
CONFIGS = Path(__file__).parent / "packaged"
FORBID = ConfigDict(extra="forbid", strict=True, frozen=True)
OWN = ("cell", "seed")  # settings that have a place of their own: `models` and `seeds`

#: How many times a network is fitted, with seeds that count on, and how these forecast as one.
TOGETHER: dict[str, Any] = {"members": (int, 1), "aggregation": (str, "mean")}


class Split(BaseModel):
    """What is kept for the test."""

    model_config = FORBID
    test_rows: int | None = None


class FramesSplit(BaseModel):
    """What is kept for the test."""

    model_config = FORBID
    test_clips: int | None = None


class FramesData(BaseModel):
    """Where clips come from: the name of a data set or a path."""

    model_config = FORBID
    set: str | None = None
    path: str | None = None
    folder: str | None = None


def _seeds(value: Any) -> list[int]:
    """`3` means 0, 1 and 2."""
    if isinstance(value, int) and not isinstance(value, bool):
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
    if path.suffix in (".yaml", ".yml") or path.exists():
        return path
    return packaged()[one_of("experiment", name, packaged())]


def load_config(path: Path, changes: list[str] | None = None) -> Any:
    """Reads an experiment and checks all of it; a relative path in it starts from its folder.

    Args:
        path: of the file.
        changes: `key=value` each, dotted keys lead into sections: `defaults.epochs=5`,
            `models.0.cell=lstm`; `models.*.units=8` changes every model.

    Returns:
        A model, made at run time, with `task, study, data, split, defaults, models, seeds,
        audit, save`.

    Raises:
        ArgumentError: a key that is unknown or missing, or a value that cannot be used. Names
            the file, the key and what is allowed.
    """
    values = read_yaml(path)
    for change in changes or ():
        _change(values, change)
    values.setdefault("study", path.stem)
    if isinstance(data := values.get("data"), str):
        is_file = Path(data).suffix or (path.parent / data).exists()
        values["data"] = {"path" if is_file else "set": data}
    task = values.get("task")
    if task not in TASKS:
        raise ArgumentError(f"{path}: task: must be one of {', '.join(TASKS)}. Received: {task!r}")
    checked(model_of(task, None), values, str(path))  # what is cheap to see, before Keras loads
    return checked(model_of(task, subject(task)), values, str(path))


def subject(task: str) -> type:
    """The class whose settings an experiment of this task sets."""
    if task == "forecast":
        from ...pipelines.forecasting import Forecaster

        return Forecaster
    from ...pipelines.next_frame import NextFrame

    return NextFrame


def model_of(task: str, kind: type | None) -> type[BaseModel]:
    """The Pydantic model of an experiment.

    Args:
        task: `"forecast"` or `"frames"`.
        kind: the class whose constructor names the settings; without it any are taken.
    """
    if kind is None:
        defaults: Any = dict[str, Any]
        entry: Any = dict[str, Any]
    else:
        settings = _fields(kind, OWN) | (TOGETHER if task == "forecast" else {})
        defaults = create_model("Defaults", __config__=FORBID, **settings)
        entry = create_model(
            "Model", __config__=FORBID, cell=(str, ...), name=(str | None, None), **settings
        )
    forecasts = task == "forecast"
    split: Any = Split if forecasts else FramesSplit
    data: Any = _data() if forecasts else FramesData
    fields: dict[str, Any] = {
        "task": (Literal["forecast", "frames"], ...),
        "study": (str, ...),
        "data": (data, ...),
        "split": (split, split()),
        "defaults": (defaults, defaults()),
        "models": (list[entry], ...),
        "seeds": (Seeds, [0]),
        "save": (str | None, None),
    }
    if forecasts:
        fields["audit"] = (bool, False)
    return create_model("Config", __config__=FORBID, **fields)


def _data() -> type[BaseModel]:
    """Where series come from: a data set's name, or a path with the arguments of `read_panel`."""
    fields: dict[str, Any] = dict.fromkeys(("set", "path"), (str | None, None))
    fields |= _fields(read_panel, ("source",))
    fields |= {"rows": (int | None, None), "future_rows": (str | None, None)}
    return create_model("Data", __config__=FORBID, **fields)


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
    return found


def _fields(function: Callable, left_out: tuple[str, ...]) -> dict[str, Any]:
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
