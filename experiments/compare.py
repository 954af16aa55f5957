"""Reads runs back from the tracking store and sets those side by side that may be."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import ArgumentError
from .grouping import Alike, comparable, groups, without_repeats
from .reading import all_runs, chosen, of_study, values_frame
from .tasks import charts_address
from .tracking import Store

WHOLE = ("lookback", "weights")  # columns of whole numbers: MLflow keeps parameters as text


@dataclass(frozen=True)
class Comparison:
    """Runs of one task, best first.

    Attributes:
        title: what was forecast, and on which rows it was tested.
        table: the columns of their task that there are.
        address: of the charts of their experiment, after the server's name.
    """

    title: str
    table: pd.DataFrame
    address: str


def comparisons(store: Store, experiment: str, latest: bool = False) -> list[Comparison]:
    """The finished runs of an experiment, those with one task and test together.

    A baseline that several studies tested alike is shown once.

    Args:
        store: where the runs are.
        experiment: e.g. `"forecast/seattle-weather"`.
        latest: only those of the newest study.
    """
    runs = all_runs(store, experiment)
    if latest and runs:
        runs = of_study(runs, None)
    return [_listed(one) for one in comparable(runs)]


def _listed(alike: Alike) -> Comparison:
    task, runs = alike.task, without_repeats(alike.runs)
    rows = values_frame(sorted(runs, key=lambda run: run.number(task.error)))
    labels = {key: label for key, label in task.columns.items() if key in rows}
    table = rows[list(labels)].set_axis(list(labels.values()), axis=1)
    for column in set(WHOLE) & set(table):
        table[column] = pd.to_numeric(table[column]).astype("Int64")
    return Comparison(alike.title, table, charts_address(runs[0].text("experiment_id")))


def side_by_side(
    store: Store, experiment: str | None, study: str | None, wanted: list[str], html: Path | None
) -> None:
    """Prints means over seeds, a test against the best baseline, and costs; writes the page.

    Args:
        store: where the runs are.
        experiment: only its runs; by default all.
        study: name or time of a study; by default the newest, unless runs are `wanted`.
        wanted: runs by id, the beginning of one, or name.
        html: file to write.

    Raises:
        ArgumentError: no such experiment, study or run, none that can be compared, or no folder
            for the page.
    """
    from .display import console, frame_table, print_table
    from .files import whole
    from .report import comparison_page

    if html is not None and not html.absolute().parent.is_dir():
        raise ArgumentError(f"There is no folder {html.absolute().parent} for {html.name}.")
    runs = all_runs(store, experiment)
    if study is not None or not wanted:
        runs = of_study(runs, study)
    if wanted:
        runs = chosen(runs, wanted)
    found = groups(runs)
    if not found:
        raise ArgumentError("None of these runs has scores that can be compared.")
    out, server = console(), dashboard(store.uri)
    for group in found:
        print_table(out, group.title, frame_table(group.table(), words=("model", "")))
        out.print(group.note)
        out.print(f"in the dashboard: {server}{group.address}\n", soft_wrap=True)
    if html is not None:
        names = dict.fromkeys(run.study for run in runs)
        with whole(html) as path:
            path.write_text(comparison_page(", ".join(names), found, server), encoding="utf-8")
        out.print(f"The page is {html}: open it in a browser.", soft_wrap=True)


def dashboard(uri: str) -> str:
    """Where the dashboard of a store is, or will be with `rnnzoo ui`."""
    return uri.rstrip("/") if uri.startswith("http") else "http://127.0.0.1:5000"
