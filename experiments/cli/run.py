"""`rnnzoo run`: an experiment from a file, each model with each seed a run of its own."""

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...datasets import Clips, TimeSeriesPanel
from ...errors import ArgumentError, ArgumentTypeError, whole_number
from ..config.own_cells import cell_label, cell_text, named_cell
from ..config.schema import CONFIGS, TOGETHER, find, load_config, subject
from ..config.yaml_file import dumped
from ..reports.style import COLORS, color_of
from ..study.outputs import OutputOptions
from ..study.provenance import Provenance
from ..tasks.data import named_clips, named_panel

NAME = r"\w[\w ,.+=-]*"  # of a model: it becomes the name of a folder


@dataclass(frozen=True)
class Tried:
    """A model with a seed.

    Attributes:
        model: what it is called together with those that differ by their seed.
        network: unfitted.
    """

    model: str
    network: Any


def run_config(name: str, changes: list[str], keep: OutputOptions) -> Any:
    """Runs an experiment, as `rnnzoo forecast` and `rnnzoo frames` do.

    Args:
        name: a file, or an experiment that comes with rnnzoo.
        changes: `key=value` each, as `load_config` takes them.
        keep: what is kept; its `save` goes before the experiment's own.

    Returns:
        The `Study` or `FramesStudy`.

    Raises:
        ArgumentError, ArgumentTypeError: the experiment cannot be run as it stands.
        DataError: nor can its data.
    """
    path = find(name)
    config = load_config(path, changes).model_dump(exclude_unset=True)
    if keep.save is None and config.get("save"):
        keep = replace(keep, save=Path(config["save"]).expanduser())
    study = _forecast if config["task"] == "forecast" else _video
    return study(config, path, keep)


def _forecast(config: dict[str, Any], path: Path, keep: OutputOptions) -> Any:
    panel = _panel(config["data"], path)
    from ..tasks.forecast_output import checked_rows, compete

    tried = _networks(config, path)
    forecasters = {label: one.network for label, one in tried.items()}
    ahead = config["data"].get("future_rows")
    future_rows = None if ahead is None else _beside(path, ahead)
    asked = config.get("split", {}).get("test_rows")
    test_rows = checked_rows(panel, forecasters, asked, keep.save, future_rows)
    origin = planned(config | {"split": {"test_rows": test_rows}}, path, tried)
    return compete(
        panel,
        forecasters,
        test_rows=test_rows,
        audit=config.get("audit", False),
        keep=keep,
        future_rows=future_rows,
        origin=origin,
    )


def _video(config: dict[str, Any], path: Path, keep: OutputOptions) -> Any:
    from ..tasks.frames_output import compete

    tried = _networks(config, path)
    predictors = {label: one.network for label, one in tried.items()}
    length = max(one.context + one.horizon for one in predictors.values())
    clips = _clips(config["data"], path, length)
    kept = config.get("split", {}).get("test_clips")
    if kept is not None:
        if whole_number("split.test_clips", kept) > len(clips.test):
            raise ArgumentError(
                f"{path}: split.test_clips: {clips.name} has {len(clips.test)} test clips. "
                f"Received: {kept}"
            )
        clips = replace(clips, test=clips.test[:kept])
    origin = planned(config | {"split": {"test_clips": len(clips.test)}}, path, tried)
    return compete(clips, predictors, keep, origin)


def planned(config: dict[str, Any], path: Path, tried: dict[str, Tried]) -> Provenance:
    """What the runs are told: the whole experiment, and to each the one that repeats it alone.

    Args:
        config: what is set in the file.
        path: of the file.
        tried: what is tried, by label, as `_networks` gives it.
    """
    data = {
        key: str(_beside(path, value)) if key in ("path", "folder", "future_rows") else value
        for key, value in config["data"].items()
        if value is not None
    }
    shared = config | {"data": data}
    entries = {_name(entry): entry for entry in config["models"]}
    models, configs = {}, {"": dumped(shared)}
    for label, one in tried.items():
        entry = {"name": one.model} | _settings(one.network)
        models[label] = one.model
        alone = {"defaults": {}, "models": [entry], "seeds": [one.network.seed]}
        configs[label] = dumped(shared | alone)
    told = {"config.seeds": str(_seeds(config))} | {f"data.{k}": str(v) for k, v in data.items()}
    return Provenance(config["study"], told, models, _colors(entries, models), configs)


