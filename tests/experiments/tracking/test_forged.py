"""Runs from strangers: what a journal names, and what it holds behind a right checksum."""

import io
import json
import os
import uuid
import zipfile
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rnnzoo import ArgumentError, JournalError
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.journal.lock import LOCK
from rnnzoo.experiments.journal.records import EVENTS, first_event, read
from rnnzoo.experiments.tracking import sync
from typer.testing import CliRunner

ODD = "a\x1b[31m\u202e"
TEXT: Any = {"a": "abc"}
NESTED = json.loads("[" * 200 + "]" * 200)
SECRET = "PRIVATE KEY of the victim"
END = ("end", {"status": "FINISHED", "error": "", "diverged": False})


def start(**changes):
    about = {"experiment": "forecast/forged", "run": "r", "tags": {}, "parent": None, "format": 2}
    return "start", about | {"uid": uuid.uuid4().hex} | changes


def raw(body, n=1):
    """A record of any bytes, with the length and the checksum that it should have."""
    return b"%08x %08x %s\n" % (len(body), zlib.crc32(body), body)


def record(n, kind, data, **changes):
    whole = {"n": n, "kind": kind, "time": 1.8e9, "data": data} | changes
    return raw(json.dumps(whole).encode())


def forged(root, name, *events, **changes):
    """The folder of a run with these events: pairs of kind and data, or whole lines."""
    folder = root / f"20260101-000000-{name}-{uuid.uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    lines = [one if isinstance(one, bytes) else record(n, *one) for n, one in enumerate(events)]
    (folder / EVENTS).write_bytes(b"".join(lines))
    return folder


def without(key):
    kind, data = start()
    return kind, {name: value for name, value in data.items() if name != key}


def artifact(path):
    return [start(), ("artifact", {"path": path}), END]


def metrics(values, **more):
    return [start(), ("metrics", {"values": values, "step": None} | more), END]


def image(**changes):
    return [start(), ("image", {"path": "ok.png", "name": "x", "step": 1} | changes), END]


def dataset(**changes):
    about = {"name": "d", "digest": "d", "use": "training", "about": {}}
    return [start(), ("dataset", about | changes), END]


def one(body):
    return [start(), raw(body), END]


#: Journals whose checksums are right, and which are wrong all the same.
WRONG = {
    "a path out of the folder": artifact("../../id_rsa"),
    "an absolute path": artifact("/etc/passwd"),
    "the folder above": artifact(".."),
    "the folder itself": artifact("."),
    "a path with a back and forth": artifact("a/../../id_rsa"),
    "a hidden file": artifact(".ssh"),
    "a path with a NUL": artifact("a\0b"),
    "a path of Windows": artifact("..\\id_rsa"),
    "a path too long": artifact("a" * 5000),
    "a path that is no text": artifact(["a"]),
    "an image out of the folder": image(path="../../id_rsa"),
    "an image that is a text": image(path="notes.txt"),
    "an image of billions of pixels": image(path="bomb.png"),
    "an image without a step": image(step=None),
    "a uid with quotes": [start(uid="x' or '1'='1"), END],
    "a uid that is a pattern": [start(uid="*" * 32), END],
    "no uid": [without("uid"), END],
    "a parent that is injected": [start(parent="x' and tags.a = 'b"), END],
    "tags that are a list": [start(tags=[]), END],
    "a tag that is no text": [start(tags={"a": {"b": 1}}), END],
    "a tag of MLflow": [start(tags={"mlflow.user": "root"}), END],
    "a tag of ours": [start(tags={"rnnzoo.events": "999"}), END],
    "a tag that is found again": [start(tags={"Run_UID": "f" * 32}), END],
    "an experiment without a name": [start(experiment=""), END],
    "an experiment that is none": [start(experiment=None), END],
    "an experiment with a long name": [start(experiment="a" * 5000), END],
    "a run with a long name": [start(run="a" * 5000), END],
    "half a character": [start(run="\ud800"), END],
    "metrics that are a list": metrics([1, 2]),
    "a metric that is text": metrics({"a": "abc"}),
    "a metric that is a list": metrics({"a": [1.0]}),
    "a metric too large": metrics({"a": 10**400}),
    "a metric with a name that no store takes": metrics({"a/../../b": 1.0}),
    "a metric with a long name": metrics({"x" * 400: 1.0}),
    "a metric without a name": metrics({"": 1.0}),
    "a step too large": metrics({"a": 1.0}, step=10**30),
    "a step below zero": metrics({"a": 1.0}, step=-1),
    "a step that is text": metrics({"a": 1.0}, step="1"),
    "metrics without a step": [start(), ("metrics", {"values": {"a": 1.0}}), END],
    "a series of text": [start(), ("series", {"name": "s", "values": ["a"]}), END],
    "a series that is a number": [start(), ("series", {"name": "s", "values": 3}), END],
    "parameters that are text": [start(), ("parameters", {"values": "a=1"}), END],
    "a parameter with an odd name": [start(), ("parameters", {"values": {"../x": "1"}}), END],
    "a parameter nested deeply": [start(), ("parameters", {"values": {"a": NESTED}}), END],
    "a data set with a long digest": dataset(digest="d" * 99),
    "a data set about nothing": dataset(about=3),
    "a note that is none": [start(), ("note", {"text": None}), END],
    "an unknown kind": [start(), ("__import__('os')", {"a": 1}), END],
    "a kind that is a list": [start(), (["end"], {}), END],
    "an odd status": [start(), ("end", {"status": "ROOT", "error": "", "diverged": False})],
    "a status that is a list": [start(), ("end", {"status": [], "error": "", "diverged": False})],
    "no status": [start(), ("end", {})],
    "no data": one(b'{"n":1,"kind":"metrics","time":1}'),
    "data that are a list": [start(), ("metrics", []), END],
    "a list": one(b"[1]"),
    "a number": one(b"1"),
    "no JSON": one(b"{{{"),
    "JSON without an end": one(b"[" * 200_000),
    "a number of many digits": one(b'{"n":' + b"1" * 9000 + b"}"),
    "a time that is text": [start(), record(1, *metrics({"a": 1.0})[1], time="soon"), END],
    "a time that is far": [start(), record(1, *metrics({"a": 1.0})[1], time=1e300), END],
    "a time before all": [start(), record(1, *metrics({"a": 1.0})[1], time=-1e12), END],
    "no UTF-8": one(b'{"n":1,"kind":"\xff"}'),
    "no format": [without("format"), END],
    "a format that is text": [start(format="2"), END],
    "a format of the future": [start(format=99), END],
    "a future of another shape": [record(0, "start", {"format": 3, "id": 1}), record(1, "stop", 0)],
    "nothing but a number": [b"0" * 1000 + b"\n"],
    "another beginning": [("note", {"text": "a"}), END],
}  # fmt: skip


