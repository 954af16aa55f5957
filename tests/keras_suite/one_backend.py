"""Runs Keras's tests on the backend at hand and writes what came of each: see `run.py`."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn
from unittest import mock

import pytest
from adapters import ADAPTED, Layers
from keras.src import backend
from keras.src.layers import rnn
from keras.src.layers.rnn import conv_lstm, gru, lstm, simple_rnn
from keras.src.layers.rnn import rnn as loop
from rnnzoo.zoo.cells import RecurrentCell

FILES = sorted(Path(rnn.__file__).parent.glob("*_test.py"))
#: What Keras would compute a recurrence with.
KERAS_OWN = [
    *((backend, name) for name in ("rnn", "lstm", "gru")),
    *((cell, "call") for cell in (lstm.LSTMCell, gru.GRUCell, simple_rnn.SimpleRNNCell)),
    (conv_lstm.ConvLSTMCell, "call"),
    (loop.RNN, "call"),
]


class OursInstead:
    """Puts ours in the place of Keras's layers, and takes down what came of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, tuple[str, str, bool]] = {}
        self.with_ours: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for module in {item.getparent(pytest.Module).obj for item in items}:
            if hasattr(module, "layers"):
                module.layers = Layers()
            for name in set(ADAPTED) & set(vars(module)):
                setattr(module, name, ADAPTED[name])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with ExitStack() as closed:
            for owner, name in KERAS_OWN:
                closed.enter_context(mock.patch.object(owner, name, refused))
            closed.enter_context(mock.patch.object(RecurrentCell, "__init__", self.noting(item)))
            return (yield)

    def noting(self, item: pytest.Item) -> Callable[..., None]:
        """A cell's constructor that takes down in which test it was called."""
        init = RecurrentCell.__init__

        @wraps(init)
        def noted(cell: RecurrentCell, *args: Any, **kwargs: Any) -> None:
            self.with_ours.add(item.nodeid)
            init(cell, *args, **kwargs)

        return noted

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            file, _, test = report.nodeid.partition("::")
            why = report.longrepr[-1] if report.skipped else str(report.longrepr or "")
            message = why.strip().splitlines()[-1:]
            ours = report.nodeid in self.with_ours
            self.outcomes[f"{Path(file).stem}::{test}"] = report.outcome, "".join(message), ours


def refused(*args: Any, **kwargs: Any) -> NoReturn:
    raise AssertionError("Keras's own loop or cell was called where ours stands")


def main(path: str) -> None:
    suite = OursInstead()
    here = str(FILES[0].parent)
    options = ["-c", os.devnull, "--rootdir", here, "--confcutdir", here, "-p", "no:cacheprovider"]
    pytest.main([*options, "-q", "--tb=short", *map(str, FILES), *sys.argv[2:]], plugins=[suite])
    Path(path).write_text(json.dumps(suite.outcomes))


if __name__ == "__main__":
    main(sys.argv[1])
