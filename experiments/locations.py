"""Where runs are saved: the tracking store and the folder of journals. No tracker is loaded."""

import contextlib
import os
import re
import tempfile
from pathlib import Path

from ..errors import JournalError, TrackingError
from ..pipelines.storage.redact import address

DEFAULT_URI = "sqlite:///mlflow.db"
SQLITE = "sqlite:///"
FOLDER = "rnnzoo-runs"
ARTIFACTS = "mlartifacts"  # the folder next to a database
TRIED = 4096  # bytes that are written to see whether a folder takes any
SHOWN = 200  # characters of a path in a message
#: The schemes of stores: files, databases, servers.
SCHEMES = ("sqlite", "postgresql", "postgres", "mysql", "mssql", "http", "https", "databricks")


def tracking_uri() -> str:
    """`MLFLOW_TRACKING_URI`, or a SQLite file in the working directory."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_URI


def with_driver(uri: str) -> str:
    """The address of a store as it is opened: releases of SQLAlchemy differ in the driver that
    they take for PostgreSQL where none is named.

    >>> with_driver("postgresql://db/mlflow")
    'postgresql+psycopg://db/mlflow'
    """
    return re.sub("^postgres(ql)?://", "postgresql+psycopg://", uri)


def driver_for(uri: str) -> str:
    """What to install where the driver of a database is missing."""
    kind = re.split("[+:]", uri)[0]
    known = {
        "postgresql": "Install rnnzoo[postgres].",
        "mysql": "Install mysqlclient; or pymysql, and let the address begin with mysql+pymysql.",
        "mssql": "Install pyodbc.",
    }
    return known.get(kind, "Install it.")


def absolute(uri: str) -> str:
    """The address of a store that stays the same where the working directory changes."""
    database = database_of(uri)
    return uri if database is None else f"{SQLITE}{database}"


def shown(uri: str, named: str) -> str:
    """A store's address to be shown: as it was named, as long as that leads to it.

    Scheme, host and path alone: the rest may be secret.
    """
    return address(named if absolute(named) == uri else uri)


def database_of(uri: str) -> Path | None:
    """The file of a SQLite store."""
    return Path(uri[len(SQLITE) :]).resolve() if uri.startswith(SQLITE) else None


def runs_folder(uri: str | None = None) -> Path:
    """Where the journals are: `RNNZOO_RUNS`, or next to a SQLite store, or the working directory.

    Args:
        uri: Address of the store, by default `tracking_uri()`.
    """
    if named := os.environ.get("RNNZOO_RUNS"):
        return Path(named).resolve()
    database = database_of(uri or tracking_uri())
    return (database.parent if database else Path.cwd()) / FOLDER


def check_uri(uri: str) -> None:
    """Sees what can be seen without opening the store.

    Raises:
        TrackingError: no such kind of store, no folder for its file, a space, or a password with an
            `@`, whose end cannot be found.
    """
    scheme = re.match(r"([a-z]+)(\+[a-z0-9]+)?:", uri)
    if uri != "databricks" and (not scheme or scheme[1] not in SCHEMES):
        raise TrackingError(
            f"The tracking store {address(uri)} is of no known kind: {', '.join(SCHEMES)}. "
            "Set MLFLOW_TRACKING_URI, or run with --no-tracking."
        )
    if not uri.startswith("http") and re.match(r"[^/]+://[^/?\s]*@[^/?\s]*@", uri):
        # SQLAlchemy would take a part of the password for the host, and messages name hosts
        raise TrackingError(
            f"The user name or password in {address(uri)} holds an @: write it as %40."
        )
    if not uri.startswith(SQLITE) and re.search(r"\s", uri):
        raise TrackingError(f"The address of {address(uri)} holds a space: write it as %20.")
    database = database_of(uri)
    if database is not None and not database.parent.is_dir():
        raise TrackingError(
            f"There is no folder {database.parent} for the tracking store. "
            "Set MLFLOW_TRACKING_URI, or run with --no-tracking."
        )


def check_runs(folder: Path) -> None:
    """Sees whether journals can be written to a folder, which is made later.

    Raises:
        JournalError: it cannot be made, or nothing be written there.
    """
    try:
        try_folder(folder)
    except OSError as error:
        raise JournalError(
            f"Runs cannot be saved in {folder}: {why_not(error)}. Set RNNZOO_RUNS to a folder that "
            "can be written, or run with --no-tracking."
        ) from error


def try_folder(folder: Path) -> None:
    """Makes a folder with a file in it where a folder is, or is to be, and deletes both.

    Raises:
        OSError: nothing can be written there, or no folder have that name; names the path.
    """
    folder = folder.absolute()
    with contextlib.suppress(FileNotFoundError):
        folder.lstat()  # a name may be too long, or something on the way no folder
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    try:
        with tempfile.TemporaryDirectory(prefix=".rnnzoo-", dir=there) as tried:
            (Path(tried) / "tried").write_bytes(bytes(TRIED))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(there)) from error


def why_not(error: OSError) -> str:
    """What the system says, with the path that it says it of."""
    path = str(error.filename or "")
    if isinstance(error, NotADirectoryError):
        above = (Path(path), *Path(path).parents)
        path = next((str(one) for one in above if one.is_file()), path)
        return f"{path} is no folder"
    shown = f"{path[:SHOWN]}…" if len(path) > SHOWN else path
    return f"{shown}: {error.strerror}" if path else str(error.strerror or error)
