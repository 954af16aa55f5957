"""Every argument of every public function, wrong in type, range and size: an error of ours, or a
use of it that works."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
import rnnzoo
from rnnzoo import Ensemble, Forecaster, RnnzooError

from .conftest import FRAMES, SERIES
from .mutations import ODD

WRONG = [
    *[value for value in ODD if value != 10**6], float("nan"), float("inf"), np.array([1.0, 2.0]),
    pd.DataFrame(), object(), lambda: None, {1: 2}, b"x", np.int64(-3), ["1970-01-01"],
]  # fmt: skip


class Uses:
    """Calls with one wrong argument each."""

    def __init__(self, folder):
        self.folder, self.tried, self.bad = folder, 0, []

    def call(self, function, name, *given, **right):
        """Calls a function with each wrong value of each argument that it takes by name."""
        arguments = inspect.signature(function).parameters
        for argument, about in arguments.items():
            if about.kind in (about.VAR_POSITIONAL, about.VAR_KEYWORD) or argument == "self":
                continue
            for value in WRONG:
                self._one(
                    function, f"{name}({argument}={value!r:.60})", given, right | {argument: value}
                )

    def _one(self, function, said, given, arguments):
        self.tried += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(*given, **arguments)
        except RnnzooError as error:
            assert str(error)
        except Exception as error:
            self.bad.append(f"{said}: {type(error).__name__}: {error!s:.120}")


@pytest.fixture
def uses(sandbox, monkeypatch):
    monkeypatch.chdir(sandbox)
    found = Uses(sandbox)
    yield found
    assert not found.bad, f"{len(found.bad)} of {found.tried}\n" + "\n".join(found.bad)


ESTIMATORS = {
    "Forecaster": lambda **wrong: Forecaster(**wrong).check(),
    "AutoForecaster": lambda **wrong: rnnzoo.AutoForecaster(**{"horizon": 2} | wrong).check(),
    "Ensemble": lambda **wrong: Ensemble(**{"members": [Forecaster(horizon=2)]} | wrong).check(),
    "NextFrame": lambda **wrong: rnnzoo.NextFrame(**wrong).check(),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_settings(uses, name):
    for argument in getattr(rnnzoo, name)._get_param_names():
        for value in WRONG:
            wrong = {argument: value}
            uses._one(ESTIMATORS[name], f"{name}({argument}={value!r:.60})", (), wrong)


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["stateful", "ensemble", "auto"])
def test_methods(models, kind, uses):
    model = models[kind]
    uses.call(model.predict, "predict")
    uses.call(model.backtest, "backtest", data=SERIES)
    uses.call(model.save, "save")
    uses.call(type(model).load, "load")
    for name in ("update", "warm_up", "retrained"):
        uses.call(getattr(model, name), name)


@pytest.mark.soak
def test_methods_of_next_frames(models, uses):
    model = models["next frame"]
    uses.call(model.predict, "predict", frames=FRAMES[:, :3])
    uses.call(model.evaluate, "evaluate", clips=FRAMES)
    uses.call(model.save, "save")
    uses.call(type(model).load, "load")


@pytest.mark.parametrize("kind", ["stateful", "auto"])
def test_predictions(models, kind, uses):
    uses.call(models[kind].predict, "predict")


@pytest.mark.parametrize("name", ["read_series", "read_panel", "read_clips", "load_dataset"])
def test_readers(name, uses):
    right = {"source": SERIES} if name in ("read_series", "read_panel") else {"data": FRAMES}
    uses.call(getattr(rnnzoo, name), name, **{} if name == "load_dataset" else right)
