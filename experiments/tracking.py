"""Runs in MLflow: the one place that imports it.

MLflow follows a run's journal event by event and takes all it knows from the events,
each with its own time, and from the files in the run's folder.
"""

import contextlib
import hashlib
import logging
import os
import sqlite3
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from filelock import FileLock
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from ..errors import TrackingError
from .files import slug
from .journal import Event, Journal
from .tasks import TASKS, VIEW, task_of, view_state

logger = logging.getLogger("rnnzoo")
for chatty in ("alembic", "mlflow"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

DEFAULT_URI = "sqlite:///mlflow.db"
FAULTS = (MlflowException, SQLAlchemyError, OSError, sqlite3.Error)
BATCH = 1000  # metrics that MLflow takes in one call
VALUE = 6000  # characters that MLflow takes in one parameter


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, or a SQLite file in the working directory."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI


class Store:
    """An MLflow tracking store.

    A SQLite file that is not there yet is made whole under a lock, then put in its
    place; its artifacts lie in `mlartifacts` beside it.

    Args:
        uri: by default `tracking_uri()`.

    Raises:
        TrackingError: the store cannot be opened.
    """

    def __init__(self, uri: str | None = None):
        self.uri = uri or tracking_uri()
        try:
            if self.database is not None:
                _create_once(self.database)
            self.client = mlflow.MlflowClient(self.uri)
            self.client.search_experiments(max_results=1)
        except FAULTS as error:
            raise TrackingError(
                f"The tracking store {self.uri} cannot be used: {_first_line(error)}. "
                "Set MLFLOW_TRACKING_URI, or run with --no-tracking."
            ) from error

    @property
    def database(self) -> Path | None:
        """The file of a SQLite store."""
        prefix = "sqlite:///"
        return Path(self.uri[len(prefix) :]).resolve() if self.uri.startswith(prefix) else None

    def experiment(self, name: str) -> str:
        """The id of an experiment, made if it is not there."""
        found = self.client.get_experiment_by_name(name)
        if found is None:
            where = None
            if self.database is not None:
                where = (self.database.parent / "mlartifacts" / slug(name)).as_uri()
            # another process may have made it in between: then it is there now
            with contextlib.suppress(MlflowException):
                return str(self.client.create_experiment(name, where, _experiment_tags(name)))
            found = self.client.get_experiment_by_name(name)
        if found is None or found.lifecycle_stage != "active":
            raise TrackingError(f"The experiment {name} is deleted in {self.uri}: restore it.")
        return str(found.experiment_id)

    def projection(self) -> "Projection":
        """A listener for the journal of one run."""
        return Projection(self)

    def experiments(self) -> list[str]:
        """Names of the experiments that hold runs of rnnzoo."""
        names = [e.name for e in self.client.search_experiments()]
        return sorted(name for name in names if name.partition("/")[0] in TASKS)

    def runs(self, experiment: str) -> pd.DataFrame:
        """Finished runs: `run, name, started`, tags, parameters and metrics as columns."""
        found = self.client.get_experiment_by_name(experiment)
        if found is None:
            return pd.DataFrame()
        rows = []
        token = None
        while True:
            page = self.client.search_runs(
                [found.experiment_id], "attributes.status = 'FINISHED'", page_token=token
            )
            for run in page:
                rows.append(
                    {
                        "run": run.info.run_id,
                        "name": run.info.run_name,
                        "started": pd.Timestamp(run.info.start_time, unit="ms"),
                        "experiment_id": found.experiment_id,
                    }
                    | run.data.tags
                    | run.data.params
                    | run.data.metrics
                )
            token = page.token
            if not token:
                return pd.DataFrame(rows)


class Projection:
    """Follows the journal of one run and writes each event to a store.

    A run that cannot be started is an error. A store that fails later is told once and
    not asked again: the work goes on, the events stay in the journal.
    """

    def __init__(self, store: Store):
        self.store = store
        self.client = store.client
        self.run = ""
        self.lost = False

    def __call__(self, journal: Journal, event: Event) -> None:
        if self.lost:
            return
        try:
            self._write(journal, event)
        except FAULTS as error:
            message = f"The tracking store {self.store.uri} failed: {_first_line(error)}."
            if event.kind == "start":
                raise TrackingError(f"{message} Run with --no-tracking.") from error
            self.lost = True
            logger.warning("%s The run goes on without it.", message)

    def _write(self, journal: Journal, event: Event) -> None:
        data, when = event.data, int(event.time * 1000)
        if event.kind == "start":
            tags = data["tags"] | {"mlflow.runName": data["run"]}
            if "colour" in tags:  # MLflow's own choice gives several runs one colour
                tags["mlflow.runColor"] = tags.pop("colour")
            experiment = self.store.experiment(data["experiment"])
            self.run = self.client.create_run(experiment, start_time=when, tags=tags).info.run_id
        elif event.kind == "parameters":
            params = [Param(key, str(value)[:VALUE]) for key, value in data["values"].items()]
            self.client.log_batch(self.run, params=params)
        elif event.kind == "metrics":
            step = data["step"] or 0
            self._log([Metric(k, v, when, step) for k, v in data["values"].items() if v == v])
        elif event.kind == "series":
            values = enumerate(data["values"], start=1)
            self._log([Metric(data["name"], v, when, lead) for lead, v in values if v == v])
        elif event.kind == "image":
            image = mlflow.Image(str(journal.folder / data["path"]))
            self.client.log_image(
                self.run, image, key=data["name"], step=data["step"], timestamp=when
            )
        elif event.kind == "artifact":
            self._artifact(journal.folder / data["path"])
        elif event.kind == "end":
            if data["error"]:
                self.client.log_batch(self.run, tags=[RunTag("error", data["error"][:VALUE])])
            self.client.set_terminated(self.run, data["status"], end_time=when)

    def _log(self, metrics: list[Metric]) -> None:
        for first in range(0, len(metrics), BATCH):
            self.client.log_batch(self.run, metrics[first : first + BATCH])

    def _artifact(self, path: Path) -> None:
        if path.is_dir():
            self.client.log_artifacts(self.run, str(path), path.name)
        else:
            self.client.log_artifact(self.run, str(path))


def existing_store() -> Store:
    """The store where runs are.

    Raises:
        TrackingError: it is a file that is not there yet.
    """
    uri = tracking_uri()
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).exists():
        raise TrackingError(
            f"There are no runs yet: {uri} does not exist in this folder. "
            "Run `rnnzoo demo` or `rnnzoo forecast` first, or set MLFLOW_TRACKING_URI."
        )
    return Store(uri)


