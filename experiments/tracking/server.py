"""MLflow's own server, with which `rnnzoo ui` shows the runs."""

import os
from pathlib import Path

from ..locations import ARTIFACTS, absolute, database_of, tracking_uri, with_driver


def server_command(port: int) -> list[str]:
    """The arguments after `python -m mlflow` for a server on this machine only."""
    return ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]


def server_environment() -> dict[str, str]:
    """The environment of that server: no jobs, no telemetry, nothing unpickled, and no module of
    the working directory in place of one of Python's.

    The store is named here, where no list of processes shows its password.
    """
    uri = absolute(tracking_uri())
    beside = (database_of(uri) or Path.cwd() / "any").parent / ARTIFACTS
    return (
        {"MLFLOW_ARTIFACTS_DESTINATION": str(beside)}
        | os.environ
        | {
            "MLFLOW_BACKEND_STORE_URI": with_driver(uri),
            "PYTHONSAFEPATH": "1",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        }
    )
