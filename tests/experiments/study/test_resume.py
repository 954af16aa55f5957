"""Studies that are cut short and gone on with: the same runs, each told once."""

import os
import random
import shutil
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, CheckpointError, Forecaster, NextFrame, TrackingError
from rnnzoo.datasets import Clips, TimeSeriesPanel, read_series
from rnnzoo.experiments.journal.records import folders
from rnnzoo.experiments.journal.records import read as read_journal
from rnnzoo.experiments.study.provenance import Provenance
from rnnzoo.experiments.study.resume import NOTE, StudyResume
from rnnzoo.experiments.study.study import Listeners
from rnnzoo.experiments.tasks.forecast.task import Forecasting
from rnnzoo.experiments.tasks.frames.task import Frames
from rnnzoo.experiments.tasks.study import study
from rnnzoo.experiments.tracking import Store, Tracker, sync
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES
from rnnzoo.pipelines.storage.sealing import seal, unseal
from rnnzoo.pipelines.training.checkpoints import lock_folder

CELLS = ("gru", "elman", "jordan")
EPOCHS = 3
ROWS = 4  # of the test: each origin is drawn
KILLS, SECONDS = 20, 16.0  # of the soak test: how many, and at most how long after the start


@pytest.fixture(scope="module")
def series(waves):
    return lambda name: read_series(waves[:150], time="day", target="sales", name=name)


def task(series, rows=ROWS, audit=False):
    return Forecasting(TimeSeriesPanel.of(series), rows, audit)


def tried(*cells, units=3, seed=0):
    tiny = {"horizon": 2, "lookback": 8, "units": units, "epochs": EPOCHS, "seed": seed}
    return {cell: Forecaster(cell, strategy="stateful", **tiny) for cell in cells}


def cut(network, epoch):
    """Follows runs until a network has told an epoch; then the user presses Ctrl-C."""

    def follow(run):
        def listen(journal, event):
            if run == network and event.kind == "metrics" and event.data["step"] == epoch:
                raise KeyboardInterrupt

        return listen

    return follow


@pytest.fixture
def forecasting(store, series, tmp_path):
    """A study of some networks, with its checkpoints in `kept` and its journals in `runs`."""

    def study_of(
        name, networks, follow=None, *, uri=store.uri, runs="runs", strict=False, split=(), **how
    ):
        with Tracker(uri, tmp_path / runs, strict) as tracker:
            listeners = Listeners(follow, tracker)
            how = {"checkpoints": tmp_path / "kept"} | how
            return study(task(series(name), **dict(split)), networks, listeners, **how), tracker

    return study_of


def check_told_once(store, experiment, names, studies=1):
    """Every run of a study is there once, has ended well, and tells nothing twice."""
    runs = store.client.search_runs([store.experiment(experiment)])
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len({run.data.tags["study.uid"] for run in runs}) == studies
    cells = sorted(run.data.tags.get("cell", "") for run in runs)
    assert cells == sorted((*names, "") * studies)
    for run in runs:
        assert not {"error", "error.type", "diverged"} & set(run.data.tags)
        for key in run.data.metrics:
            points = store.client.get_metric_history(run.info.run_id, key)
            steps = [point.step for point in points]
            assert len(steps) == len(set(steps)), f"{run.info.run_name}: {key} {steps}"
            if key.startswith(("train/", "val/", "time/epoch")):
                assert steps == list(range(1, EPOCHS + 1))


def test_a_study_that_is_cut_short_goes_on_with_the_same_runs(forecasting, store, series, tmp_path):
    name, runs = "cut-short", tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt):
        forecasting(name, tried(*CELLS), cut("elman", 2))
    before = {path.name: read_journal(path) for path in folders(runs)}
    assert sorted(kept.status for kept in before.values()) == ["FINISHED", "KILLED", "KILLED"]
    found, _ = forecasting(name, tried(*CELLS))
    check_told_once(store, f"forecast/{name}", (*CELLS, *BASELINES))
    after = {path.name: read_journal(path).events for path in folders(runs)}
    assert len(after) == 1 + len(CELLS) + len(BASELINES)
    for folder, kept in before.items():
        # as texts: of a few origins some scores are NaN, which equals nothing
        events, now = (list(map(str, each)) for each in (kept.events, after[folder]))
        assert now[: len(events)] == events
        assert (now == events) == (kept.status == "FINISHED")
    assert sync(runs, store.uri).complete == len(after)
    undisturbed = tried("elman")["elman"].fit(series(name)[:-ROWS])
    forecasts = (one.predict() for one in (found.networks["elman"], undisturbed))
    pd.testing.assert_frame_equal(*forecasts, check_exact=True)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("events.jsonl")}