def server_command(uri: str, port: int) -> list[str]:
    """The arguments after `python -m mlflow` for a server on this machine only."""
    command = ["server", "--backend-store-uri", uri, "--host", "127.0.0.1", "--port", str(port)]
    return [*command, "--workers", "1"]


def _experiment_tags(name: str) -> dict[str, str]:
    """What the dashboard shows above the runs, and the view in which it shows them."""
    if name.partition("/")[0] not in TASKS:
        return {}
    task = task_of(name)
    return {
        "mlflow.note.content": task.note,
        f"mlflow.sharedViewState.{VIEW}": view_state(task),
    }


def _create_once(database: Path) -> None:
    """Makes the schema beside the file and renames it into place.

    MLflow makes it in place and unlocked: processes that start together then break
    it for good.
    """
    if database.exists():
        return
    if not database.parent.is_dir():
        raise TrackingError(f"There is no folder {database.parent} for the tracking store.")
    digest = hashlib.sha256(str(database).encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"rnnzoo-{digest}.lock"):
        if database.exists():
            return
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        with tempfile.TemporaryDirectory(prefix=".mlflow-", dir=database.parent) as folder:
            fresh = Path(folder) / database.name
            store = SqlAlchemyStore(
                f"sqlite:///{fresh}", (database.parent / "mlartifacts").as_uri()
            )
            store.engine.dispose()
            with contextlib.closing(sqlite3.connect(fresh)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers do not block the writer
            fresh.replace(database)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
