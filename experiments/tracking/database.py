"""Databases that are made whole, however many processes find them missing at once.

MLflow makes its tables in place and unlocked: processes that start together then break them for
good.
"""

import contextlib
import glob
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import sqlalchemy
from filelock import FileLock, Timeout
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from ...errors import TrackingError
from ...pipelines.storage.names import slug
from ..journal.places import lock_fault
from ..locations import database_of

ADVISORY = 0x726E6E7A  # "rnnz": the lock that we ask PostgreSQL for
#: Where MLflow's tables name folders of artifacts.
PLACES = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
}
LONGEST_WAIT = 30.0  # seconds for another process that writes
LOCK_MODE = 0o666  # whoever may write into the folder may make the database in it


def create_once(uri: str, artifacts: str) -> None:
    """Makes the tables of a database that has none; one process does, the others wait.

    Args:
        uri: Address of the store; servers make their own tables.
        artifacts: Where artifacts go by default.
    """
    database = database_of(uri)
    if database is not None:
        _create_file(database, artifacts)
    elif uri.startswith(("postgresql", "mysql", "mssql")):
        with _server_lock(uri), _advisory_lock(uri):
            SqlAlchemyStore(uri, artifacts).engine.dispose()


def _create_file(database: Path, artifacts: str) -> None:
    """Makes the tables in a file next to it, and links that into place."""
    lock = database.with_name(f".{database.name}.lock")
    if database.exists():
        if _unfinished(database) and not lock_fault(lock):
            with contextlib.suppress(OSError, Timeout), FileLock(lock, timeout=0, mode=LOCK_MODE):
                _sweep(database)
        return
    if fault := lock_fault(lock):
        raise TrackingError(f"{database} cannot be made: {fault}. Move it away.")
    with FileLock(lock, mode=LOCK_MODE):
        _sweep(database)
        if database.exists():
            return
        with tempfile.TemporaryDirectory(prefix=_prefix(database), dir=database.parent) as folder:
            fresh = Path(folder) / database.name
            SqlAlchemyStore(f"sqlite:///{fresh}", artifacts).engine.dispose()
            with contextlib.closing(sqlite3.connect(fresh)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers do not block the writer
            publish(fresh, database)


def _prefix(database: Path) -> str:
    return f".{database.name}.new-"


def _unfinished(database: Path) -> list[Path]:
    """Folders in which the database was being made; under the lock, by processes that died."""
    found = database.parent.glob(f"{glob.escape(_prefix(database))}*")
    return [folder for folder in found if folder.is_dir() and not folder.is_symlink()]


def _sweep(database: Path) -> None:
    for folder in _unfinished(database):
        shutil.rmtree(folder, ignore_errors=True)


def publish(fresh: Path, database: Path) -> None:
    """Puts a file in a place where there is none; one that is there meanwhile stays."""
    try:
        os.link(fresh, database)
    except FileExistsError:
        return
    except OSError:  # a file system without links: here the lock alone has to do
        if not database.exists():
            fresh.rename(database)


def repoint(database: Path, artifacts: Path, experiments: Callable[[str], str]) -> str:
    """Lets a SQLite store that was moved or copied, its artifacts with it, name them where they are
    now: MLflow writes their whole path into the database, and would go on writing to the old place.

    Locations that are named otherwise than ours, and those of a database that was moved without its
    artifacts while they are still there, stay as they are.

    Args:
        database: the file.
        artifacts: folder of the artifacts next to it.
        experiments: name of the folder of an experiment in it, by its name; `""` of one that is
            not ours.

    Returns:
        The address of the old folder; `""` where nothing was changed.

    Raises:
        sqlite3.Error: the database cannot be read, or changed although it may be written.
    """
    new = artifacts.as_uri()
    with contextlib.closing(sqlite3.connect(database, timeout=LONGEST_WAIT)) as connection:
        query = "SELECT name, artifact_location FROM experiments"
        olds = {
            location.removesuffix(ending)
            for name, location in connection.execute(query).fetchall()
            if location and experiments(name)
            and location.endswith(ending := f"/{artifacts.name}/{experiments(name)}")
        }  # fmt: skip
        moved = {f"{old}/{artifacts.name}" for old in olds} - {new}
        moved = {old for old in moved if artifacts.is_dir() or not _folder_of(old).is_dir()}
        if not moved:
            return ""
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            for table, column in PLACES.items():
                if not connection.execute(f"PRAGMA table_info({table})").fetchall():
                    continue
                for old in moved:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                        f"WHERE substr({column}, 1, ?) = ?",
                        (new, len(old) + 1, len(old) + 1, f"{old}/"),
                    )
    return ", ".join(sorted(moved))


def _folder_of(uri: str) -> Path:
    """The folder that a file's address names; one that is never there for another address."""
    parts = urlsplit(uri)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else Path(os.devnull)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else ""  # Windows: the folder is the user's


def _server_lock(uri: str) -> FileLock:
    """For the processes of one user on one machine: the folder is everybody's, the file is not."""
    digest = hashlib.sha256(uri.encode()).hexdigest()[:16]
    name = f"rnnzoo-{_user()}-{digest}.lock"
    return FileLock(Path(tempfile.gettempdir()) / slug(name))


@contextlib.contextmanager
def _advisory_lock(uri: str) -> Iterator[None]:
    """PostgreSQL's own lock, for processes on several machines."""
    if not uri.startswith("postgresql"):
        yield
        return
    engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.pool.NullPool)
    with engine.connect() as connection:  # the lock ends with it
        connection.execute(sqlalchemy.text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY})
        yield
