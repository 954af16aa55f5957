"""MLflow tracking stores, opened and read."""

import contextlib
import logging
import os
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import mlflow
import pandas as pd
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from ...errors import TrackingError
from ...pipelines.storage.names import slug
from ...pipelines.storage.redact import redacted
from ..kinds import TASKS, VIEWS, kind_of, view_state
from ..locations import (
    ARTIFACTS,
    absolute,
    check_uri,
    database_of,
    driver_for,
    shown,
    tracking_uri,
    with_driver,
)
from .database import create_once, repoint

logger = logging.getLogger("rnnzoo")
for chatty in ("alembic", "mlflow"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

#: Codes of MLflow that are about what was sent: sent again it is refused again.
REFUSED = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_ALREADY_EXISTS")
#: What a store that fails may raise; MLflow passes on what lies below it.
FAULTS = (MlflowException, SQLAlchemyError, OSError, sqlite3.Error, TrackingError)
RETRIES = 2
PAUSE = 1.0  # seconds before the first retry, twice as many before the next
UID = "run_uid"  # the tag by which a run is found again
EVENTS = "rnnzoo.events"  # the tag that counts the events in the store
ROLE = "role"  # the tag of what is no run of a model
STUDY = "study"
PARENT = "mlflow.parentRunId"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Found:
    """A run in a store.

    Attributes:
        run: MLflow's id of the run.
        events: Number of events of its journal that are there.
        status: Status in MLflow's words.
        parent: MLflow's id of the run that it belongs to; empty if that is not known there.
        deleted: Whether somebody deleted it in MLflow.
    """

    run: str
    events: int
    status: str
    parent: str
    deleted: bool


class Store:
    """An MLflow tracking store.

    A SQLite file that is not there yet is made whole under a lock, then put in its
    place; its artifacts lie in `mlartifacts` next to it.

    Args:
        uri: Address of the store, by default `tracking_uri()`.

    Attributes:
        uri: Its address without user name and password, to be shown.
        client: MLflow's own client of the store.

    Raises:
        TrackingError: the store cannot be opened.
    """

    def __init__(self, uri: str | None = None):
        self._named = uri or tracking_uri()
        check_uri(self._named)
        self._uri = absolute(self._named)
        opened = with_driver(self._uri)
        try:
            create_once(opened, self._artifacts().as_uri())
            self.client = mlflow.MlflowClient(opened)
            self.client.search_experiments(max_results=1)
            self._follow_move()
        except ImportError as error:
            raise TrackingError(
                f"The tracking store {self.uri} needs a driver that is not installed: {error}. "
                f"{driver_for(opened)}"
            ) from error
        except FAULTS as error:
            raise TrackingError(
                f"The tracking store {self.uri} cannot be used: {first_line(error)}. "
                "Set MLFLOW_TRACKING_URI, or run with --no-tracking."
            ) from error

    @property
    def uri(self) -> str:
        return shown(self._uri, self._named)

    @property
    def database(self) -> Path | None:
        """The file of a SQLite store."""
        return database_of(self._uri)

    def _artifacts(self) -> Path:
        folder = self.database.parent if self.database else Path.cwd()
        return folder / ARTIFACTS

    def _follow_move(self) -> None:
        """Finds the artifacts of a store whose folder was moved, next to it."""
        if self.database is None:
            return

        def ours(name: str) -> str:
            return slug(name) if name.partition("/")[0] in TASKS else ""

        old = repoint(self.database, self._artifacts(), ours)
        if old:
            logger.warning(
                "The tracking store was moved: its artifacts are those in %s now, not in %s.",
                self._artifacts(), old,
            )  # fmt: skip

    def experiment(self, name: str) -> str:
        """The id of an experiment, made if it is not there.

        Raises:
            TrackingError: it is deleted.
        """
        found = self.client.get_experiment_by_name(name)
        if found is None:
            # another process may have made it in between: then it is there now
            with contextlib.suppress(MlflowException):
                where = self._location(name)
                return str(self.client.create_experiment(name, where, _experiment_tags(name)))
            found = self.client.get_experiment_by_name(name)
        if found is None:
            raise TrackingError(f"The experiment {name} cannot be made in {self.uri}.")
        if found.lifecycle_stage != "active":
            raise TrackingError(f"The experiment {name} is deleted in {self.uri}: restore it.")
        return str(found.experiment_id)

    def _location(self, experiment: str) -> str | None:
        """Where artifacts go: a server knows; MLflow would write a database's to the working
        directory."""
        if self._uri.startswith(("http", "databricks")):
            return None
        if self.database is None and (root := os.environ.get("MLFLOW_DEFAULT_ARTIFACT_ROOT")):
            return f"{root.rstrip('/')}/{slug(experiment)}"
        return (self._artifacts() / slug(experiment)).as_uri()

    def find(self, experiment_id: str, uid: str) -> Found | None:
        """The run of a journal.

        Where an answer of the store was lost, it may have made the run twice: the others are
        deleted. A run of which none is left is one that somebody deleted.
        """
        pages = self.client.search_runs(
            [experiment_id], f"tags.{UID} = '{uid}'", run_view_type=ViewType.ALL
        )
        runs = sorted(map(_found, pages), key=lambda run: (run.deleted, -run.events, run.run))
        for other in runs[1:]:
            if not other.deleted:
                self.client.delete_run(other.run)
        return runs[0] if runs else None

    def running(self) -> list[str]:
        """The `uid` of each run of rnnzoo that is `RUNNING`."""
        experiments = [each.experiment_id for each in self.client.search_experiments()]
        pages = self.client.search_runs(experiments, "attributes.status = 'RUNNING'")
        uids = (run.data.tags.get(UID, "") for run in pages)
        return [uid for uid in uids if re.fullmatch("[0-9a-f]{32}", uid)]

    def answers(self) -> bool:
        """Whether the store can be reached: then an error was about what was sent."""
        try:
            self.client.search_experiments(max_results=1)
        except FAULTS:
            return False
        return True

    def experiments(self) -> list[str]:
        """Names of the experiments that hold runs of rnnzoo."""
        names = [e.name for e in self.client.search_experiments()]
        return sorted(name for name in names if name.partition("/")[0] in TASKS)

    def runs(self, experiment: str) -> pd.DataFrame:
        """Finished runs of models: `run, name, started`, tags, parameters, metrics as columns."""
        found = self.client.get_experiment_by_name(experiment)
        if found is None:
            return pd.DataFrame()
        rows = []
        token = None
        while True:
            page = self.client.search_runs(
                [found.experiment_id], "attributes.status = 'FINISHED'", page_token=token
            )
            rows += [_row(run) for run in page if run.data.tags.get(ROLE) != STUDY]
            token = page.token
            if not token:
                return pd.DataFrame(rows)


def silence_libraries() -> None:
    """Keeps MLflow and what it uses from writing to the screen: what matters of their errors is
    raised, and said once."""
    for name in ("mlflow", "alembic", "sqlalchemy", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def existing_store() -> Store:
    """The store where runs are.

    Raises:
        TrackingError: it is a file that is not there yet.
    """
    uri = tracking_uri()
    database = database_of(uri)
    if database is not None and not database.exists():
        raise TrackingError(
            f"There are no runs yet: {redacted(uri)} does not exist in this folder. "
            "Run `rnnzoo demo` or `rnnzoo forecast` first, or set MLFLOW_TRACKING_URI."
        )
    return Store(uri)


def with_retries(call: Callable[[], Result]) -> Result:
    """What a call gives that may be made again; it is, twice, if the store fails.

    MLflow itself does not repeat: a run would be made twice where an answer was lost.
    """
    for k in range(RETRIES):
        try:
            return call()
        except FAULTS as error:
            if getattr(error, "error_code", "") in REFUSED:
                raise
            time.sleep(PAUSE * 2**k)
    return call()


def reason_of(error: BaseException) -> str:
    """Why a store failed, on one line: what lies below an error that only says that it did."""
    lower = error.__cause__
    text = first_line(lower if isinstance(lower, FAULTS) else error)
    return text if isinstance(error, FAULTS) else f"{type(error).__name__}: {text}"


def first_line(error: BaseException) -> str:
    """What an error says, on one line and without passwords."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    below = re.search(r"Caused by \w+\([\"'](.*)[\"']\)\)", lines[0])  # of HTTP: what failed there
    return redacted(below[1].partition(": ")[2] if below else lines[0]).rstrip(".")


def _found(run: Any) -> Found:
    tags = run.data.tags
    deleted = run.info.lifecycle_stage != "active"
    events = int(count) if (count := tags.get(EVENTS, "")).isdecimal() else 0
    return Found(run.info.run_id, events, run.info.status, tags.get(PARENT, ""), deleted)


def _row(run: Any) -> dict[str, Any]:
    """Tags, parameters and metrics of a run; none of them hides which run it is."""
    return (
        run.data.tags
        | run.data.params
        | run.data.metrics
        | {
            "run": run.info.run_id,
            "name": run.info.run_name,
            "started": pd.Timestamp(run.info.start_time, unit="ms"),
            "experiment_id": run.info.experiment_id,
        }
    )


def _experiment_tags(name: str) -> dict[str, str]:
    """What the dashboard shows above the runs, and the view in which it shows them."""
    if name.partition("/")[0] not in TASKS:
        return {}
    kind = kind_of(name)
    views = {f"mlflow.sharedViewState.{view}": view_state(kind, view) for view in VIEWS}
    return views | {
        "mlflow.note.content": kind.note,
        "mlflow.experiment.primaryMetric.name": kind.error,
        "mlflow.experiment.primaryMetric.greaterIsBetter": "false",
        "mlflow.experimentKind": "custom_model_development",
    }
