"""A tracker whose store fails: the run continues, nothing is lost, nothing is twice."""

import signal
import socket
import threading
import time

import pytest
from rnnzoo import JournalError, TrackingError
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.journal.lock import RunLock
from rnnzoo.experiments.journal.records import EVENTS, read
from rnnzoo.experiments.tracking import Store, Tracker, sync
from rnnzoo.experiments.tracking import store as opened
from rnnzoo.experiments.tracking import tracker as following

ABSENT = "http://anna:secret@127.0.0.1:9"  # nobody listens on the port of `discard`


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(opened, "PAUSE", 0.0)


def journal(tracker, name="r", **how):
    return Journal("forecast/lost", name, {}, (tracker.listener(),), tracker.root, **how)


def log(run, epochs=3):
    with run:
        run.parameters({"units": 4})
        for step in range(1, epochs + 1):
            run.metrics({"train/loss": 1 / step}, step=step)
        run.text("table.csv", "a\n1\n")


def in_store(store, run):
    found = store.find(store.experiment(run.experiment), run.uid)
    return None if found is None else store.client.get_run(found.run)


def losses(store, run):
    history = store.client.get_metric_history(in_store(store, run).info.run_id, "train/loss")
    return [(metric.step, metric.value, metric.timestamp) for metric in history]


def test_a_server_that_is_not_there(store, tmp_path, caplog):
    with Tracker(ABSENT, tmp_path) as tracker:
        run, other = journal(tracker), journal(tracker, "other")
        log(run)
        log(other, epochs=1)
    (warning,) = [record.message for record in caplog.records]
    assert "http://127.0.0.1:9 failed" in warning
    assert "The run continues without it; everything is saved in" in warning
    assert tracker.pending == 7 + 5
    assert (
        tracker.outcome == f"Runs are in {tmp_path}; 12 events are not yet in MLflow: rnnzoo sync"
    )
    assert "secret" not in caplog.text + tracker.outcome

    done = sync(tmp_path, store.uri)
    assert (done.runs, done.events, done.complete) == (2, 12, 0)
    assert in_store(store, run).info.status == "FINISHED"
    times = [int(event.time * 1000) for event in run.events if event.kind == "metrics"]
    assert losses(store, run) == [(k, 1 / k, t) for k, t in enumerate(times, start=1)]
    again = sync(tmp_path, store.uri)
    assert (again.runs, again.events, again.complete) == (0, 0, 2)


def test_strict_says_so_at_once(tmp_path):
    tracker = Tracker(ABSENT, tmp_path, strict=True)
    run = journal(tracker)
    with pytest.raises(TrackingError, match=r"http://127.0.0.1:9 failed"), tracker, run:
        pytest.fail("the run began")
    assert read(run.folder).status == "FAILED"


