import pytest
from rnnzoo.experiments.tracking import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A SQLite store; making its schema costs seconds."""
    return Store(f"sqlite:///{tmp_path_factory.mktemp('tracking') / 'mlflow.db'}")
