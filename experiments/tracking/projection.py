"""What the events of a journal are in MLflow. All of it may be written again: nothing is twice."""

import json
import math
import re
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking.multimedia import compress_image_size

from ...errors import JournalError
from ...pipelines.storage.names import short
from ..journal.places import existing
from ..journal.records import Event
from .store import EVENTS, PARENT, UID, Found, Store

METRICS, PARAMS = 1000, 100  # that MLflow takes in one call
VALUE = 6000  # characters that MLflow takes in one parameter
TAG = 8000  # and in one tag
RUN = 250  # and in the name of a run
DATASET = 500  # and in that of a data set
IMAGE = 100  # bytes of an image's name in that of its file
PIXELS = 2**25  # of an image: a small file may hold billions
DIED = "The process ended without a word: its journal has no end."
BROKEN = ("error", "error.type", "error.traceback", "diverged")  # tags of a run that broke


class Deleted(JournalError):
    """Somebody deleted the run in the store."""


class Projection:
    """Writes the events of one journal to a store, each with its own time.

    Args:
        store: Where to.
        folder: Folder of the run.

    Attributes:
        run: MLflow's id of the run, once there is one.
        status: Status of the run, in MLflow's words.
        uploaded: Number of events that are in the store.
        added: Number of these that were not there before.
    """

    def __init__(self, store: Store, folder: Path):
        self.store, self.folder = store, folder
        self.client = store.client
        self.run = ""
        self.status = "RUNNING"
        self.uploaded = self.added = 0
        self._reset()

    def _reset(self) -> None:
        self._metrics: list[Metric] = []
        self._params: list[Param] = []
        self._tags: dict[str, str] = {}

    def upload(self, events: Sequence[Event]) -> None:
        """Uploads the events that are not in the store.

        Args:
            events: All events of the journal up to now, from its start.

        Raises:
            Deleted: the run was deleted in the store, where it stays so.
            JournalError: a file of the run is missing, or events that the store has.
            One of `FAULTS`: the store failed. What has arrived is known, and not sent again.
        """
        self._reset()
        if not self.run:
            self._begin(events)
        for number, event in enumerate(events[self.uploaded :], start=self.uploaded + 1):
            self._gather(event)
            if event.kind in ("image", "artifact", "dataset", "resume", "end"):
                self._send(number - 1)
                self._at_once(event)
        self._send(len(events), last=True)
        last = events[-1]
        if last.kind == "end" and self.status != last.data["status"]:
            self.terminate(last.data["status"], last)

    def terminate(self, status: str, last: Event) -> None:
        """Ends the run in MLflow at the time of its last event."""
        self.client.set_terminated(self.run, status, end_time=_milliseconds(last))
        self.status = status

    def mark_killed(self, last: Event) -> None:
        """Ends a run whose process died."""
        if self.status == "RUNNING":
            self.client.log_batch(self.run, tags=[RunTag("error", DIED)])
            self.terminate("KILLED", last)

    def _begin(self, events: Sequence[Event]) -> None:
        """Finds the run of the journal, or makes it."""
        start = events[0].data
        experiment = self.store.experiment(start["experiment"])
        found = self.store.find(experiment, start["uid"])
        if found is not None:
            self._continue(found, len(events))
        else:
            self.run = self._create(experiment, events[0])
        if start["parent"] and not (found and found.parent):
            self._set_parent(experiment, start["parent"])

    def _continue(self, found: Found, written: int) -> None:
        """Continues where the store left off."""
        if found.deleted:
            raise Deleted(
                f"The run of {self.folder} was deleted in {self.store.uri}: restore it there "
                "(mlflow gc would remove it for good), or delete the folder."
            )
        if found.events > written:
            raise JournalError(
                f"The journal in {self.folder} holds {written} events, of which {found.events} are "
                f"in {self.store.uri}: its end is lost. Restore the file from a copy."
            )
        self.run, self.uploaded, self.status = found.run, found.events, found.status

    def _create(self, experiment: str, event: Event) -> str:
        start = event.data
        tags = {key: text[:TAG] for key, text in start["tags"].items()}
        tags |= {UID: start["uid"], "mlflow.runName": start["run"][:RUN]}
        if "color" in tags:  # MLflow's own choice gives several runs one color
            tags["mlflow.runColor"] = tags.pop("color")
        if "commit" in tags:
            tags["mlflow.source.git.commit"] = tags.pop("commit")
        when = _milliseconds(event)
        run = self.client.create_run(experiment, start_time=when, tags=tags)
        return str(run.info.run_id)

    def _set_parent(self, experiment: str, uid: str) -> None:
        """Puts the run under its parent, as soon as that is in the store."""
        parent = self.store.find(experiment, uid)
        if parent is not None and not parent.deleted:
            self.client.set_tag(self.run, PARENT, parent.run)

    def _gather(self, event: Event) -> None:
        """Adds an event to the batch that is sent next."""
        data, when = event.data, _milliseconds(event)
        if event.kind == "parameters":
            self._params += [Param(k, str(v)[:VALUE]) for k, v in data["values"].items()]
        elif event.kind == "metrics":
            self._numbers(data["values"], when, data["step"])
        elif event.kind == "series":
            values = enumerate(data["values"], start=1)
            self._metrics += [
                Metric(data["name"], v, when, lead) for lead, v in values if math.isfinite(v)
            ]
        elif event.kind == "note":
            self._tags["mlflow.note.content"] = data["text"][:TAG]
        elif event.kind == "image":
            self._tags["mlflow.loggedImages"] = "True"
        elif event.kind == "end":
            self._error(data)

    def _error(self, data: dict[str, Any]) -> None:
        """Tags of a run that broke; older journals have its text alone."""
        tags = {"error": data["error"], "diverged": data["error"] if data["diverged"] else ""}
        tags |= {f"error.{key}": data.get(key, "") for key in ("type", "traceback")}
        self._tags |= {key: text[:VALUE] for key, text in tags.items() if text}

    def _numbers(self, values: dict[str, float], when: int, step: int | None) -> None:
        """Numbers that are finite are metrics.

        Those of a whole run that are NaN are undefined, such as the scaled error of a constant
        series; everything else that is not finite has diverged.
        """
        for key, value in values.items():
            if math.isfinite(value):
                self._metrics.append(Metric(key, value, when, step or 0))
            elif step is not None or math.isinf(value):
                at = "" if step is None else f" at step {step}"
                self._tags.setdefault("diverged", f"{key} is {value}{at}")

    def _send(self, uploaded: int, last: bool = False) -> None:
        """One call for all that was gathered; it also writes how many events the store holds."""
        gathered = self._metrics or self._params or self._tags
        if not gathered and not (last and uploaded > self.uploaded):
            return
        while len(self._metrics) > METRICS or len(self._params) > PARAMS:
            metrics, self._metrics = self._metrics[:METRICS], self._metrics[METRICS:]
            params, self._params = self._params[:PARAMS], self._params[PARAMS:]
            self.client.log_batch(self.run, metrics, params)
        tags = [RunTag(key, value) for key, value in (self._tags | {EVENTS: str(uploaded)}).items()]
        self.client.log_batch(self.run, self._metrics, self._params, tags)
        self._reset()
        self.added += uploaded - self.uploaded
        self.uploaded = uploaded

    def _at_once(self, event: Event) -> None:
        """What MLflow takes one by one."""
        data = event.data
        if event.kind == "image":
            self._image(event)
        elif event.kind == "artifact":
            path = existing(self.folder, data["path"])
            if path.is_dir():
                self.client.log_artifacts(self.run, str(path), path.name)
            else:
                self.client.log_artifact(self.run, str(path))
        elif event.kind == "dataset":
            self.client.log_inputs(self.run, [_input(data)])
        elif event.kind == "resume":
            self.client.update_run(self.run, "RUNNING")
            self.status = "RUNNING"
            for key in self.client.get_run(self.run).data.tags.keys() & set(BROKEN):
                self.client.delete_tag(self.run, key)

    def _image(self, event: Event) -> None:
        """What `log_image` writes, but under a name that is the same each time."""
        name, step = event.data["name"], event.data["step"]
        unique = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.run} {name} {step} {event.time}")
        key = short(re.sub(r"[^\w\-. ~]", "-", name.replace("/", "~")), IMAGE)
        stem = f"{key}+step+{step}+timestamp+{_milliseconds(event)}+{unique}"
        path = existing(self.folder, event.data["path"])
        with tempfile.TemporaryDirectory() as folder:
            _compressed(path, Path(folder) / f"{stem}+compressed.webp")
            (Path(folder) / f"{stem}.png").write_bytes(path.read_bytes())
            self.client.log_artifacts(self.run, folder, "images")


def _compressed(path: Path, small: Path) -> None:
    """A copy of a PNG as MLflow's dashboard shows it first."""
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.width * image.height > PIXELS:
                raise ValueError(f"it has more than {PIXELS:,} pixels")
            compress_image_size(image).save(small)
    except Exception as error:  # of a damaged picture Pillow raises errors of many kinds
        raise JournalError(f"{path} is no picture that can be uploaded: {error}.") from error


def _input(data: dict[str, Any]) -> DatasetInput:
    about = json.dumps(data["about"])
    dataset = Dataset(
        name=data["name"][:DATASET],
        digest=data["digest"],
        source_type="rnnzoo",
        source=json.dumps({"name": data["name"]}),
        profile=about,
    )
    return DatasetInput(dataset, [InputTag("mlflow.data.context", data["use"])])


def _milliseconds(event: Event) -> int:
    return int(event.time * 1000)
