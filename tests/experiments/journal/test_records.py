"""The file of a journal: what is written is there, and what is not as it was written is found."""

import os
import random
import re
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from rnnzoo import JournalError
from rnnzoo.experiments.journal import Journal
from rnnzoo.experiments.journal.lock import RunLock
from rnnzoo.experiments.journal.records import EVENTS, folders, read


@pytest.fixture
def run(tmp_path):
    """A journal of a few records, on disk."""
    with Journal("forecast/x", "a", {"k": "ä"}, root=tmp_path) as journal:
        journal.parameters({"delays": (1, 2), "units": np.int64(4), "rate": 0.1})
        journal.metrics({"train/loss": 0.5, "val/mae": float("nan")}, step=1)
        journal.series("horizon/mae", np.array([1.0, np.inf]))
        journal.text("table.csv", "a\n")
    return journal


def test_what_is_written_is_what_is_read(run):
    stored = read(run.folder)
    assert repr(stored.events) == repr(tuple(run.events))  # NaN is not equal to itself
    assert [event.kind for event in stored.events] == [
        "start", "parameters", "metrics", "series", "artifact", "end",
    ]  # fmt: skip
    assert stored.events[1].data["values"] == {"delays": [1, 2], "units": 4, "rate": 0.1}
    assert np.isnan(stored.events[2].data["values"]["val/mae"])
    assert stored.events[3].data["values"] == [1.0, float("inf")]
    assert (stored.uid, stored.status, stored.torn) == (run.uid, "FINISHED", 0)
    assert list(folders(run.root)) == [run.folder]
    assert run.uid[:12] in run.folder.name


def test_each_bit_that_flips_is_found(run):
    path = run.folder / EVENTS
    content = path.read_bytes()
    line = 1
    for place, byte in enumerate(content):
        for bit in range(8):
            flipped = bytes([byte ^ (1 << bit)])
            path.write_bytes(content[:place] + flipped + content[place + 1 :])
            with pytest.raises(JournalError, match=re.escape(str(path))) as caught:
                read(run.folder)
            assert f"in line {line}:" in str(caught.value)
        line += byte == ord("\n")


def test_wherever_it_is_cut_off_the_whole_records_are_read(run):
    path = run.folder / EVENTS
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        stored = read(run.folder)
        whole = content[:length].count(b"\n")
        assert repr(stored.events) == repr(tuple(run.events[:whole]))
        assert stored.torn == length - (content[:length].rfind(b"\n") + 1)


