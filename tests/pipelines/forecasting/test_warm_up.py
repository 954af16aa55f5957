"""The error after so many look-backs is that of forecasts from as much history."""

import numpy as np
import pytest
from rnnzoo import ArgumentError, DataError, Forecaster

TINY = {"horizon": 3, "lookback": 8, "units": 3, "epochs": 2, "seed": 1, "refit": False}


@pytest.mark.parametrize("strategy", ["stateful", "closed_loop"])
def test_errors_are_those_of_forecasts_from_as_much_history(strategy, waves):
    table = waves[["day", "sales"]][:220]
    forecaster = Forecaster(strategy=strategy, **TINY)
    forecaster.fit(table[:200], time="day", target="sales")
    found = forecaster.error_by_history(table, lookbacks=[10, 1, 100]).set_index("lookbacks")
    assert found.index.tolist() == [1, 10] and found["rows"].tolist() == [8, 80]
    assert (found["origins"] == 18).all()
    for lookbacks, rows in found["rows"].items():
        errors = []
        for origin in range(199, 217):
            history = table[origin - rows + 1 : origin + 1]
            truth = table["sales"][origin + 1 : origin + 4].to_numpy()
            errors.append(np.abs(forecaster.predict(history)["yhat"] - truth))
        assert found["mae"][lookbacks] == pytest.approx(np.mean(errors), rel=1e-4)


def test_a_segment_network_carries_nothing(forecasters, waves):
    with pytest.raises(ArgumentError, match="carries no state"):
        forecasters["segment"].error_by_history(waves)


def test_too_little_history(gru, waves):
    """What it was fitted to: no row follows that could be scored."""
    with pytest.raises(DataError, match="16 rows of look-back and 5 leads"):
        gru.error_by_history(waves[:320])
