import pytest
from rnnzoo import Forecaster

COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
TRAINING = 320  # rows of `waves` that are fitted


def fitted(waves, cell="gru", rows=TRAINING, **settings):
    tiny = {"horizon": 5, "lookback": 16, "units": 6, "epochs": 2, "seed": 3}
    return Forecaster(cell, **tiny | settings).fit(waves[:rows], **COLUMNS)


ARCHITECTURES = {
    "carried": {"cell": "gru"},
    "carried, differences": {"cell": "elman", "difference": True},
    "carried, two layers": {"cell": "lstm", "layers": 2},
    "closed loop, fed back by itself": {"cell": "narx"},
    "closed loop, its own readout": {"cell": "jordan", "difference": True},
    "segment": {"cell": "gru", "architecture": "segment"},
    "closed loop, any cell": {"cell": "lstm", "architecture": "closed_loop", "layers": 2},
}


@pytest.fixture(scope="session")
def fit(waves):
    """Fits a small network to the first rows of `waves`."""
    return lambda **settings: fitted(waves, **settings)


@pytest.fixture(scope="session")
def forecasters(waves):
    """One small fitted forecaster of each kind. Tests give each its state back."""
    return {name: fitted(waves, **settings) for name, settings in ARCHITECTURES.items()}


@pytest.fixture(params=ARCHITECTURES)
def forecaster(request, forecasters, waves):
    return forecasters[request.param].warm_up(waves[:TRAINING])


@pytest.fixture
def gru(forecasters, waves):
    return forecasters["carried"].warm_up(waves[:TRAINING])
