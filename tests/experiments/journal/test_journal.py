import numpy as np
import pytest
from matplotlib.figure import Figure
from rnnzoo import ArgumentError, JournalError
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.journal.patient import PatientRecorder
from rnnzoo.experiments.journal.records import read


def test_events_come_in_order_and_reach_the_listeners():
    seen = []
    with Journal("forecast/x", "a", {"k": "v"}, (lambda journal, event: seen.append(event),)) as j:
        j.parameters({"units": 4})
        j.metrics({"train/loss": 0.5}, step=1)
        j.series("horizon/mae", np.array([1.0, 2.0]))
    assert seen == j.events
    assert [event.kind for event in seen] == ["start", "parameters", "metrics", "series", "end"]
    about = {"experiment": "forecast/x", "run": "a", "tags": {"k": "v"}}
    assert seen[0].data == about | {"uid": j.uid, "parent": None, "format": 2}
    assert seen[3].data == {"name": "horizon/mae", "values": [1.0, 2.0]}
    assert seen[-1].data["status"] == "FINISHED"
    assert [e.time for e in seen] == sorted(e.time for e in seen)


def test_the_folder_is_known_before_the_run_begins_and_made_when_it_does(tmp_path):
    journal = Journal("forecast/x", "a", root=tmp_path)
    assert not journal.folder.exists()
    folder = journal.folder
    with journal:
        assert journal.folder == folder
        assert folder.is_dir()
    with Journal.reopened(folder) as again:
        assert (again.folder, again.uid) == (folder, journal.uid)


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("no"), "FAILED"), (KeyboardInterrupt(), "KILLED")]
)
def test_a_run_that_breaks_says_so_and_passes_the_error_on(error, status):
    journal = Journal("forecast/x", "a")
    with pytest.raises(type(error)), journal:
        raise error
    assert journal.events[-1].data["status"] == status
    assert not journal.folder.exists()


def test_artifacts_lie_in_the_folder_while_the_run_is_open():
    seen = []

    def listen(journal, event):
        if event.kind == "artifact":
            seen.append((event.data["path"], (journal.folder / event.data["path"]).read_bytes()))

    with Journal("forecast/x", "a", listeners=(listen,)) as journal:
        journal.picture("error by lead", Figure())
        journal.text("table.csv", "a,b\n")
    assert seen[0][0] == "error-by-lead.png"
    assert seen[0][1].startswith(b"\x89PNG")
    assert seen[1] == ("table.csv", b"a,b\n")
    assert not journal.folder.exists()


def test_no_name_leads_out_of_the_folder_or_to_the_journal(tmp_path):
    with Journal("forecast/x", "a", root=tmp_path) as journal:
        for name in ("events.jsonl", "Events.JSONL", "/events.jsonl"):
            with pytest.raises(ArgumentError, match="the journal's own. Name it otherwise"):
                journal.text(name, "nothing")
        journal.saved("../evil", lambda path: path.mkdir())
        outside = tmp_path / "b.txt"
        outside.write_text("b")
        for path in (outside, journal.folder / ".." / "b.txt"):
            with pytest.raises(ArgumentError, match="does not lie in the run's folder"):
                journal.artifact(path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [journal.folder.name, "b.txt"]
    assert read(journal.folder).status == "FINISHED"


def test_a_file_has_one_name_and_a_name_one_file(tmp_path):
    with Journal("forecast/x", "a", root=tmp_path) as journal:
        journal.text("a/b", "first")
        journal.text("a/b", "again")
        with pytest.raises(ArgumentError, match="'a b' cannot be the file a-b: 'a/b' has that"):
            journal.text("a b", "other")
        journal.picture("c", Figure())
        with pytest.raises(ArgumentError, match=r"c\.png: 'c' has that name"):
            journal.text("c.png", "no picture")
        journal.picture("d", Figure(), step=1)
        journal.picture("d", Figure(), step=2)
    assert (journal.folder / "a-b").read_text() == "again"


@pytest.mark.parametrize("letter", ["a", "é", "𝔸"])
def test_long_names_are_cut(tmp_path, letter):
    with Journal("forecast/x", letter * 300, root=tmp_path) as journal:
        journal.text(letter * 300 + ".csv", "a")
        journal.picture(letter * 300, Figure(), step=3)
    names = [path.name for path in journal.folder.iterdir()]
    assert [name[-11:] for name in names if name.endswith(".png")] == ["-000003.png"]
    assert read(journal.folder).status == "FINISHED"


def test_a_run_that_breaks_says_where():
    journal = Journal("forecast/x", "a")
    with pytest.raises(ValueError, match="no"), journal:
        raise ValueError("no postgresql://anna:secret@db")
    end = journal.events[-1].data
    assert (end["error"], end["type"]) == ("no postgresql://db", "ValueError")
    assert end["traceback"].startswith("Traceback (most recent call last)")
    assert "test_a_run_that_breaks_says_where" in end["traceback"]
    assert "secret@db" not in str(end)


def test_runs_of_one_uid_have_temporary_folders_of_their_own():
    """That of a process that was killed is there still."""
    first, second = (Journal("forecast/x", "a", uid="a" * 32) for _ in range(2))
    with first, second:
        assert first.folder != second.folder


def test_a_fit_ends_where_its_journal_cannot_be_written(tmp_path):
    resource = pytest.importorskip("resource")
    with Journal("forecast/x", "full", root=tmp_path) as journal:
        patient = PatientRecorder(journal)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))
        try:
            for step in range(100):
                patient.metrics({"train/loss": 1.0}, step)
            patient.picture("a", Figure())
            patient.series("b", [1.0])
            patient.parameters({"c": 1})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        patient.text("c.txt", "c")  # there is room again: after a gap nothing is logged
        with pytest.raises(JournalError, match=r"events\.jsonl cannot be written: File too large"):
            patient.complain()
    stored = read(journal.folder)
    steps = [event.data["step"] for event in stored.events if event.kind == "metrics"]
    assert steps == list(range(len(steps))) and len(steps) < 30
    assert {event.kind for event in stored.events} == {"start", "metrics", "end"}