def _networks(config: dict[str, Any], path: Path) -> dict[str, Tried]:
    """What is tried, by label: each model with each seed."""
    seeds, kind = _seeds(config), subject(config["task"])
    networks: dict[str, Tried] = {}
    for place, entry in enumerate(config["models"]):
        name, where = _name(entry), f"{path}: models[{place}]"
        if not re.fullmatch(NAME, name):
            raise ArgumentError(
                f"{where}.name: letters, digits, spaces and , . + = - _ are allowed, and a letter "
                f"or digit first. Received: {name!r}"
            )
        own = {k: v for k, v in (config.get("defaults", {}) | entry).items() if k != "name"}
        for seed in seeds:
            label = name if len(seeds) == 1 else f"{name}-{seed}"
            if label in networks or label in _baselines(config["task"]):
                raise ArgumentError(
                    f"{where}: another model is called {label!r}: give this one a `name`."
                )
            try:
                chosen = {"cell": named_cell(entry["cell"], path.parent), "seed": seed}
                networks[label] = Tried(name, _network(kind, own | chosen, seeds))
                networks[label].network.check()
            except (ArgumentError, ArgumentTypeError) as error:
                raise ArgumentError(f"{where} ({name}): {error}") from error
    return networks


def _network(kind: type, settings: dict[str, Any], seeds: list[int]) -> Any:
    """An unfitted network, or several that forecast as one.

    Raises:
        ArgumentError: `aggregation` of one, or members of different runs that have one seed.
    """
    alone = {k: v for k, v in settings.items() if k not in TOGETHER}
    members = whole_number("members", settings.get("members", 1))
    if members == 1:
        if "aggregation" in settings:
            raise ArgumentError("`aggregation` needs more than one of `members`.")
        return kind(**alone)
    gaps = [later - seed for seed, later in pairwise(sorted(seeds))]
    if min(gaps, default=members) < members:
        raise ArgumentError(
            f"The seeds of {members} members count on from that of their run, and runs must not "
            f"share any: give seeds that are {members} apart, such as "
            f"{[k * members for k in range(len(seeds))]}. Received: seeds={seeds}"
        )
    from ...pipelines.forecasting import Ensemble

    return Ensemble([kind(**alone)], settings.get("aggregation", "mean"), members)


def _settings(network: Any) -> dict[str, Any]:
    """What `_network` made it from, but for the seed."""
    settings = network.get_params(deep=False)
    if "members" in settings:
        together = {"members": network.n_seeds, "aggregation": network.aggregation}
        settings = network.members[0].get_params(deep=False) | together
    plain = {key: value for key, value in settings.items() if key != "seed"}
    return plain | {"cell": cell_text(settings["cell"])}


def _panel(data: dict[str, Any], path: Path) -> TimeSeriesPanel:
    """The series that an experiment names, or reads from a file."""
    columns = {"time", "target", "past", "future", "static", "weight"}
    asked = {key: data.get(key) for key in columns if data.get(key) is not None}
    how = {k: v for k, v in data.items() if k not in columns | {"set", "path", "rows"}}
    how.pop("future_rows", None)
    panel = named_panel(_source(data, path), asked, how)
    rows = data.get("rows")
    if rows is None:
        return panel
    return panel[-whole_number("data.rows", rows, at_least=2) :]


def _clips(data: dict[str, Any], path: Path, length: int) -> Clips:
    folder = data.get("folder")
    return named_clips(
        _source(data, path), None if folder is None else _beside(path, folder), length
    )


def _source(data: dict[str, Any], path: Path) -> str:
    """A data set's name, or the path of a file."""
    if (data.get("set") is None) == (data.get("path") is None):
        raise ArgumentError(
            f"{path}: data: must have either `set`, a name that `rnnzoo data` lists, or `path`."
        )
    return data["set"] if data.get("set") else str(_beside(path, data["path"]))


def _beside(path: Path, named: str) -> Path:
    """A path that starts from the folder of the experiment, unless it is absolute.

    Those that come with rnnzoo name no files: one set on the command line is meant from here.
    """
    folder = Path.cwd() if path.parent == CONFIGS else path.parent
    return (folder / Path(named).expanduser()).resolve()


def _baselines(task: str) -> tuple[str, ...]:
    if task == "frames":
        return ("repeat-last", "mean-image", "zeros")
    from ...pipelines.forecasting.baselines.table import BASELINES

    return tuple(BASELINES)


def _seeds(config: dict[str, Any]) -> list[int]:
    return config.get("seeds", [0])


def _name(entry: dict[str, Any]) -> str:
    return entry.get("name") or cell_label(entry["cell"])


def _colors(entries: dict[str, Any], models: dict[str, str]) -> dict[str, str]:
    """By label: the color of the cell, or, where a cell is there twice, one a model."""
    cells = [entry["cell"] for entry in entries.values()]
    once = len(set(cells)) == len(cells)
    by_model = {
        name: color_of(cell_label(entry["cell"])) if once else COLORS[k % len(COLORS)]
        for k, (name, entry) in enumerate(entries.items())
    }
    return {label: by_model[name] for label, name in models.items()}
