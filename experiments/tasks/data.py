"""What the command line names: lists, series, clips."""

import json
from collections.abc import Collection
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError, one_of

if TYPE_CHECKING:
    from ...datasets import Clips, TimeSeriesPanel


def listed(values: list[str] | None) -> list[str]:
    """Names given one by one or with commas between, each once."""
    names = [name.strip() for value in values or () for name in value.split(",")]
    return list(dict.fromkeys(filter(None, names)))


def options(values: list[str] | None) -> dict[str, Any]:
    """Arguments given as `name=value`: numbers, lists and true or false as in JSON, else text.

    Raises:
        ArgumentError: no `=`.
    """
    found: dict[str, Any] = {}
    for value in values or ():
        name, sign, text = value.partition("=")
        if not (name and sign):
            raise ArgumentError(f"An option is name=value. Received: {value!r}")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found


def other_settings(values: list[str] | None, task: str, said: Collection[str]) -> dict[str, Any]:
    """Settings of a network given as `name=value`, those that have no option of their own.

    Args:
        values: given.
        task: `"forecast"` or `"frames"`.
        said: settings that have one.

    Raises:
        ArgumentError: no such setting, or one with an option of its own.
    """
    found = options(values)
    if found:
        from ..config.schema import subject

        known = [name for name in signature(subject(task)).parameters if name != "cell"]
        for name in found:
            one_of("set", name, known)
            if name in said:
                raise ArgumentError(f"{name} has an option of its own: --{name.replace('_', '-')}")
    return found


def named_panel(data: str, asked: dict[str, Any], how: dict[str, Any]) -> "TimeSeriesPanel":
    """Series by the name of a data set, or from a file.

    Args:
        data: name or path.
        asked: columns, as `read_panel` takes them.
        how: repairs, step, season and unit, as `read_panel` takes them; those that are `None`
            are left to it.

    Raises:
        ArgumentError: any of these for a data set that has its own.
        DataError: a file that cannot be used.
    """
    from ...datasets import CLIP_DATASETS, DATASETS, TimeSeriesPanel, load_dataset, read_panel

    path = Path(data)
    how = {name: value for name, value in how.items() if value is not None}
    if data in CLIP_DATASETS and not path.exists():
        raise ArgumentError(f"{data} holds clips, not a series: rnnzoo frames {data}")
    if data not in DATASETS or path.exists():
        if not path.exists() and not path.suffix:
            one_of("data", data, DATASETS)
        return read_panel(path, **asked, **how)
    given = [name for name, value in (asked | how).items() if value not in (None, [], "error")]
    if given:
        raise ArgumentError(
            f"The data set {data} has its own columns, step, season and unit, and no faults: "
            f"leave out --{', --'.join(given).replace('_', '-')}, or give a file."
        )
    return TimeSeriesPanel.of(load_dataset(data))


def named_clips(data: str, folder: Path | None, length: int) -> "Clips":
    """Clips by the name of a data set, or from a file.

    Args:
        data: name or path.
        folder: where the files lie that a data set is made from.
        length: frames of a clip.

    Raises:
        ArgumentError: a folder that is missing or not needed.
        DataError: a file that cannot be used.
    """
    from ...datasets import CLIP_DATASETS, DATASETS, load_clips, read_clips

    path = Path(data)
    if data in DATASETS and not path.exists():
        raise ArgumentError(f"{data} is a series and holds no clips: rnnzoo forecast {data}")
    if data in CLIP_DATASETS and not path.exists():
        return load_clips(data, folder)
    if not path.exists() and not path.suffix:
        one_of("data", data, CLIP_DATASETS)
    if folder is not None:
        raise ArgumentError("--folder goes with a data set's name, not with a file.")
    return read_clips(path, length)
