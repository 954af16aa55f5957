import resource
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from rnnzoo import AutoForecaster, Clips, Ensemble, Forecaster, NextFrame, RnnzooError

from . import mutations

SERIES = pd.DataFrame(
    {
        "ds": pd.date_range("2020-01-01", periods=70),
        "y": 5 + np.sin(np.arange(70) / 5) + np.random.default_rng(0).normal(0, 0.1, 70),
    }
)
SMALL = {"horizon": 2, "lookback": 8, "units": 3, "epochs": 1, "refit": False}
FRAMES = np.random.default_rng(0).integers(0, 255, (3, 5, 4, 4, 1), dtype="uint8")
GROWTH = 600  # most MiB by which the peak memory of a campaign may grow


@pytest.fixture(scope="session")
def models():
    """One small fitted model of each kind."""
    frames = {"context": 3, "horizon": 2, "filters": 2, "patch": 2, "epochs": 1}
    auto = AutoForecaster(horizon=2, max_minutes=0.02, refit=False)
    return {
        "stateful": Forecaster("gru", **SMALL).fit(SERIES),
        "segment": Forecaster("lstm", strategy="segment", segment=4, **SMALL).fit(SERIES),
        "closed loop": Forecaster("narx", **SMALL).fit(SERIES),
        "ensemble": Ensemble([Forecaster("rnn", **SMALL)], n_seeds=2).fit(SERIES),
        "auto": auto.fit(SERIES),
        "next frame": NextFrame(**frames, clips_per_epoch=2).fit(Clips("n", *[FRAMES] * 3)),
    }


@pytest.fixture
def sandbox(tmp_path):
    """A folder to work in; nothing around it may change, and memory may not grow without bound."""
    folder = tmp_path / "inside" / "sandbox"
    folder.mkdir(parents=True)
    for victim in (tmp_path / "x", tmp_path / "inside" / "x", tmp_path / "inside" / "passwd"):
        victim.write_text("mine")
    before = mutations.snapshot(tmp_path, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield folder
    assert mutations.snapshot(tmp_path, folder) == before
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) >> 10
    assert grown < GROWTH


class Counts:
    """How many trials were refused with an error of ours, and how many had a sound result.

    Args:
        record: records a property of the test.
    """

    def __init__(self, record):
        self.record = record
        self.refused = self.sound = 0
        self.bad = []

    @contextmanager
    def trial(self, what):
        """One trial of `what`; any other error is bad."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of values that are far off, as they should be
                yield
        except RnnzooError as error:
            assert str(error)
            self.refused += 1
        except Exception as error:  # the others are tried all the same
            self.bad.append(f"{what}: {type(error).__name__}: {error!s:.200}")
        else:
            self.sound += 1

    def settle(self, name):
        """Records the counts, and fails if a trial was bad."""
        tried = self.refused + self.sound + len(self.bad)
        numbers = f"{tried}, {self.refused}, {self.sound}, {len(self.bad)}"
        self.record(f"{name}: tried, refused, sound, bad", numbers)
        assert not self.bad, "\n".join(self.bad)


@pytest.fixture
def counts(record_property, request):
    many = request.node.get_closest_marker("soak")
    return Counts(record_property if many else lambda name, value: None)
