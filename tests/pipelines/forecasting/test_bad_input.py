"""Bad input at fitting and forecasting, by the numbers of the table of faults that
`tests/datasets/test_bad_input.py` begins: what a user gets to read."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, ArgumentTypeError, DataError, Forecaster, sequence
from rnnzoo.pipelines.evaluation.intervals import check_levels
from rnnzoo.zoo.cells import GRU
from rnnzoo.zoo.losses import MeanSquared

COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}


def after(waves, rows=320, count=5):
    return waves[rows : rows + count][["day", "holiday"]]


def several(waves):
    ids = [waves[:60].assign(unique_id="a"), waves[:60].assign(unique_id="b")]
    return Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(pd.concat(ids), **COLUMNS)


def fit(waves, rows=320, **settings):
    return Forecaster(**{"horizon": 5, "lookback": 16} | settings).fit(waves[:rows], **COLUMNS)


REFUSED = {
    "24 shorter than look-back and horizon": (
        lambda gru, waves: fit(waves, rows=20),
        (DataError, r"needs at least 26 rows \(look-back 16 \+ horizon 5 to train on.*has 20"),
    ),
    "26 a single row": (
        lambda gru, waves: fit(waves, rows=1),
        (DataError, "1 row; it needs at least 2"),
    ),
    "40 no known-future covariates": (
        lambda gru, waves: gru.predict(),
        (DataError, "'holiday' for 2020-11-16 to 2020-11-20"),
    ),
    "41 they cover a part of the horizon": (
        lambda gru, waves: gru.predict(future=after(waves, count=3)),
        (DataError, "2 of 5 times are missing, the first 2020-11-19"),
    ),
    "42 a column is missing": (
        lambda gru, waves: gru.predict(waves[:100].drop(columns="wind")),
        (DataError, "fitted with columns that are not here: 'wind'"),
    ),
    "46 another frequency": (
        lambda gru, waves: gru.predict(waves[:100:2]),
        (DataError, "where 'D' is expected"),
    ),
    "47 a series that was not fitted": (
        lambda gru, waves: several(waves).predict(waves[:60].assign(unique_id="c")),
        (DataError, "'c'"),
    ),
    "48 fewer rows than the look-back": (
        lambda gru, waves: gru.predict(waves[:9], future=after(waves, rows=9)),
        (DataError, "needs at least 16 rows .the look-back., has 9"),
    ),
    "49 targets wider than the output": (
        lambda gru, waves: _fit_too_wide(),
        (ArgumentError, "same channels.*1\\)"),
    ),
    "50 horizon 0": (lambda g, w: fit(w, horizon=0), (ArgumentError, "`horizon` must be at least")),
    "50 horizon below 0": (lambda g, w: fit(w, horizon=-1), (ArgumentError, "horizon=-1")),
    "50 horizon 2.5": (lambda g, w: fit(w, horizon=2.5), (ArgumentTypeError, "whole number")),
    "50 horizon True": (lambda g, w: fit(w, horizon=True), (ArgumentTypeError, "horizon=True")),
    "50 horizon as text": (lambda g, w: fit(w, horizon="2"), (ArgumentTypeError, "horizon='2'")),
    "51 more leads than fitted": (
        lambda gru, waves: gru.predict(future=after(waves, count=6), horizon=6),
        (ArgumentError, "5 leads it was fitted for. Received: horizon=6"),
    ),
    "52 quantile 0": (lambda g, w: check_levels([0.0, 0.5]), (ArgumentError, "above 0")),
    "52 quantile 1": (lambda g, w: check_levels([0.5, 1]), (ArgumentError, "below 1")),
    "52 unsorted": (lambda g, w: check_levels([0.9, 0.1]), (ArgumentError, "rising")),
    "52 none": (lambda g, w: check_levels([]), (ArgumentError, r"at least one.*levels=\[\]")),
    "53 a validation span with nothing to train on": (
        lambda gru, waves: fit(waves, rows=60, validation=0.9),
        (DataError, r"54 to validate on\), has 60"),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(what, gru, waves):
    call, (error, words) = REFUSED[what]
    with pytest.raises(error, match=words):
        call(gru, waves)


def test_4_a_constant_series_is_fitted_with_a_warning_and_its_mase_is_undefined():
    flat = pd.Series(np.full(120, 7.0), pd.date_range("2020", periods=120), name="y")
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1)
    with pytest.warns(UserWarning, match="'y' is 7 throughout its first rows"):
        forecaster.fit(flat[:100])
    result = forecaster.backtest(flat)
    scores = result.leaderboard.set_index("model")
    assert scores["mase"].isna().all() and (scores.loc["naive-last", "mae"] == 0)
    assert np.isfinite(result.forecasts["gru"]).all()


def test_43_and_44_columns_go_by_their_names(gru, waves):
    turned = waves[:100][waves.columns[::-1]].assign(extra=1.0)
    with pytest.warns(UserWarning, match="'extra' were not used"):
        found = gru.predict(turned, future=after(waves, rows=100))
    expected = gru.predict(waves[:100], future=after(waves, rows=100))
    pd.testing.assert_frame_equal(found, expected)


def test_45_another_unit_is_noticed(gru, waves):
    kelvin = waves[:100].assign(sales=waves["sales"][:100] + 273.15)
    with pytest.warns(UserWarning, match="'sales' has 100 values further than 10.*same"):
        gru.predict(kelvin, future=after(waves, rows=100))


def test_48_of_a_longer_history_all_is_read(gru, waves):
    longer = gru.predict(waves[:200], future=after(waves, rows=200))
    shorter = gru.predict(waves[180:200], future=after(waves, rows=200))
    assert len(longer) == len(shorter) == 5
    assert not np.array_equal(longer["yhat"], shorter["yhat"])


def test_52_quantiles_never_cross(gru, waves):
    found = gru.backtest(waves, baselines=()).quantiles([0.1, 0.3, 0.5, 0.7, 0.9])
    steps = np.diff(found, axis=0)
    assert (steps[~np.isnan(steps)] >= 0).all() and np.isfinite(steps).any()


def _fit_too_wide():
    model = sequence([GRU(2)], inputs=2, outputs=1, kind="many_to_many")
    model.compile("sgd", MeanSquared())
    model.fit(np.zeros((4, 5, 2)), np.zeros((4, 5, 3)), verbose=0)