def sound(root, name):
    with Journal("forecast/forged", name, root=root) as journal:
        journal.metrics({"test/mae": 1.0})
        journal.text("table.csv", "a\n")
    return journal.folder


def test_whatever_a_journal_holds_it_is_an_error_of_its_own_and_stops_no_other(store, tmp_path):
    root = tmp_path / "runs"
    before = sound(root, "before")
    (tmp_path / "id_rsa").write_text(SECRET)
    folders = {
        name: forged(root, f"r{k}", *events) for k, (name, events) in enumerate(WRONG.items())
    }
    huge = Image.new("1", (20_000, 20_000))
    for folder in folders.values():
        (folder / "notes.txt").write_text("no picture")
        Image.new("L", (9, 9)).save(folder / "ok.png")
    huge.save(folders["an image of billions of pixels"] / "bomb.png")
    after = sound(root, "zz")
    done = sync(root, store.uri)
    assert done.runs == 2 and done.running == []
    said = "\n".join(map(str, done.damaged))
    missed = [name for name, folder in folders.items() if folder.name not in said]
    assert missed == [] and len(done.damaged) == len(WRONG)
    assert "has format 99" in said and "has format 3, this rnnzoo reads" in said
    assert "Traceback" not in said and SECRET not in said
    uploaded = artifacts(store)
    assert {"table.csv"} == {path.name for path in uploaded}
    assert before.is_dir() and after.is_dir()


def artifacts(store):
    folder = store.database.parent / "mlartifacts"
    return [path for path in folder.rglob("*") if path.is_file() and "forged" in str(path)]


def linked(folder, path):
    path.symlink_to(folder.parent.parent / "id_rsa")