@pytest.mark.parametrize(
    "change",
    {
        "missing": lambda lines: lines[:2] + lines[3:],
        "twice": lambda lines: lines[:2] + lines[1:],
        "exchanged": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        "the first missing": lambda lines: lines[1:],
        "of another format": lambda lines: [lines[0].replace(b'"format": 2', b'"format": 1')],
    }.items(),
    ids=lambda item: item[0],
)
def test_lines_that_are(run, change):
    path = run.folder / EVENTS
    path.write_bytes(b"".join(change[1](path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(JournalError, match="line"):
        read(run.folder)


def test_no_journal(tmp_path):
    with pytest.raises(JournalError, match="No such file"):
        read(tmp_path)
    assert list(folders(tmp_path / "nowhere")) == []


def test_a_run_is_continued(run):
    with (run.folder / EVENTS).open("ab") as file:
        file.write(b"0000")  # half a record of a process that died
    journal = Journal.reopened(run.folder)
    with journal:
        journal.metrics({"train/loss": 0.4}, step=2)
    stored = read(run.folder)
    assert [event.kind for event in stored.events[-3:]] == ["resume", "metrics", "end"]
    assert (stored.uid, stored.torn, len(stored.events)) == (run.uid, 0, 9)


def test_a_run_that_is_written_is_locked(tmp_path):
    probe = (
        "import sys; from pathlib import Path\n"
        "from rnnzoo.experiments.journal.lock import RunLock\n"
        "print(RunLock(Path(sys.argv[1])).hold())"
    )

    def another_may_hold(folder):
        command = [sys.executable, "-c", probe, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip() == "True"

    with Journal("forecast/x", "a", root=tmp_path) as journal:
        assert not another_may_hold(journal.folder)
        assert journal.lock.hold()  # so does who uploads it
    assert not another_may_hold(journal.folder)
    thread = threading.Thread(target=journal.lock.release)
    thread.start()
    thread.join()
    assert another_may_hold(journal.folder)


def test_who_only_looks_at_a_run_does_not_stop_it(run):
    lock = RunLock(run.folder)
    assert lock.hold()
    timer = threading.Timer(0.3, lock.release)
    timer.start()
    with Journal.reopened(run.folder) as again:
        again.metrics({"train/loss": 0.4}, step=2)
    timer.join()
    assert lock.hold()
    with pytest.raises(JournalError, match="still written"), Journal.reopened(run.folder):
        pass
    lock.release()


def test_a_lock_is_free_when_its_process_was_killed(tmp_path):
    with started(WRITER, tmp_path) as process:
        process.stdout.readline()
        process.kill()
    (folder,) = folders(tmp_path)
    lock = RunLock(folder)
    assert lock.hold()
    lock.release()


WRITER = """
import sys
from pathlib import Path
from rnnzoo.experiments.journal import Journal
with Journal("forecast/x", "killed", root=Path(sys.argv[1])) as journal:
    for step in range(1, 1_000_000):
        journal.metrics({"train/loss": 1 / step, "val/mae": 2 / step}, step=step)
        print(step, flush=True)  # `metrics` returned, so on the disk
"""


def started(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_at_random(folder, rng):
    """Steps that are on the disk, as the process said before it was killed."""
    with started(WRITER, folder) as process:
        for _ in range(rng.randrange(1, 60)):
            process.stdout.readline()
        threading.Event().wait(rng.random() / 500)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().split("\n")
    numbers = [int(line) for line in rest if line]
    return numbers[-1] if numbers else 1


def check_killed(tmp_path, rng):
    last = killed_at_random(tmp_path, rng)
    (folder,) = folders(tmp_path)
    stored = read(folder)
    steps = [event.data["step"] for event in stored.events[1:]]
    assert steps == list(range(1, len(steps) + 1))  # none missing, none twice
    assert len(steps) >= last
    return len(steps), stored.torn


@pytest.mark.slow
def test_killed_at_any_moment_what_was_written_is_there(tmp_path):
    check_killed(tmp_path, random.Random(0))


@pytest.mark.soak
def test_killed_two_hundred_times(tmp_path, capsys):
    rng = random.Random(1)
    found = [check_killed(tmp_path / str(k), rng) for k in range(200)]
    with capsys.disabled():
        print(
            f"\nkill -9: {len(found)} processes, {sum(n for n, _ in found):,} events, all there, "
            f"none twice; {sum(torn > 0 for _, torn in found)} torn records"
        )


@pytest.mark.soak
def test_ten_thousand_random_faults_of_the_file(run, capsys):
    path = run.folder / EVENTS
    content, rng = path.read_bytes(), random.Random(2)
    errors = 0
    for _ in range(10_000):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 2, 8])):
            damaged[rng.randrange(len(damaged))] ^= rng.randrange(1, 256)
        cut = rng.choice([len(damaged), rng.randrange(len(damaged))])
        path.write_bytes(damaged[:cut])
        try:
            stored = read(run.folder)
        except JournalError:
            errors += 1
        else:  # what was damaged was cut off, or is in the record that is not whole
            assert repr(stored.events) == repr(tuple(run.events[: len(stored.events)]))
            assert len(stored.events) < len(run.events)
    with capsys.disabled():
        print(f"\nfaults of the file: 10,000, {errors:,} errors, the others in torn records")


FULL = """
import resource, sys
from pathlib import Path
from rnnzoo.experiments.journal import Journal
with Journal("forecast/x", "full", root=Path(sys.argv[1])) as journal:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        {act}
    except Exception as error:
        print(type(error).__name__, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.text("after.txt", "there is room again")
"""
ACTS = {
    "journal": "for k in range(999): journal.metrics({'train/loss': 1.0}, step=k)",
    "text": "journal.text('big.csv', 'x' * 9000)",
    "picture": "import numpy as np; from matplotlib.figure import Figure; figure = Figure();"
    " figure.figimage(np.random.rand(99, 99)); journal.picture('big', figure)",
    "animation": "import numpy as np;"
    " journal.animation('big', (np.random.rand(9, 64, 64, 3) * 255).astype('uint8'))",
    "folder": "import numpy as np; journal.saved('big', lambda path: (path.mkdir(),"
    " np.save(path / 'w.npy', np.zeros(9999))))",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ACTS)
def test_a_full_disk(tmp_path, what):
    script = FULL.replace("{act}", ACTS[what])
    with started(script, tmp_path) as process:
        said, complaints = process.communicate()
    assert process.returncode == 0, complaints
    assert said.startswith("JournalError "), said
    (folder,) = folders(tmp_path)
    named = folder / (EVENTS if what == "journal" else "big")
    assert str(named) in said
    assert "Free some space" in said
    stored = read(folder)  # whole: what did not fit was cut off again
    assert (stored.status, stored.torn) == ("FINISHED", 0)
    assert (folder / "after.txt").read_text() == "there is room again"
    assert not [path for path in folder.iterdir() if "unfinished" in path.name]


def test_a_journal_where_no_folder_can_be(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(JournalError, match="cannot be written"),
        Journal("forecast/x", "a", root=tmp_path / "file"),
    ):
        pass
    assert os.listdir(tmp_path) == ["file"]


def test_a_journal_that_is_not_open(tmp_path):
    with pytest.raises(JournalError, match="not open"):
        Journal("forecast/x", "a", root=tmp_path).metrics({"a": 1.0})
