"""Baselines after some row: read row by row they forecast as from the whole, and so when saved."""

import numpy as np
import pytest
from rnnzoo.pipelines.forecasting.baselines.base import from_plain
from rnnzoo.pipelines.forecasting.baselines.table import (
    BASELINES,
    VARIANTS,
    baselines,
    fit_baseline,
)

ROWS, TRAINING, LEADS, SEASON = 140, 100, 9, 6
NAMES = [*BASELINES, *VARIANTS]


def table(missing=False, zero=False):
    rng = np.random.default_rng(2)
    y = np.exp(rng.normal(0, 0.05, ROWS).cumsum() + 0.3 * np.sin(np.arange(ROWS))) * 20
    if missing:
        y[[0, 1, 30, 104, 105, 111, 120]] = np.nan
    if zero:
        y[115] = 0.0
    return y


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("zero", [False, True])
def test_row_by_row_is_the_whole(name, missing, zero):
    y = table(missing, zero)
    fitted = fit_baseline(name, y[:TRAINING], LEADS, SEASON)
    whole, end = fitted.roll(y, np.arange(ROWS), LEADS)
    one, forecasts = fitted, []
    for row in range(ROWS):
        one = one.after(y[row : row + 1])
        forecasts.append(one.forecast(LEADS))
    np.testing.assert_allclose(np.stack(forecasts), whole, rtol=1e-12)
    np.testing.assert_allclose(end.forecast(LEADS), whole[-1], rtol=1e-12)
    blocks = [fitted.after(y[:17]).after(y[17:60]).roll(y[60:], np.arange(-1, 80), LEADS)[0]]
    np.testing.assert_allclose(np.concatenate(blocks), whole[59:], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_restarted_it_forecasts_as_before_the_first_row(name):
    y = table(missing=True)
    fitted = fit_baseline(name, y[:TRAINING], LEADS, SEASON)
    again = fitted.after(y).restarted(y)
    np.testing.assert_array_equal(again.after(y).forecast(LEADS), fitted.after(y).forecast(LEADS))


@pytest.mark.parametrize("name", NAMES)
def test_as_plain_values_and_arrays_it_is_the_same(name):
    y = table()
    one = fit_baseline(name, y[:TRAINING], LEADS, SEASON).after(y)
    kind, arrays = one.to_plain()
    np.testing.assert_array_equal(
        from_plain(kind, iter(arrays)).after(y).forecast(LEADS), one.after(y).forecast(LEADS)
    )


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("theta")])
def test_its_size_does_not_grow(name):
    y = np.tile(table(), 3)
    fitted = fit_baseline(name, y[:TRAINING], LEADS, SEASON)

    def numbers(one):
        return sum(array.size for array in one.to_plain()[1])

    assert numbers(fitted.after(y)) == numbers(fitted.after(y[:50]))


def test_leads_beyond_the_fitted_ones_follow_from_the_forecasts():
    y = table()
    one = fit_baseline("linear-ar", y[:TRAINING], 1, 1).after(y)
    path = list(y)
    for _ in range(5):
        path.append(one.roll(np.array(path[ROWS:]), np.array([len(path) - ROWS - 1]), 1)[0][0, 0])
    np.testing.assert_allclose(one.forecast(5), path[ROWS:])


@pytest.mark.parametrize("name", NAMES)
def test_another_history_that_is_too_short_gives_no_number(name):
    fitted = fit_baseline(name, table()[:TRAINING], LEADS, SEASON)
    short = np.array([np.nan, 3.0])
    again = fitted.restarted(short)
    if again is not None:
        found = again.after(short).forecast(LEADS)
        assert name.startswith(("naive", "theta")) or np.isnan(found).any()


def test_limits_of_a_logarithm_follow_the_rows():
    """Not those of the training rows alone, which a growing series leaves."""
    rng = np.random.default_rng(0)
    y = np.concatenate([100 + rng.normal(0, 2, 60), np.full(100, 200.0)])
    found = baselines(y, np.array([59, 159]), 3, 60, 1, names=["ets-log"])["ets-log"]
    assert (found[0] < 120).all() and (found[1] > 180).all()


def test_constant_rows_are_followed_by_what_comes_after():
    y = np.append(np.full(60, 5.0), np.full(20, 50.0))
    found = baselines(y, np.array([59, 79]), 2, 60, 1, names=["linear-ar"])["linear-ar"]
    np.testing.assert_array_equal(found, [[5.0, 5.0], [50.0, 50.0]])
