import math

import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.pipelines.evaluation import metrics
from rnnzoo.pipelines.evaluation.intervals import check_levels, conformal_quantiles

ORIGINS = np.arange(100, 160, 2)
RNG = np.random.default_rng(0)
FORECAST = RNG.normal(size=(30, 5))
TRUTH = FORECAST + RNG.normal(size=(30, 5))
LEVELS = [0.1, 0.5, 0.9]


def test_they_are_those_of_the_errors_known_by_then():
    found = conformal_quantiles(TRUTH, FORECAST, ORIGINS, LEVELS)
    for t, origin in enumerate(ORIGINS):
        for h in range(1, 6):
            past = sorted((TRUTH - FORECAST)[ORIGINS + h <= origin, h - 1])
            for i, level in enumerate(LEVELS):
                exact = round((len(past) + 1) * level, 9)
                place = math.floor(exact) if level < 0.5 else math.ceil(exact)
                if 1 <= place <= len(past):
                    expected = FORECAST[t, h - 1] + past[place - 1]
                    assert found[i, t, h - 1] == expected
                else:
                    assert np.isnan(found[i, t, h - 1])


def test_an_error_counts_when_it_is_known_and_never_earlier():
    before = conformal_quantiles(TRUTH, FORECAST, ORIGINS, LEVELS)
    changed = TRUTH.copy()
    cut = 130
    changed[ORIGINS[:, None] + np.arange(1, 6) > cut] = 1e6
    after = conformal_quantiles(changed, FORECAST, ORIGINS, LEVELS)
    np.testing.assert_array_equal(before[:, cut >= ORIGINS], after[:, cut >= ORIGINS])
    assert not np.array_equal(before, after, equal_nan=True)


def test_of_a_window_only_the_last_errors_count():
    found = conformal_quantiles(TRUTH, FORECAST, ORIGINS, [0.5], window=3)
    past = (TRUTH - FORECAST)[:, 0]
    for t in range(4, 30):  # an origin every second row: its own lead 1 is known at the next
        assert found[0, t, 0] == FORECAST[t, 0] + np.median(past[t - 3 : t])


def test_missing_truth_teaches_nothing():
    holes = TRUTH.copy()
    holes[::2] = np.nan
    found = conformal_quantiles(holes, FORECAST, ORIGINS, [0.5])
    kept = conformal_quantiles(TRUTH[1::2], FORECAST[1::2], ORIGINS[1::2], [0.5])
    np.testing.assert_array_equal(found[:, 1::2], kept)


def test_intervals_of_80_percent_hold_80_percent():
    rng = np.random.default_rng(1)
    forecast = rng.normal(size=(4000, 3)).cumsum(axis=0)
    truth = forecast + rng.standard_t(4, size=(4000, 3))
    low, high = conformal_quantiles(truth, forecast, np.arange(4000), [0.1, 0.9])
    assert metrics.coverage(truth, low, high) == pytest.approx(0.8, abs=0.01)
    assert (low[20:] <= high[20:]).all()


@pytest.mark.parametrize("levels", [[], [0.0, 0.5], [0.5, 1.0], [0.9, 0.1], [0.5, 0.5]])
def test_levels_that_are_none(levels):
    with pytest.raises(ArgumentError, match="`levels` must hold.*Received: levels="):
        check_levels(levels)
    with pytest.raises(TypeError, match="`levels` must be a list"):
        check_levels("high")
