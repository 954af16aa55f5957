"""`rnnzoo run`: an experiment from a file, each model with each seed a run of its own."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ArgumentError, ArgumentTypeError
from ..config.own_cells import cell_label, cell_text, named_cell
from ..config.schema import CONFIGS, find, load_config
from ..config.yaml_file import dumped
from ..study.outputs import OutputOptions
from ..study.provenance import Provenance
from ..tasks.registry import schema_of, task_of

if TYPE_CHECKING:
    from ..tasks.base import Study, Task

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


def run_config(
    name: str, changes: list[str], keep: OutputOptions, own_code: bool = False
) -> "Study":
    """Runs an experiment, as `rnnzoo forecast` and `rnnzoo frames` do.

    Args:
        name: a file, or an experiment that comes with rnnzoo.
        changes: `key=value` each, as `load_config` takes them.
        keep: where runs, models and files are written; its `save` goes before the experiment's.
        own_code: whether modules are imported that the file names as those of cells.

    Raises:
        ArgumentError, ArgumentTypeError: the experiment cannot be run.
        DataError: nor can its data.
    """
    path = find(name)
    config = load_config(path, schema_of, changes).model_dump(exclude_unset=True)
    if keep.save is None and config.get("save"):
        keep = replace(keep, save=_inside(config["save"], path))
    _check_source(config["data"], path)
    tried = tried_in(config, path, own_code)
    networks = {label: one.network for label, one in tried.items()}
    from ..tasks.study import run_task  # after the cheap checks: it loads Keras

    data = {"data": _located(config, path)}
    task = task_of(config["task"]).read(config | data, networks, path).checked(networks)
    return run_task(task, networks, keep, planned(config | {"split": task.split}, path, tried))


def planned(config: dict[str, Any], path: Path, tried: dict[str, Tried]) -> Provenance:
    """What runs are logged with: the whole experiment, and with each the one that repeats it alone.

    Args:
        config: what is set in the file.
        path: path of the file.
        tried: what is tried, by label, as `tried_in` gives it.
    """
    data = _located(config, path)
    shared = config | {"data": data}
    task = task_of(config["task"])
    entries = {_name(entry): entry for entry in config["models"]}
    models, configs = {}, {"": dumped(shared)}
    for label, one in tried.items():
        entry = {"name": one.model} | _settings(task, one.network)
        models[label] = one.model
        alone = {"defaults": {}, "models": [entry], "seeds": [one.network.seed]}
        configs[label] = dumped(shared | alone)
    shown = {"config.seeds": str(_seeds(config))} | {f"data.{k}": str(v) for k, v in data.items()}
    return Provenance(config["study"], shown, models, _colors(entries, models), configs)


def tried_in(config: dict[str, Any], path: Path, own_code: bool = False) -> dict[str, Tried]:
    """What is tried, by label: each model with each seed.

    Raises:
        ArgumentError: a model that cannot be made, or a cell of a module without `own_code`.
    """
    seeds, task = _seeds(config), task_of(config["task"])
    networks: dict[str, Tried] = {}
    for place, entry in enumerate(config["models"]):
        name, where = _name(entry), f"{path}: models[{place}]"
        if not re.fullmatch(NAME, name):
            raise ArgumentError(
                f"{where}.name: letters, digits, spaces and , . + = - _ are allowed, and a letter "
                f"or digit first. Received: {name!r}"
            )
        if ":" in entry["cell"] and not own_code:
            raise ArgumentError(
                f"{where}.cell: {entry['cell']} is code in a module, which is run when it is "
                "imported. If you trust the file and the module, add --own-code."
            )
        own = {k: v for k, v in (config.get("defaults", {}) | entry).items() if k != "name"}
        for seed in seeds:
            label = name if len(seeds) == 1 else f"{name}-{seed}"
            if label in networks or label in task.baselines:
                raise ArgumentError(
                    f"{where}: another model is called {label!r}: give this one a `name`."
                )
            try:
                chosen = {"cell": named_cell(entry["cell"], path.parent), "seed": seed}
                networks[label] = Tried(name, task.make(own | chosen, seeds))
                networks[label].network.check()
            except (ArgumentError, ArgumentTypeError) as error:
                raise ArgumentError(f"{where} ({name}): {error}") from error
    return networks


def _settings(task: "type[Task]", network: Any) -> dict[str, Any]:
    """What `task.make` made a network from, but for the seed."""
    settings = task.made_from(network)
    plain = {key: value for key, value in settings.items() if key != "seed"}
    return plain | {"cell": cell_text(settings["cell"])}


def _check_source(data: dict[str, Any], path: Path) -> None:
    """Raises ArgumentError where data have no source, or two."""
    if (data.get("set") is None) == (data.get("path") is None):
        raise ArgumentError(
            f"{path}: data: must have either `set`, a name that `rnnzoo data` lists, or `path`."
        )


def _located(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """Where the data are: what is set of the section `data`, its paths absolute."""
    paths = schema_of(config["task"]).paths
    return {
        key: str(_beside(path, value)) if key in paths else value
        for key, value in config["data"].items()
        if value is not None
    }


def _beside(path: Path, named: str) -> Path:
    """A path that starts from the folder of the experiment, unless it is absolute.

    Those that come with rnnzoo name no files: one set on the command line is meant from here.
    """
    folder = Path.cwd() if path.parent == CONFIGS else path.parent
    return (folder / Path(named).expanduser()).resolve()


def _inside(named: str, path: Path) -> Path:
    """The folder that an experiment names to save to: a file of others must not write anywhere.

    Raises:
        ArgumentError: it does not lie in the working directory.
    """
    folder = Path(named)
    here = Path.cwd().resolve()
    if folder.is_absolute() or named.startswith("~") or ".." in folder.parts:
        inside = False
    else:
        inside = Path(os.path.realpath(here / folder)).is_relative_to(here)
    if not inside or os.path.realpath(here / folder) == str(here):
        raise ArgumentError(
            f"{path}: save: must be a folder in the working directory, without .. and links that "
            f"lead out of it. Received: {named[:200]!r}. To save elsewhere: --save FOLDER"
        )
    return folder


def _seeds(config: dict[str, Any]) -> list[int]:
    return config.get("seeds", [0])


def _name(entry: dict[str, Any]) -> str:
    return entry.get("name") or cell_label(entry["cell"])


def _colors(entries: dict[str, Any], models: dict[str, str]) -> dict[str, str]:
    """By label: the color of the cell, or, where a cell is there twice, one a model."""
    from ..reports.style import COLORS, color_of  # it knows all cells: Keras

    cells = [entry["cell"] for entry in entries.values()]
    once = len(set(cells)) == len(cells)
    by_model = {
        name: color_of(cell_label(entry["cell"])) if once else COLORS[k % len(COLORS)]
        for k, (name, entry) in enumerate(entries.items())
    }
    return {label: by_model[name] for label, name in models.items()}
