"""Runs in MLflow. What lies on disk in a run's journal is brought to a store, now or later.

`tracker.py` and `sync.py` bring it; `projection.py` says what an event is in MLflow; `store.py`
and `database.py` open stores. Those three alone import mlflow.
"""

from .store import Store, existing_store, server_command, server_environment
from .sync import Synced, sync
from .tracker import Tracker

__all__ = [
    "Store",
    "Synced",
    "Tracker",
    "existing_store",
    "server_command",
    "server_environment",
    "sync",
]
