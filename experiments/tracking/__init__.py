"""Runs in MLflow: what lies on the disk in a run's journal is uploaded to a store, now or later.

`tracker.py` and `sync.py` say which runs and when, `upload.py` uploads one; `projection.py` says
what an event is in MLflow; `store.py` and `database.py` open stores. Those three alone import
mlflow.
"""

from .server import server_command, server_environment
from .store import Store, existing_store, silence_libraries
from .sync import SyncReport, sync
from .tracker import Tracker

__all__ = [
    "Store",
    "SyncReport",
    "Tracker",
    "existing_store",
    "server_command",
    "server_environment",
    "silence_libraries",
    "sync",
]
