"""Databases that are made whole, however many processes find them missing at once.

MLflow makes its tables in place and unlocked: processes that start together then break them for
good.
"""

import contextlib
import hashlib
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy
from filelock import FileLock
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from ..places import database_of

ADVISORY = 0x726E6E7A  # "rnnz": the lock that we ask PostgreSQL for


def create_once(uri: str, artifacts: str) -> None:
    """Makes the tables of a database that has none; one process does, the others wait.

    Args:
        uri: of the store; servers make their own tables.
        artifacts: where artifacts go by default.
    """
    database = database_of(uri)
    if database is not None:
        _create_file(database, artifacts)
    elif uri.startswith(("postgresql", "mysql", "mssql")):
        with _lock(uri), _advisory_lock(uri):
            SqlAlchemyStore(uri, artifacts).engine.dispose()


def _create_file(database: Path, artifacts: str) -> None:
    """Makes the tables in a file beside it, and renames that into place."""
    if database.exists():
        return
    with _lock(str(database)):
        if database.exists():
            return
        with tempfile.TemporaryDirectory(prefix=".mlflow-", dir=database.parent) as folder:
            fresh = Path(folder) / database.name
            SqlAlchemyStore(f"sqlite:///{fresh}", artifacts).engine.dispose()
            with contextlib.closing(sqlite3.connect(fresh)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # readers do not block the writer
            fresh.replace(database)


def _lock(name: str) -> FileLock:
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"rnnzoo-{digest}.lock")


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
