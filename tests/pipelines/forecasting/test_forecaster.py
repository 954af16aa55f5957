import warnings

import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, DataError, FitError, Forecaster
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

COLUMNS = {"time": "day", "target": "sales", "past": ["wind"], "future": ["holiday"]}
TRAINING = 320


def after(waves, rows=TRAINING, count=5):
    return waves[rows : rows + count][["day", "holiday"]]


def test_the_forecast_is_a_frame_as_forecasters_know_it(gru, waves):
    forecast = gru.predict(future=after(waves))
    assert forecast.columns.tolist() == ["unique_id", "ds", "cutoff", "step", "yhat"]
    assert forecast["ds"].tolist() == waves["day"][TRAINING : TRAINING + 5].tolist()
    assert (forecast["cutoff"] == waves["day"][TRAINING - 1]).all()
    assert forecast["step"].tolist() == [1, 2, 3, 4, 5]
    assert forecast["yhat"].between(waves["sales"].min(), waves["sales"].max()).all()


def test_fitting_on_a_history_leaves_its_state(forecaster, waves):
    """`fit`, then `predict()` = `predict` of the same history."""
    left = forecaster.predict(future=after(waves))
    given = forecaster.predict(waves[:TRAINING], future=after(waves))
    pd.testing.assert_frame_equal(left, given)


def test_streamed_is_batch(forecaster, waves):
    """Law 5: reading row by row, or in pieces, leaves the state of reading at once."""
    forecaster.warm_up(waves[:300])
    for first, last in ((300, 301), (301, 302), (302, 320)):
        forecaster.update(waves[first:last])
    streamed = forecaster.predict(future=after(waves))
    batch = forecaster.predict(waves[:TRAINING], future=after(waves))
    np.testing.assert_allclose(streamed["yhat"], batch["yhat"], rtol=1e-5)
    assert streamed["cutoff"].equals(batch["cutoff"])


def test_the_last_observation_changes_the_forecast(forecaster, waves):
    """Law 3."""
    changed = waves[:TRAINING].copy()
    changed.loc[TRAINING - 1, "sales"] += 3
    before = forecaster.predict(waves[:TRAINING], future=after(waves))
    then = forecaster.predict(changed, future=after(waves))
    assert (np.abs(before["yhat"] - then["yhat"]) > 1e-4).any()


def test_a_future_row_moves_its_own_lead_alone(gru, waves):
    future = after(waves).copy()
    before = gru.predict(future=future)["yhat"]
    future.iloc[2, 1] = 1 - future.iloc[2, 1]
    moved = gru.predict(future=future)["yhat"] != before
    assert moved.tolist() == [False, False, True, False, False]


def test_in_a_closed_loop_a_future_row_moves_its_lead_and_those_after(forecasters, waves):
    narx = forecasters["closed loop, fed back by itself"].warm_up(waves[:TRAINING])
    future = after(waves).copy()
    before = narx.predict(future=future)["yhat"]
    future.iloc[2, 1] = 1 - future.iloc[2, 1]
    moved = narx.predict(future=future)["yhat"] != before
    assert moved.tolist() == [False, False, True, True, True]


def test_fewer_leads_are_the_first_ones(forecaster, waves):
    whole = forecaster.predict(future=after(waves))
    count = 5 if forecaster.strategy == "segment" else 2  # it reads whole segments ahead
    short = forecaster.predict(future=after(waves, count=count), horizon=2)
    np.testing.assert_allclose(short["yhat"], whole["yhat"][:2], rtol=1e-6)


def test_more_leads_only_in_a_closed_loop(forecasters, waves):
    narx = forecasters["closed loop, fed back by itself"]
    assert len(narx.predict(future=after(waves, count=40), horizon=40)) == 40
    with pytest.raises(ArgumentError, match=r"5 leads it was fitted for. Received: horizon=6"):
        forecasters["stateful"].predict(future=after(waves, count=6), horizon=6)


def test_no_global_seed_is_left_behind(waves):
    np.random.seed(11)
    expected = np.random.RandomState(11).rand()
    Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(waves[:120], **COLUMNS)
    assert np.random.rand() == expected