def test_strict_says_so_when_the_store_fails_later(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    tracker = Tracker(store.uri, strict=True)
    assert tracker.root == tmp_path / "rnnzoo-runs"
    run = journal(tracker)
    with pytest.raises(TrackingError, match="r cannot be uploaded"), tracker, run:
        store.client.delete_run(in_store(store, run).info.run_id)
        for step in range(1, 1_000_000):
            run.metrics({"train/loss": 1.0}, step=step)


def test_a_store_that_fails_later_is_reported_once_and_stops_nothing(tmp_path, caplog):
    store = Store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    with Tracker(store.uri) as tracker:
        run = journal(tracker)
        with run:
            tracker.close()  # waits for the start
            store.client.delete_run(in_store(store, run).info.run_id)
            for step in (1, 2, 3):
                run.metrics({"train/loss": 1.0}, step=step)
    assert len(run.events) == 5
    assert [record.message.count("is saved in") for record in caplog.records] == [1]
    assert tracker.pending == 4


def test_a_run_that_is_refused_does_not_hold_up_the_others(store, tmp_path, caplog):
    with Tracker(store.uri, tmp_path) as tracker:
        bad, gone, good = (journal(tracker, name) for name in ("bad", "gone", "good"))
        with gone:
            (gone.folder / "a.txt").write_text("a")
            with bad:  # MLflow knows no such name
                bad.metrics({"bad#key": 1.0}, step=1)
            gone.artifact(gone.folder / "b.txt")
            tracker.close()
        assert len(caplog.records) == 2
        log(good)
    assert in_store(store, good).info.status == "FINISHED"
    assert "The run bad cannot be uploaded" in caplog.text
    assert "bad#key" in caplog.text
    assert f"{gone.folder / 'b.txt'} is missing" in caplog.text
    assert 4 <= tracker.pending <= len(bad.events) + len(gone.events)  # a start may be there
    assert f"{tracker.pending} events are not yet in MLflow" in tracker.outcome
    with (
        pytest.raises(TrackingError, match="The run bad cannot be uploaded: .* refused"),
        Tracker(store.uri, tmp_path, strict=True) as strict,
        journal(strict, "bad") as run,
    ):
        run.metrics({"bad#key": 1.0}, step=1)


def test_runs_whose_processes_died_are_ended_by_the_next_tracker(store, tmp_path):
    with Tracker(store.uri, tmp_path) as tracker:
        died, other = journal(tracker), journal(tracker, "other")
        log(died)
        log(other)
    name = in_store(store, died).info.run_id
    path = died.folder / EVENTS
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    store.client.set_tag(name, "rnnzoo.events", str(len(lines) - 1))
    store.client.update_run(name, "RUNNING")
    with Tracker(store.uri, tmp_path) as tracker:
        log(journal(tracker, "next"))
    assert in_store(store, died).info.status == "KILLED"
    assert in_store(store, other).info.status == "FINISHED"


def test_a_server_that_hangs_is_not_waited_for_without_a_word(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(following, "HASTE", 2.0)
    monkeypatch.setattr(following, "SILENCE", 0.5)
    said = []
    with socket.socket() as mute:  # takes calls, and answers none
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        tracker = Tracker(f"http://127.0.0.1:{mute.getsockname()[1]}", tmp_path, say=said.append)
        log(journal(tracker))
        before = time.monotonic()
        tracker.close()
    assert time.monotonic() - before < 5
    assert said == [f"Waiting for the tracking store {tracker.uri} … (Ctrl-C: sync later)"]
    assert "nothing was heard for 2 s" in caplog.text
    assert tracker.pending == 7


@pytest.fixture
def interruptible():
    """Ctrl-C interrupts, in a process too that was started in the background, to ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_the_wait_alone(interruptible, tmp_path, caplog):
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        tracker = Tracker(f"http://127.0.0.1:{mute.getsockname()[1]}", tmp_path)
        log(journal(tracker))
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        tracker.close()
    assert "it was not waited for" in caplog.text
    assert "7 events are not yet in MLflow: rnnzoo sync" in tracker.outcome


def test_an_experiment_that_is_deleted(tmp_path, caplog):
    store = Store(f"sqlite:///{tmp_path / 'mlflow.db'}")
    gone = store.experiment("forecast/lost")
    store.client.delete_experiment(gone)
    with Tracker(store.uri) as tracker:
        run = journal(tracker)
        log(run)
    assert "forecast/lost is deleted" in caplog.text
    (error,) = sync(tracker.root, store.uri).damaged
    assert "is deleted" in str(error)
    store.client.restore_experiment(gone)
    assert sync(tracker.root, store.uri).runs == 1
    assert len(losses(store, run)) == 3


def test_a_file_that_is_no_database(tmp_path, caplog):
    (tmp_path / "notes.db").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(TrackingError, match="cannot be used.*--no-tracking"):
        Store(f"sqlite:///{tmp_path / 'notes.db'}")
    with Tracker(f"sqlite:///{tmp_path / 'notes.db'}") as tracker:
        log(journal(tracker))
    assert "file is not a database" in caplog.text
    assert tracker.pending == 7


def test_a_store_without_its_folder_is_said_before_the_work(tmp_path):
    for kind in (Store, Tracker):
        with pytest.raises(TrackingError, match="There is no folder"):
            kind(f"sqlite:///{tmp_path / 'missing' / 'mlflow.db'}")


def test_a_working_directory_that_changes(tmp_path, monkeypatch):
    """The store is opened by a thread, which may be after the change."""
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with Tracker("sqlite:///mlflow.db") as tracker:
        run = journal(tracker)
        with run:
            monkeypatch.chdir(tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == []
    assert tracker.outcome == f"Runs are in sqlite:///{tmp_path}/here/mlflow.db."
    assert in_store(Store(f"sqlite:///{tmp_path}/here/mlflow.db"), run).info.status == "FINISHED"


def test_a_driver_that_is_not_installed(tmp_path, caplog):
    with Tracker("mysql+oursql://anna:secret@localhost/mlflow", tmp_path) as tracker:
        log(journal(tracker))
    assert "failed" in caplog.text
    assert "secret" not in caplog.text


def test_a_run_that_was_made_twice_is_one(store, tmp_path):
    """A server whose answer was lost has the run, and nobody knows its name."""
    with Tracker(ABSENT, tmp_path) as tracker:
        run = journal(tracker)
        log(run)
    experiment = store.experiment(run.experiment)
    for _ in range(3):
        store.client.create_run(experiment, tags={"run_uid": run.uid})
    sync(tmp_path, store.uri)
    runs = store.client.search_runs([experiment], f"tags.run_uid = '{run.uid}'")
    assert len(runs) == 1
    assert len(losses(store, run)) == 3


def test_a_run_whose_process_died(store, tmp_path):
    with Tracker(ABSENT, tmp_path) as tracker:
        run = journal(tracker)
        log(run)
    path = run.folder / EVENTS
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:-1]) + whole[-1][:9])
    done = sync(tmp_path, store.uri)
    assert (done.killed, done.torn) == ([run.folder], [run.folder])
    died = in_store(store, run)
    assert died.info.status == "KILLED"
    assert died.info.end_time == int(run.events[-2].time * 1000)
    assert "its journal has no end" in died.data.tags["error"]
    assert sync(tmp_path, store.uri).killed == []

    with Tracker(store.uri, tmp_path) as tracker:  # and is continued
        again = Journal.reopened(run.folder, (tracker.listener(),))
        with again:
            again.metrics({"train/loss": 0.25}, step=4)
    assert again.uid == run.uid
    assert in_store(store, run).info.status == "FINISHED"
    assert [step for step, *_ in losses(store, run)] == [1, 2, 3, 4]
    assert sync(tmp_path, store.uri).complete == 1


def test_a_run_that_is_still_written_is_left_alone(store, tmp_path, monkeypatch):
    with Tracker(ABSENT, tmp_path) as tracker:
        run = journal(tracker)
        log(run)
    lock = RunLock(run.folder)
    assert lock.hold()
    assert sync(tmp_path, store.uri).running == [run.folder]
    assert in_store(store, run) is None
    lock.release()


def test_a_damaged_journal_does_not_hold_up_the_others(store, tmp_path):
    with Tracker(ABSENT, tmp_path) as tracker:
        runs = [journal(tracker, name) for name in ("a", "b", "c")]
        for run in runs:
            log(run)
    path = runs[1].folder / EVENTS
    path.write_bytes(path.read_bytes().replace(b"train/loss", b"train/lost", 1))
    done = sync(tmp_path, store.uri)
    assert done.runs == 2
    (error,) = done.damaged
    assert isinstance(error, JournalError)
    assert f"{path} is damaged in line 3" in str(error)


def test_a_journal_that_is_lost_is_said(store, tmp_path):
    with Tracker(store.uri, tmp_path) as tracker:
        runs = [journal(tracker, name) for name in ("empty", "cut", "gone", "locked", "whole")]
        for run in runs:
            log(run)
    empty, cut, gone, locked, _ = (run.folder for run in runs)
    (empty / EVENTS).write_bytes(b"")
    lines = (cut / EVENTS).read_bytes().splitlines(keepends=True)
    (cut / EVENTS).write_bytes(b"".join(lines[:-2]))
    (gone / EVENTS).unlink()
    (locked / ".lock").unlink()
    (locked / ".lock").mkdir()
    (tmp_path / "notes").mkdir()  # is no run's
    done = sync(tmp_path, store.uri)
    said = "\n".join(map(str, done.damaged))
    assert (done.complete, done.killed, len(done.damaged)) == (1, [], 4)
    assert f"The journal in {empty} holds no event" in said
    assert f"The journal in {cut} holds 5 events, of which 7 are in" in said
    assert f"The journal {gone / EVENTS} cannot be read: No such file" in said
    assert f"The run in {locked} cannot be locked" in said


def test_what_a_store_refuses_does_not_hold_up_the_others(store, tmp_path):
    with Tracker(ABSENT, tmp_path) as tracker:
        runs = [journal(tracker, name) for name in ("a", "b", "c")]
        log(runs[0])
        with runs[1]:
            for units in (4, 5):  # MLflow takes a parameter once
                runs[1].parameters({"units": units})
                runs[1].text("a.csv", "a")
        log(runs[2])
    (runs[2].folder / "table.csv").unlink()
    done = sync(tmp_path, store.uri)
    assert done.runs == 1
    refused, missing = sorted(map(str, done.damaged), key=lambda text: "missing" in text)
    assert f"{store.uri} refused {runs[1].folder}" in refused
    assert f"{runs[2].folder / 'table.csv'} is missing" in missing
    with pytest.raises(TrackingError, match="127.0.0.1:9 cannot be used"):
        sync(tmp_path, ABSENT)


def test_a_run_comes_after_the_one_it_belongs_to(store, tmp_path):
    """Begun in one second, and by name before it: and one that was uploaded too early is mended."""
    with Tracker(ABSENT, tmp_path) as tracker:
        with journal(tracker, "z") as study:
            child, other = (journal(tracker, name, parent=study.uid) for name in "ab")
            log(child)
            log(other)
        alone = journal(tracker, "alone")
        alone.parent = "f" * 32  # never came here
        log(alone)
    for k, run in enumerate((child, other, study)):
        run.folder = run.folder.rename(tmp_path / f"20260101-000000-{k}")
    alone.folder.rename(tmp_path / "20250101-000000-alone")
    assert sync(tmp_path, store.uri).runs == 4
    above = in_store(store, study).info.run_id
    for run in (child, other):
        assert in_store(store, run).data.tags["mlflow.parentRunId"] == above
    assert "mlflow.parentRunId" not in in_store(store, alone).data.tags
    store.client.delete_tag(in_store(store, child).info.run_id, "mlflow.parentRunId")
    assert sync(tmp_path, store.uri).complete == 4
    assert in_store(store, child).data.tags["mlflow.parentRunId"] == above


def test_a_run_that_was_deleted_in_the_store_stays_so(store, tmp_path):
    with Tracker(store.uri, tmp_path) as tracker:
        run, other = journal(tracker), journal(tracker, "other")
        log(run)
        log(other)
    gone = in_store(store, run).info.run_id
    store.client.delete_run(gone)
    done = sync(tmp_path, store.uri)
    assert (done.runs, done.complete, done.deleted) == (0, 1, [run.folder])
    experiment = store.experiment(run.experiment)
    assert store.client.search_runs([experiment], f"tags.run_uid = '{run.uid}'") == []
    store.client.restore_run(gone)
    assert sync(tmp_path, store.uri).complete == 2


def test_a_strict_tracker_does_not_continue_a_run_that_was_deleted(store, tmp_path):
    with Tracker(store.uri, tmp_path) as tracker:
        run = journal(tracker)
        log(run)
    store.client.delete_run(in_store(store, run).info.run_id)
    tracker = Tracker(store.uri, tmp_path, strict=True)
    again = Journal.reopened(run.folder, (tracker.listener(),))
    with pytest.raises(TrackingError, match="was deleted in"), tracker, again:
        pytest.fail("the run continued")


def test_what_is_pending_of_a_run_that_was_begun_before(store, tmp_path):
    with Tracker(store.uri, tmp_path) as tracker:
        run = journal(tracker)
        log(run)
    with Tracker(ABSENT, tmp_path) as tracker:
        tracker.upload(read(run.folder))
    assert "at most 7 events are not yet in MLflow" in tracker.outcome
    with Tracker(store.uri, tmp_path) as tracker:
        tracker.upload(read(run.folder))
    assert (tracker.pending, tracker.outcome) == (0, f"Runs are in {store.uri}.")
    assert RunLock(run.folder).hold()  # nobody holds it any more


def test_images_are_not_twice(store, tmp_path):
    figures = pytest.importorskip("matplotlib.figure")
    with Tracker(store.uri, tmp_path) as tracker:
        run = journal(tracker)
        with run:
            run.picture("frames/by-epoch", figures.Figure(), step=3)
    name = in_store(store, run).info.run_id
    before = store.client.list_artifacts(name, "images")
    assert len(before) == 2
    store.client.set_tag(name, "rnnzoo.events", "0")  # as if nothing was known to have arrived
    assert sync(tmp_path, store.uri).events == 3
    assert store.client.list_artifacts(name, "images") == before


def test_a_tracked_run_needs_a_folder(tmp_path):
    tracker = Tracker(ABSENT, tmp_path)
    run = Journal("forecast/lost", "r", {}, (tracker.listener(),))
    with pytest.raises(TrackingError, match="needs a folder"), run:
        pass
    assert not run.folder.exists()
