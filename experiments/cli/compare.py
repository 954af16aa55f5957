"""`rnnzoo compare`: models of the tracking store compared over their seeds, or runs listed."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import ArgumentError, one_of
from ...pipelines.storage.files import replacing
from ..comparison.groups import ComparableRuns, comparable, groups, without_repeats
from ..comparison.runs import all_runs, chosen, of_study, values_frame
from ..comparison.summaries import Group
from ..comparison.wording import comparison_note
from ..kinds import charts_address
from ..locations import SHOWN, try_folder, why_not
from ..reports.tables import print_group
from ..reports.terminal import console, frame_table, print_table
from ..tracking import Store

WHOLE = ("lookback", "weights")  # columns of whole numbers: MLflow keeps parameters as text


@dataclass(frozen=True)
class RunTable:
    """Runs with the same task and test, the best first.

    Attributes:
        title: what was forecast, and on which rows it was tested.
        table: one row per run, with those columns of the task that the runs have.
        address: path and query of their experiment's charts in the dashboard.
    """

    title: str
    table: pd.DataFrame
    address: str


def run_tables(store: Store, experiment: str, latest: bool = False) -> list[RunTable]:
    """Tables of the finished runs of an experiment, one per task and test.

    A baseline that several studies tested alike is shown once.

    Args:
        store: the store that holds the runs.
        experiment: e.g. `"forecast/seattle-weather"`.
        latest: only runs of the newest study.
    """
    runs = all_runs(store, experiment)
    if latest and runs:
        runs = of_study(runs, None)
    return [_run_table(alike) for alike in comparable(runs)]


def _run_table(alike: ComparableRuns) -> RunTable:
    task, runs = alike.task, without_repeats(alike.runs)
    rows = values_frame(sorted(runs, key=lambda run: run.number(task.error)))
    labels = {key: label for key, label in task.columns.items() if key in rows}
    table = rows[list(labels)].set_axis(list(labels.values()), axis=1)
    for column in set(WHOLE) & set(table):
        numbers = pd.to_numeric(table[column], errors="coerce")  # text from a store
        whole_ones = numbers.where(numbers.abs() < 2**53).round()
        table[column] = whole_ones.astype("Int64")
    return RunTable(alike.title, table, charts_address(runs[0].text("experiment_id")))


def check_options(every: bool, latest: bool, others: dict[str, Any]) -> None:
    """Refuses options that would have no effect.

    Args:
        every: `--all`.
        latest: `--latest`.
        others: options of a comparison of models, by name.
    """
    if every and (given := [name for name, value in others.items() if value]):
        raise ArgumentError(f"--all lists runs one by one: leave it out, or {' and '.join(given)}.")
    if latest and not every:
        raise ArgumentError("--latest goes with --all: without it, the newest study is shown.")


def list_runs(store: Store, experiment: str | None, latest: bool) -> None:
    """Prints the finished runs of an experiment, by default of all, best first.

    Raises:
        ArgumentError: no such experiment.
    """
    known = store.experiments()
    names = known if experiment is None else [one_of("experiment", experiment, known)]
    out, server = console(), dashboard(store.uri)
    found = [each for name in names for each in run_tables(store, name, latest)]
    for each in found:
        print_table(out, each.title, frame_table(each.table))
        out.print(f"in the dashboard: {server}{each.address}\n", soft_wrap=True)
    if not found:
        out.print("No finished runs yet: try `rnnzoo demo`, `forecast` or `frames`.")


def compare_models(
    store: Store, experiment: str | None, study: str | None, wanted: list[str], html: Path | None
) -> None:
    """Prints means over seeds, tests against the best baseline, and costs; writes the page.

    Args:
        store: the store that holds the runs.
        experiment: only its runs; by default all.
        study: name or time of a study; by default the newest, unless runs are `wanted`.
        wanted: ids, beginnings of ids, or names of runs.
        html: file to write the page to, if any.

    Raises:
        ArgumentError: no such experiment, study or run, none that can be compared, or the page
            cannot be written.
    """
    if html is not None:
        _check_page(html)
    runs = all_runs(store, experiment)
    if study is not None or not wanted:
        runs = of_study(runs, study)
    if wanted:
        runs = chosen(runs, wanted)
    found = groups(runs)
    if not found:
        raise ArgumentError(
            "None of these runs has scores that can be compared: `rnnzoo compare --all` lists "
            "those that have."
        )
    out, server = console(), dashboard(store.uri)
    if html is not None:  # before anything is printed
        names = ", ".join(dict.fromkeys(run.study for run in runs))
        _write_page(html, names, found, server)
    for group in found:
        print_group(group, out)
        out.print(comparison_note(group.comparison))
        out.print(f"in the dashboard: {server}{group.address}\n", soft_wrap=True)
    if html is not None:
        out.print(f"The page is {html}: open it in a browser.", soft_wrap=True)


def _check_page(html: Path) -> None:
    if os.path.isdir(html):
        raise ArgumentError(f"--html names the file to write, and {html} is a folder.")
    if not os.path.isdir(html.absolute().parent):
        raise ArgumentError(f"There is no folder {html.absolute().parent} for {html.name}.")
    try:
        try_folder(html.absolute().parent)
        with suppress(FileNotFoundError):
            html.lstat()  # a name may be too long
    except OSError as error:
        raise ArgumentError(
            f"{str(html)[:SHOWN]} cannot be written: {why_not(error)}. Give --html another file."
        ) from error


def _write_page(html: Path, title: str, found: list[Group], server: str) -> None:
    from ..reports.comparison import comparison_page

    content = comparison_page(title, found, server)
    try:
        with replacing(html) as path:
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ArgumentError(
            f"{html} cannot be written: {error.strerror or error}. Give --html another file."
        ) from error


def dashboard(uri: str) -> str:
    """Address of a store's dashboard, or that which `rnnzoo ui` will give it."""
    return uri.rstrip("/") if uri.startswith("http") else "http://127.0.0.1:5000"