def test_what_fit_learns_needs_no_future(waves):
    """Nothing after the rows given to `fit` can reach it, and the scaler stops earlier."""
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1, validation=0.25, refit=False)
    forecaster.fit(waves[:160], **COLUMNS)
    training = waves["sales"][:120]
    scaler = forecaster.transform_.known_["sales"]
    assert scaler.mean_[0] == pytest.approx(training.mean())
    assert scaler.scale_[0] == pytest.approx(training.std(ddof=0))


@pytest.mark.parametrize("strategy", ["stateful", "closed_loop", "segment"])
def test_the_final_network_is_trained_on_all_rows(strategy, waves):
    """For as many steps as the first one, which the validation rows did not train; the errors are
    those of the first."""
    tiny = {"horizon": 2, "lookback": 8, "units": 2, "epochs": 2, "batch_size": 512}
    first, final = (
        Forecaster(strategy=strategy, refit=refit, **tiny).fit(waves[:160], **COLUMNS)
        for refit in (False, True)
    )
    assert final.transform_.known_["sales"].mean_[0] == pytest.approx(waves["sales"][:160].mean())
    future = waves[160:162]
    forecasts = [one.predict(future=future)["yhat"] for one in (first, final)]
    assert not np.allclose(*forecasts, rtol=1e-6)
    errors = [one.fitted_.errors for one in (first, final)]
    np.testing.assert_array_equal(errors[0].window, errors[1].window)


def test_it_is_a_scikit_learn_estimator():
    forecaster = Forecaster("lstm", horizon=3, units=9)
    twin = clone(forecaster)
    assert twin.get_params() == forecaster.get_params()
    assert repr(twin) == "Forecaster(cell='lstm', horizon=3, units=9)"


def test_a_series_with_a_datetime_index(waves):
    series = waves.set_index("day")["sales"]
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(series[:120])
    assert len(forecaster.predict(series[:150])) == 2


def test_a_network_learns(fit, waves):
    """A few epochs beat every naive forecast on waves that are predictable."""
    result = fit(epochs=25, units=16, learning_rate=0.02).backtest(waves)
    assert result.scores()["skill"] > 0.3


@pytest.mark.parametrize(
    ("setting", "value", "error"),
    [
        ("horizon", 0, ValueError),
        ("horizon", -3, ValueError),
        ("horizon", 2.5, TypeError),
        ("horizon", True, TypeError),
        ("horizon", "2", TypeError),
        ("lookback", 0, ValueError),
        ("units", 0, ValueError),
        ("epochs", 0, ValueError),
        ("seed", -1, ValueError),
        ("seed", 2**32, ValueError),
        ("difference", "no", ValueError),
        ("learning_rate", 0, ValueError),
        ("cell_options", "x", TypeError),
        ("validation", 1.0, ValueError),
        ("learning_rate", "fast", TypeError),
        ("cell", "gruu", ValueError),
        ("strategy", "open", ValueError),
    ],
)
def test_settings_that_cannot_be_used(waves, setting, value, error):
    forecaster = Forecaster(**{"lookback": 8, setting: value})
    with pytest.raises(error, match=f"`{setting}`.*Received: {setting}="):
        forecaster.fit(waves, **COLUMNS)
    assert not hasattr(forecaster, "schema_")


def test_an_unknown_cell_names_the_nearest(waves):
    with pytest.raises(ArgumentError, match="Did you mean gru"):
        Forecaster("gruu").fit(waves, **COLUMNS)


def test_a_cell_in_a_strategy_that_it_does_not_serve(waves):
    with pytest.raises(ArgumentError, match="`narx` serves closed_loop, not stateful: its output"):
        Forecaster("narx", strategy="stateful").fit(waves, **COLUMNS)
    with pytest.raises(ArgumentError, match="cannot be stacked.*layers=2"):
        Forecaster("jordan", strategy="closed_loop", layers=2).fit(waves, **COLUMNS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"peepholes": True}, "do not fit the cell gru.*peepholes"),
        ({"reset": "never"}, "do not fit the cell gru.*reset='never'"),
        ({"units": 3}, "must not hold units: the pipeline sets them"),
    ],
)
def test_options_that_do_not_fit_the_cell(waves, options, message):
    with pytest.raises(ArgumentError, match=message):
        Forecaster("gru", lookback=8, cell_options=options).fit(waves, **COLUMNS)