@pytest.mark.slow
def test_a_study_that_is_over_is_left_as_it_is_and_may_get_another_network(
    forecasting, store, series, tmp_path, caplog
):
    """What its first store did not get comes to the second, as where a process was killed before
    all had arrived."""
    runs, kept = tmp_path / "runs", tmp_path / "kept"
    study(task(series("more")), tried("gru"), checkpoints=kept)  # nothing is tracked yet
    forecasting("more", tried("gru"), uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    before = contents(runs)
    forecasting("more", tried("gru"))
    check_told_once(store, "forecast/more", ("gru", *BASELINES))
    assert contents(runs) == before
    two = {"gru-0": tried("gru")["gru"], "gru-1": tried("gru", seed=1)["gru"]}
    forecasting("more", two)
    check_told_once(store, "forecast/more", ("gru", "gru", *BASELINES))
    assert {path.name for path in kept.iterdir() if path.is_dir()} == {"gru-0", "gru-1"}
    with pytest.raises(KeyboardInterrupt):
        forecasting("more", tried("elman"), cut("naive-last", None))
    forecasting("more", two)
    study(task(series("more")), tried("elman"), checkpoints=kept)
    forecasting("more", tried("elman"))  # it had ended, but was in no leaderboard
    assert not caplog.text
    (board,) = runs.glob("*-study-*/leaderboard.csv")
    models = pd.read_csv(board)["model"].tolist()
    assert sorted(models) == sorted(("elman", "gru-0", "gru-1", *BASELINES))
    assert pd.read_csv(board)["mae"].is_monotonic_increasing


@pytest.mark.slow
@pytest.mark.parametrize("file", [".lock", "events.jsonl"])
def test_where_nothing_was_told_yet_the_run_is_begun(forecasting, store, tmp_path, file):
    """The process was killed after it made the folder of a run, and before that told anything."""
    name, runs = f"early {file}", tmp_path / "runs"
    for run in ("elman-0", "study"):
        with pytest.raises(KeyboardInterrupt):
            forecasting(name, tried("gru", "elman"), cut("elman", 1))
        (folder,) = runs.glob(f"*-{run}-*")
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / file).touch()
    forecasting(name, tried("gru", "elman"), uri=f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert len([*runs.glob("*-elman-0-*")]) == 2  # of the study of before, and of the new one
    done = sync(runs, f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert not done.damaged and not done.running


@pytest.mark.slow
def test_runs_that_somebody_deleted_stay_so(forecasting, store, caplog):
    with pytest.raises(KeyboardInterrupt):
        forecasting("deleted", tried("gru", "elman"), cut("elman", 1))
    for run in store.client.search_runs([store.experiment("forecast/deleted")]):
        if run.data.tags.get("cell"):
            store.client.delete_run(run.info.run_id)
    _, tracker = forecasting("deleted", tried("gru", "elman"))
    assert tracker.pending == 0
    assert caplog.text.count("was deleted in") == 2
    check_told_once(store, "forecast/deleted", BASELINES)


def test_a_store_that_fails_stops_a_strict_study_before_it_goes_on(forecasting, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        forecasting("strict", tried("gru"), cut("gru", 1))
    manifest = tmp_path / "kept" / "gru-0" / "manifest.json"
    before = manifest.stat()
    (tmp_path / "broken.db").write_bytes(b"no database " * 100)
    with pytest.raises(TrackingError):
        forecasting("strict", tried("gru"), uri=f"sqlite:///{tmp_path / 'broken.db'}", strict=True)
    assert manifest.stat() == before


@pytest.mark.slow
def test_where_the_journals_are_gone_the_runs_are_new_ones(forecasting, store):
    for runs in ("here", "there"):
        forecasting("gone", tried("gru"), runs=runs)
    check_told_once(store, "forecast/gone", ("gru", *BASELINES), studies=2)


def test_another_study_is_refused_before_a_run_begins(forecasting, store, series, tmp_path):
    kept = tmp_path / "kept"
    study(task(series("first")), tried("gru"), checkpoints=kept)
    others: list[tuple[dict, dict, str]] = [
        (tried("gru", units=4), {}, "networks.gru-0.units was 3 and is 4"),
        (tried("gru"), {"split": {"rows": 5}}, "study.test_rows was 4 and is 5"),
        (tried("gru"), {"split": {"audit": True}}, "study.audit was False and is True"),
        (tried("gru"), {"origin": Provenance("named")}, "study.name was '' and is 'named'"),
        (tried("gru"), {"name": "other"}, "study.dataset was 'first' and is 'other'"),
    ]
    for networks, how, words in others:
        with pytest.raises(CheckpointError, match=words):
            forecasting(how.pop("name", "first"), networks, **how)
    moved = series("first")
    moved.frame.loc[3, "y"] += 1
    with pytest.raises(CheckpointError, match="the data differ"):
        study(task(moved), tried("gru"), checkpoints=kept)
    with lock_folder(kept), pytest.raises(CheckpointError, match="in use"):
        forecasting("first", tried("gru"))
    content = (kept / NOTE).read_bytes()
    rng = np.random.default_rng(0)
    for at in rng.integers(len(content), size=20).tolist():
        flipped = bytes([content[at] ^ 1 << int(rng.integers(8))])
        (kept / NOTE).write_bytes(content[:at] + flipped + content[at + 1 :])
        with pytest.raises(CheckpointError, match=NOTE):
            forecasting("first", tried("gru"))
    assert not list(folders(tmp_path / "runs"))
    (kept / NOTE).unlink()  # as the message says
    forecasting("first", tried("gru"))


def test_checkpoints_stand_among_nothing_else(forecasting, series, tmp_path):
    (tmp_path / "kept").mkdir()
    mine = tmp_path / "kept" / "thesis.txt"
    mine.write_text("mine")
    with pytest.raises(ArgumentError, match=r"holds more than a checkpoint \(thesis.txt\)"):
        forecasting("mine", tried("gru"))
    assert [*mine.parent.iterdir()] == [mine]
    with pytest.raises(ArgumentError, match="is a file"):
        study(task(series("mine")), tried("gru"), checkpoints=mine)
    named = {"member-1": tried("gru")["gru"]}  # as the folder of one of several that are one
    for _ in range(2):
        study(task(series("mine")), named, checkpoints=tmp_path / "named")
    for labels, words in (("a b", "a,b"), "has that name already"), (("a", "a-0"), "a run 'a-0'"):
        networks = {label: tried("gru")["gru"] for label in labels}
        with pytest.raises(ArgumentError, match=words):
            study(task(series("mine")), networks, checkpoints=tmp_path / "other")


@pytest.mark.parametrize(
    "change",
    [
        {"runs": {"": "*/../../../x"}}, {"runs": {"": 3}}, {"runs": []}, {"runs": None},
        {"ranked": "all"}, {"ranked": [[]]}, {"began": "../x"}, {"began": None},
        {"fit": 3}, {"fit": {}}, {"fit": {"settings": {"networks": []}}},
    ],
)  # fmt: skip
def test_a_note_with_a_right_hash_and_odd_values(tmp_path, change):
    kept = tmp_path / "kept"

    def entered():
        resume = StudyResume(kept, {"name": "x"}, [("gru-0", {"units": 1})])
        with resume.of("2026-01-01 00:00:00", "a" * 32, tmp_path / "runs", lambda: "data") as found:
            return found

    assert entered() == entered() == ("2026-01-01 00:00:00", "a" * 32)
    note = unseal((kept / NOTE).read_bytes())
    (kept / NOTE).write_bytes(seal(note | change))
    with pytest.raises(CheckpointError, match="Delete this file"):
        entered()


@pytest.mark.slow
def test_next_frames_go_on_too(store, tmp_path):
    rng = np.random.default_rng(0)
    clips = Clips("noise", *(rng.random((n, 4, 8, 8, 1), "float32") for n in (4, 2, 2)))
    tiny = {"context": 2, "horizon": 2, "filters": 2, "layers": 1, "epochs": EPOCHS}
    tiny |= {"clips_per_epoch": 4, "batch_size": 2}

    def run(follow):
        with Tracker(store.uri, tmp_path / "runs") as tracker:
            listeners = Listeners(follow, tracker)
            networks = {"conv_lstm": NextFrame("conv_lstm", **tiny)}
            return study(Frames(clips), networks, listeners, checkpoints=tmp_path / "kept")

    with pytest.raises(KeyboardInterrupt):
        run(cut("conv_lstm", 2))
    found = run(None).tests["conv_lstm"]
    check_told_once(store, "frames/noise", ("conv_lstm", *found.baselines))


EXPERIMENT = f"""
task: forecast
study: killed
data: {{path: waves.csv, time: day, target: sales}}
split: {{test_rows: 30}}
defaults: {{horizon: 2, lookback: 8, units: 3, epochs: {EPOCHS}, strategy: stateful}}
models: [{{cell: gru}}, {{cell: elman}}, {{cell: jordan}}]
"""


class Command:
    """`rnnzoo run --checkpoint`, again and again in one working directory."""

    def __init__(self, folder, waves):
        folder.mkdir()
        waves[["day", "sales"]][:150].to_csv(folder / "waves.csv", index=False)
        (folder / "killed.yaml").write_text(EXPERIMENT)
        self.store = Store(f"sqlite:///{folder / 'mlflow.db'}")
        self.runs, self.kept = folder / "rnnzoo-runs", folder / "kept"
        arguments = [sys.executable, "-m", "rnnzoo.experiments.cli.app", "run", "killed.yaml"]
        environment = os.environ | {"MLFLOW_TRACKING_URI": self.store.uri}
        told = {"cwd": folder, "env": environment, "text": True}
        told |= {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.start = partial(subprocess.Popen, [*arguments, "--checkpoint", "kept"], **told)

    def end(self):
        """What it says; it has told every run once."""
        with self.start() as process:
            said = process.stdout.read()
        assert process.returncode == 0, said
        self.check()
        return said

    def check(self):
        check_told_once(self.store, "forecast/waves", (*CELLS, *BASELINES))

    def kill_after(self, run, epoch):
        """Kills it as soon as a run has told an epoch."""
        with self.start() as process:
            while epoch not in self.epochs(run):
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.01)
            process.kill()

    def epochs(self, run):
        folders = self.runs.glob(f"*-{run}-0-*/events.jsonl")
        events = [event for path in folders for event in read_journal(path.parent).events]
        return [event.data["step"] for event in events if event.kind == "metrics"]

    def kill_within(self, seconds, rng):
        """Kills it at a random moment after it began to work; `False` if it ended before."""
        before = self.study_began()
        with self.start() as process:
            while self.study_began() == before and process.poll() is None:
                time.sleep(0.01)
            try:
                said, _ = process.communicate(timeout=rng.uniform(0, seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                return True
        assert process.returncode == 0, said
        return False

    def study_began(self):
        note = self.kept / NOTE
        return note.stat().st_mtime_ns if note.exists() else None


@pytest.mark.slow
def test_the_same_command_goes_on_after_kill_9(waves, tmp_path):
    command = Command(tmp_path / "work", waves)
    command.kill_after("gru", 1)
    command.kill_after("elman", 2)
    first = command.end()
    assert "elman: continues after epoch" in first
    again = command.end()  # trains nothing, tells nothing
    tables = (said[said.index("\nwaves:") :] for said in (first, again))
    assert next(tables) == next(tables)  # the seconds of the fits too


@pytest.mark.soak
def test_commands_killed_many_times(waves, tmp_path, record_property):
    rng = random.Random(1)
    counts = {"killed": 0, "studies ended": 0}
    while counts["killed"] < KILLS:
        command = Command(tmp_path / str(counts["studies ended"]), waves)
        while counts["killed"] < KILLS and command.kill_within(SECONDS, rng):
            counts["killed"] += 1
        command.end()
        counts["studies ended"] += 1
    record_property("commands with tracked runs killed", counts)
