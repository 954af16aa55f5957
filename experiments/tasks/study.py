"""Several networks on one task, each a run: fitted, scored, shown and saved."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ..._quiet import load_tensorflow
from ..journal.journal import Journal
from ..journal.patient import PatientRecorder
from ..reports.run import FILE as REPORT
from ..reports.terminal import Display, console
from ..study.outputs import OutputOptions, check_folder, model_folder, write_all
from ..study.provenance import Provenance
from ..study.resume import StudyResume
from ..study.study import Listeners, StudyRuns, nobody, run_name, wait_for_uploads
from .base import N, R, Study, Task


def run_task(
    task: Task[N, R],
    networks: Mapping[str, N],
    keep: OutputOptions,
    origin: Provenance | None = None,
) -> Study[N, R]:
    """Fits, scores, saves, and then prints. Nothing is written before all inputs are checked.

    Args:
        task: with its data.
        networks: unfitted, by label.
        keep: where runs, models and files are written.
        origin: what the study was made from.
    """
    task = task.checked(networks)
    if keep.save is not None:
        check_folder(keep.save, networks)
    out = console()
    for repair in task.repairs:
        out.print(f"Repaired: {repair}")
    load_tensorflow()  # before the tracker has a thread that may warn
    tracker, display = keep.tracker(), Display(out)
    listeners = Listeners(display.follow, tracker)
    with (
        wait_for_uploads(tracker, out, origin),
        _runs(task, networks, listeners, origin, keep.checkpoints) as runs,
    ):
        with display:
            found = _tested(task, networks, runs, keep.save)
        if keep.save is not None:
            found.write(keep.save)
        final = task.final(found)
        if keep.save is not None:
            _save(final.networks, keep.save)
            write_all(keep.save, final.files)
        written = runs.write(final.files)
        task.show(found, final, out)
        if REPORT in written and keep.save is None:
            out.print(f"\nThe report is {written[REPORT]}", soft_wrap=True)
        if keep.save is not None:
            out.print(f"\n{task.saves} are in {keep.save}")
    return found


def _save(networks: Mapping[str, N], folder: Path) -> None:
    for label, network in networks.items():
        network.save(model_folder(folder, label))


def study(
    task: Task[N, R],
    networks: Mapping[str, N],
    listeners: Listeners = nobody,
    origin: Provenance | None = None,
    checkpoints: Path | None = None,
) -> Study[N, R]:
    """Fits each network and scores it and the baselines on the test of the task.

    Args:
        task: with its data.
        networks: unfitted, by cell, or by another label where a cell is tried more than once.
        listeners: what follows the journal of each run.
        origin: what the study was made from.
        checkpoints: folder in which the state of each fit is saved. A study that was killed
            continues from there, with the same runs; those that had ended are not logged again.

    Raises:
        ArgumentError, DataError: as of `Task.checked`.
        CheckpointError: what is there is damaged, in use, or of another study or fit.
    """
    load_tensorflow()
    task = task.checked(networks)
    with _runs(task, networks, listeners, origin, checkpoints) as runs:
        return _tested(task, networks, runs)


def _runs(
    task: Task[N, R],
    networks: Mapping[str, N],
    listeners: Listeners,
    origin: Provenance | None,
    checkpoints: Path | None,
) -> StudyRuns:
    """The runs of a study of a task that was `checked`, not yet begun."""
    origin = origin or Provenance()
    about = {"name": origin.name, "dataset": task.dataset} | task.identity
    requested = [(run_name(k, one.seed), task.requested(one)) for k, one in networks.items()]
    resume = StudyResume(checkpoints, about, requested)
    return StudyRuns(task.name, task.dataset, listeners, task.digests, origin, resume)


def _tested(
    task: Task[N, R], networks: Mapping[str, N], runs: StudyRuns, save: Path | None = None
) -> Study[N, R]:
    """Fits and scores each network within its run, and logs the baselines and the leaderboard.

    A network is saved as soon as it is fitted, and again with its scores: if its journal cannot be
    written, as on a full disk, the fit is not lost.
    """
    tests: dict[str, R] = {}
    colors = {label: runs.color(one.cell_name, label) for label, one in networks.items()}
    for label, network in networks.items():
        with runs.network(network.cell_name, network.seed, label) as journal:
            patient = PatientRecorder(journal)
            fitting = journal if save is None else patient
            fitting.parameters(task.parameters)
            task.fit(network, fitting, runs.continuation.place(journal.run))
            if save is not None:
                _save({label: network}, save)
                patient.complain()
            first = next(iter(tests.values()), None)
            tests[label] = result = task.score(network, label, first)
            if save is not None:
                _save({label: network}, save)
            task.log(result, label, journal)
            journal.metrics({"time/fit_s": result.seconds})
            if journal.is_saved:
                color = colors[label]
                task.write_run(result, color, journal)
                settings = task.split_parameters | task.used(network)
                settings |= dict(runs.origin.parameters)
                journal.text(REPORT, task.report(result, color, journal.folder, settings))
                journal.saved("model", network.save)
    found = Study(task, networks, tests, runs.origin.models, colors)
    shared = task.test_parameters(found.first) | task.parameters
    runs.baselines(found.first.baselines, shared, partial(_baseline, found))
    runs.conclude(found)
    return found


def _baseline(found: Study[N, R], name: str, journal: Journal) -> None:
    found.task.log(found.first, name, journal)
    if journal.is_saved:
        found.task.write_baseline(found.first, name, name == found.best_baseline, journal)
