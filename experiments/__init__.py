"""Experiments: runs, their journal, tracking, comparison, and the command line."""

import os

# read by MLflow when it is imported; what the user has set stays
for _name, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # a server that is down is said so in seconds, not in the four minutes of the defaults; what
    # may be tried again, and how, is known to us: see `tracking/store.py`
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "PGCONNECT_TIMEOUT": "10",
}.items():
    os.environ.setdefault(_name, _value)
