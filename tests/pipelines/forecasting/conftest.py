import pytest
from rnnzoo import Forecaster

COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
TRAINING = 320  # rows of `waves` that are fitted


def fitted(waves, cell="gru", rows=TRAINING, **settings):
    tiny = {"horizon": 5, "lookback": 16, "units": 6, "epochs": 2, "seed": 3, "refit": False}
    return Forecaster(cell, **tiny | settings).fit(waves[:rows], **COLUMNS)


STRATEGIES = {
    "stateful": {"cell": "gru"},
    "stateful, differences": {"cell": "elman", "difference": "step"},
    "stateful, two layers": {"cell": "lstm", "layers": 2},
    "closed loop, fed back by itself": {"cell": "narx"},
    "closed loop, its own readout": {"cell": "jordan", "difference": "step"},
    # all windows in a batch: one shape to trace
    "segment": {"cell": "gru", "strategy": "segment", "batch_size": 512},
    "closed loop, any cell": {"cell": "lstm", "strategy": "closed_loop", "layers": 2},
}


@pytest.fixture(scope="session")
def fit(waves):
    """Fits a small network to the first rows of `waves`."""
    return lambda **settings: fitted(waves, **settings)


@pytest.fixture(scope="session")
def forecasters(waves):
    """One small fitted forecaster of each kind. Tests give each its state back."""
    return {name: fitted(waves, **settings) for name, settings in STRATEGIES.items()}


@pytest.fixture(scope="session")
def backtests(forecasters, waves):
    """The backtest of each, with all baselines; a backtest is frozen."""
    return {name: forecaster.backtest(waves) for name, forecaster in forecasters.items()}


@pytest.fixture(params=STRATEGIES)
def kind(request):
    return request.param


@pytest.fixture
def forecaster(kind, forecasters, waves):
    return forecasters[kind].warm_up(waves[:TRAINING])


@pytest.fixture
def whole(kind, backtests):
    """The forecaster's backtest."""
    return backtests[kind]


@pytest.fixture
def gru(forecasters, waves):
    return forecasters["stateful"].warm_up(waves[:TRAINING])


@pytest.fixture
def of_gru(backtests):
    """Its backtest."""
    return backtests["stateful"]