def test_no_link_is_followed(store, tmp_path):
    root = tmp_path / "runs"
    secret = tmp_path / "id_rsa"
    secret.write_text(SECRET)
    os.chmod(secret, 0o644)
    whole = sound(root, "whole")
    linked(whole, forged(root, "file", *artifact("leak.txt")) / "leak.txt")
    inside = forged(root, "inside", *artifact("model"))
    (inside / "model").mkdir()
    linked(inside, inside / "model" / "weights.npz")
    above = forged(root, "above", *artifact("model/id_rsa"))
    (above / "model").symlink_to(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (root / "20260101-000000-folder-aaaaaaaaaaaa").symlink_to(
        forged(tmp_path / "elsewhere", "other", start(), END)
    )
    journal = forged(root, "journal", start(), END)
    (journal / EVENTS).rename(tmp_path / "moved")
    (journal / EVENTS).symlink_to(tmp_path / "moved")
    lock = forged(root, "lock", start(), END)
    linked(lock, lock / LOCK)
    dangling = forged(root, "dangling", start(), END)
    (dangling / LOCK).symlink_to(tmp_path / "made")
    pipe = forged(root, "pipe", *artifact("pipe"))
    os.mkfifo(pipe / "pipe")
    first = forged(root, "first", start(), END)
    (first / EVENTS).unlink()
    os.mkfifo(first / EVENTS)
    done = sync(root, store.uri)
    assert (done.runs, len(done.damaged)) == (1, 9)
    assert all(isinstance(error, JournalError) for error in done.damaged)
    assert secret.read_text() == SECRET and not (tmp_path / "made").exists()
    assert not [path for path in artifacts(store) if SECRET in path.read_text("latin-1")]


def test_a_run_with_a_link_in_it_is_not_continued(tmp_path):
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    folder = sound(tmp_path / "runs", "a")
    (folder / "leaderboard.csv").symlink_to(victim)
    with pytest.raises(JournalError, match=r"leaderboard\.csv is a symbolic link"):
        Journal.reopened(folder).__enter__()
    assert victim.read_text() == "mine"
    (folder / "leaderboard.csv").unlink()
    with Journal.reopened(folder) as again:
        again.text("leaderboard.csv", "a")


def test_what_is_too_large_is_not_read(tmp_path):
    folder = forged(tmp_path, "large", start())
    with (folder / EVENTS).open("r+b") as file:
        file.truncate(2**40)  # a file with a hole: no byte on the disk
    assert first_event(folder).kind == "start"
    with pytest.raises(JournalError, match="has more than 128 MiB"):
        read(folder)


def test_what_no_reader_would_take_is_not_written(tmp_path):
    with Journal("forecast/x", "a", {"name": "caf\udce9.csv"}, root=tmp_path) as journal:
        for call in (
            lambda: journal.metrics(TEXT),
            lambda: journal.metrics({"a": 1.0}, step=1.5),
            lambda: journal.metrics({"a": 1.0}, step=-1),
            lambda: journal.parameters({"a" * 5000: 1}),
            lambda: journal.note("a" * 2**24),
        ):
            with pytest.raises(ArgumentError, match="cannot be logged"):
                call()
        odd = journal.folder / "a:b.txt"
        odd.write_text("a")
        with pytest.raises(ArgumentError, match="Rename it"):
            journal.artifact(odd)
        numbers: Any = {"a": np.float32(1.0)}
        journal.metrics(numbers, step=np.int64(2))
    stored = read(journal.folder)
    assert [event.kind for event in stored.events] == ["start", "metrics", "end"]
    assert stored.events[0].data["tags"] == {"name": "caf\\udce9.csv"}
    for tags in ({"mlflow.user": "root"}, {"a": 3}):
        journal = Journal("forecast/x", "b", tags, root=tmp_path)
        with pytest.raises(ArgumentError, match="start: tags"), journal:
            pass
        assert not journal.folder.exists()


#: Parameters that a table of runs takes for numbers, or for what a run is.
PARAMETERS = {"lookback": "abc", "weights": "1e400", "horizon": "x", "seed": "\x1b[31m", "run": "x",
              "name": "x", "started": "soon", "experiment": "x", "experiment_id": "x",
              "ranked_by": "../x", "unit": "\u202e", "split.test_rows": "y",
              "target": "t", "split.test_start": "s", "split.test_clips": "c", "frame": "f",
              "context": "d"}  # fmt: skip
ERRORS = ["[" * 100_000, "3", "{}", '{"of": 1, "where": [1], "values": [[1]], "overlap": 0}',
          '{"of": "origin", "where": ["a"], "values": [1, 2], "overlap": 1}',
          '{"of": "origin", "where": ["a"], "values": [1e999], "overlap": 1}']  # fmt: skip


def test_what_a_stranger_logged_stops_no_comparison(store, tmp_path, monkeypatch):
    root = tmp_path / "runs"
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in ("context", "truth", "forecast"):
            archive.writestr(f"{part}.npy", bytes(2**27))
    for kind, content in (("forecast", b""), ("frames", bomb.getvalue())):
        for k, errors in enumerate(ERRORS):
            with Journal(f"{kind}/odd", f"r{k}", {"study": "s", "cell": ODD}, root=root) as journal:
                journal.parameters(PARAMETERS | {"seed": str(k)} if k else PARAMETERS)
                journal.metrics({"test/mae": 10.0**k * 1e100, "test/mse": 1.0, "weights": 1.5})
                journal.text("errors.json", errors)
                journal.file("roll-out.npz", partial(Path.write_bytes, data=content))
    assert sync(root, store.uri).damaged == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.chdir(tmp_path)
    for kind in ("forecast", "frames"):
        for more in (["--html", "page.html"], ["--all"]):
            done = CliRunner().invoke(app, ["compare", f"{kind}/odd", *more])
            assert done.exit_code == 0, done.output
            assert "\x1b" not in done.output and "\u202e" not in done.output