def test_input_delays_without_an_input_are_refused(waves):
    forecaster = Forecaster("narx", lookback=8, cell_options={"input_delays": [0, 1]})
    with pytest.raises(ArgumentError, match="need an exogenous input.*input_delays="):
        forecaster.fit(waves, time="day", target="sales")


def test_settings_changed_after_a_fit_do_not_change_it(gru, waves):
    try:
        gru.set_params(horizon=9)
        assert len(gru.predict(future=after(waves))) == 5
        assert gru.backtest(waves).horizon == 5
    finally:
        gru.set_params(horizon=5)


def test_a_holiday_is_passed_over_and_a_hole_is_not(waves):
    days = pd.bdate_range("2020-01-01", periods=200).delete([60, 150])
    prices = pd.Series(waves["sales"].to_numpy()[:198], index=days)
    forecaster = Forecaster(horizon=2, lookback=8, units=2, epochs=1).fit(prices[:149])
    assert days[149] - days[148] > pd.Timedelta(days=1)
    forecaster.update(prices[149:151]).update(prices[151:152])
    with pytest.raises(DataError, match="must follow"):
        forecaster.update(prices[170:])


def test_too_few_rows(waves):
    with pytest.raises(DataError, match="at least 27 rows .*look-back 16 .* has 20"):
        Forecaster(horizon=5, lookback=16, validation=0.3).fit(waves[:20], **COLUMNS)


def test_too_little_history(gru, waves):
    with pytest.raises(DataError, match="at least 16 rows .*look-back.* has 9"):
        gru.predict(waves[:9], future=after(waves, rows=9))


def test_rows_that_do_not_follow(gru, waves):
    with pytest.raises(DataError, match="must follow 2020-11-15.*a first row at 2020-11-17"):
        gru.update(waves[TRAINING + 1 : TRAINING + 3])


@pytest.mark.parametrize(
    ("future", "message"),
    [
        (lambda waves: None, "holiday"),
        (lambda waves: after(waves, count=3), "2020-11-19"),
        (lambda waves: after(waves).drop(columns="holiday"), "holiday"),
    ],
    ids=["none", "part of the horizon", "no such column"],
)
def test_covariates_that_do_not_cover_the_horizon(gru, waves, future, message):
    with pytest.raises(DataError, match=message):
        gru.predict(future=future(waves))


def test_a_missing_column(gru, waves):
    with pytest.raises(DataError, match="wind"):
        gru.predict(waves[:100].drop(columns="wind"), future=after(waves, rows=100))


def test_reordered_columns_are_found_by_name(gru, waves):
    future = after(waves, rows=100)
    there = gru.predict(waves[:100], future=future)
    turned = gru.predict(waves[:100][waves.columns[::-1]], future=future)
    pd.testing.assert_frame_equal(there, turned)


def test_a_new_column_is_ignored_with_a_warning(gru, waves):
    future = after(waves, rows=100)
    with pytest.warns(UserWarning, match="extra"):
        gru.predict(waves[:100].assign(extra=1.0), future=future)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gru.predict(waves[:100], future=future)


def test_before_fit():
    for use in (Forecaster().predict, lambda: Forecaster().backtest(None)):
        with pytest.raises(NotFittedError, match="call `fit` or `load` first"):
            use()


def test_a_fit_that_diverges_leaves_what_was_there(gru, waves):
    explosive = {"activation": "exponential"}
    forecaster = Forecaster("rnn", horizon=2, lookback=8, cell_options=explosive, epochs=3)
    with pytest.raises(FitError, match="Training diverged in epoch 1.*Lower `learning_rate`"):
        forecaster.fit(waves, **COLUMNS)
    assert not hasattr(forecaster, "fitted_")
    forecaster.fitted_ = gru.fitted_
    with pytest.raises(FitError):
        forecaster.fit(waves, **COLUMNS)
    assert forecaster.fitted_ is gru.fitted_
