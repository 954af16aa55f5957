import numpy as np
import pytest
from matplotlib.figure import Figure
from rnnzoo.experiments.journal import Journal


def test_events_come_in_order_and_reach_the_listeners():
    heard = []
    with Journal("forecast/x", "a", {"k": "v"}, (lambda journal, event: heard.append(event),)) as j:
        j.parameters({"units": 4})
        j.metrics({"train/loss": 0.5}, step=1)
        j.series("horizon/mae", np.array([1.0, 2.0]))
    assert heard == j.events
    assert [event.kind for event in heard] == ["start", "parameters", "metrics", "series", "end"]
    told = {"experiment": "forecast/x", "run": "a", "tags": {"k": "v"}}
    assert heard[0].data == told | {"uid": j.uid, "parent": None, "format": 1}
    assert heard[3].data == {"name": "horizon/mae", "values": [1.0, 2.0]}
    assert heard[-1].data["status"] == "FINISHED"
    assert [e.time for e in heard] == sorted(e.time for e in heard)


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
