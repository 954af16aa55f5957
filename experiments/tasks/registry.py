"""Tasks by their names in `TASKS`: each is the folder of its name here.

Its `schema.py` has `SCHEMA`, what an experiment file may hold, and loads no Keras; its `task.py`
has `TASK`, the class that reads, fits, scores, writes and prints.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this module is for those who do not want to wait for Keras
    from ..config.schema import Schema
    from .base import Task


def schema_of(name: str) -> "Schema":
    """What an experiment file of a task may hold."""
    return import_module(f".{name}.schema", __package__).SCHEMA


def task_of(name: str) -> "type[Task]":
    """The class of a task."""
    return import_module(f".{name}.task", __package__).TASK
