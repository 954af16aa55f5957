"""NARX networks that start at a linear ARX forecast, with delays chosen from the training rows."""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import Forecaster, read_panel
from rnnzoo.pipelines.forecasting.strategies.arx import RIDGE
from rnnzoo.zoo.cells import NARX
from sklearn.linear_model import Ridge

ROWS, TRAINING = 300, 240  # the first ones train, the last fifth validates
DELAYS = {"input_delays": [0, 3], "feedback_delays": [1, 2]}
LOOKBACK = {"lookback": 16, "refit": False}
START = {"epochs": 1, "learning_rate": 1e-9, **LOOKBACK}  # as good as untrained


@pytest.fixture(scope="module")
def system():
    """An output with two poles that follows its input after three rows."""
    rng = np.random.default_rng(0)
    u, y = rng.normal(size=ROWS), np.zeros(ROWS)
    for t in range(4, ROWS):
        fed = 1.3 * y[t - 1] - 0.6 * y[t - 2]
        y[t] = fed + 0.8 * u[t - 3] + 0.4 * u[t - 4] + 0.2 * np.tanh(u[t - 3]) ** 2
        y[t] += 0.05 * rng.normal()
    return pd.DataFrame(
        {"ds": pd.date_range("2024", periods=ROWS, freq="h"), "y": 5 + 3 * y, "u": u}
    )


def fitted(table, future=("u",), past=(), **settings):
    return Forecaster("narx", **settings).fit(table, future=list(future), past=list(past))


def arx(table, Dx, Dy, scaled_on):
    """The ridge regression by hand, in units of the training rows; forecasts from any history."""
    one, u = table["y"].to_numpy(), table["u"].to_numpy()
    m, s = one[:scaled_on].mean(), one[:scaled_on].std()
    y, x = (one - m) / s, (u - u[:scaled_on].mean()) / u[:scaled_on].std()
    reach = max(*Dx, *Dy)

    def read(y, t):
        return [*(y[t - j] for j in Dy), *(x[t - i] for i in Dx)]

    at = range(reach, scaled_on)
    ridge = Ridge(alpha=RIDGE * len(at)).fit([read(y, t) for t in at], y[reach:scaled_on])
    return lambda known, t: ridge.predict([read((np.asarray(known) - m) / s, t)])[0] * s + m


def test_it_starts_at_the_least_squares_arx_forecast(system):
    forecaster = fitted(system, horizon=3, cell_options=DELAYS, **START)
    forecast = arx(system, DELAYS["input_delays"], DELAYS["feedback_delays"], TRAINING)
    result = forecaster.warm_up(system[:250])
    ahead = result.predict(future=system[["ds", "u"]][250:290], horizon=40)["yhat"]
    known = system["y"].tolist()[:250]
    for t in range(250, 290):
        known.append(forecast(known, t))
    np.testing.assert_allclose(ahead, known[250:], atol=2e-3)


def test_it_chooses_the_order_and_the_dead_time(system):
    linear = system.assign(y=system["y"])
    delays = fitted(linear, **LOOKBACK, epochs=1, units=2).recipe_.delays
    assert delays["input_delays"][0] == 3 and 4 in delays["input_delays"]
    assert delays["feedback_delays"][:2] == [1, 2]


def test_a_series_alone_has_feedback_delays_alone(system):
    one = Forecaster("narx", **START, units=2).fit(system[["ds", "y"]])
    assert one.recipe_.delays["input_delays"] == []
    short = Forecaster("narx", epochs=1, units=2, lookback=1, refit=False).fit(system[["ds", "y"]])
    assert short.recipe_.delays["feedback_delays"] == [1]


def test_later_rows_choose_nothing(system):
    changed = system.copy()
    changed.loc[TRAINING:, "y"] = np.random.default_rng(1).normal(size=ROWS - TRAINING)
    one, other = (fitted(table, **START, units=2) for table in (system, changed))
    assert one.recipe_.delays == other.recipe_.delays
    cells = [forecaster.strategy_.network.get_weights() for forecaster in (one, other)]
    for a, b in zip(*cells, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(
    "given",
    [DELAYS, {"feedback_delays": [2, 5]}, {"input_delays": [1]}, {"input_delays": [0, 1, 7]}],
)
def test_delays_that_are_given_are_used(system, given):
    forecaster = fitted(system, cell_options=given, **START, units=2)
    cell = forecaster.strategy_.cell
    assert {name: getattr(cell, name) for name in given} == given
    assert not given.keys() & forecaster.recipe_.delays.keys()
    assert max(cell.feedback_delays) <= 12


def test_all_of_its_weights_learn(system):
    settings = {"units": 3, "cell_options": DELAYS, **LOOKBACK}
    start = fitted(system, epochs=1, learning_rate=1e-9, **settings)
    trained = fitted(system, epochs=5, **settings)
    pairs = zip(*(f.strategy_.network.weights for f in (start, trained)), strict=True)
    for one, other in pairs:
        assert np.abs(np.asarray(one) - np.asarray(other)).max() > 1e-6, one.path


def test_a_saved_one_continues(system, tmp_path):
    forecaster = fitted(system[:280], epochs=3, units=3, lookback=16)
    again = Forecaster.load(forecaster.save(tmp_path / "model"))
    assert again.recipe_ == forecaster.recipe_ and again.recipe_.delays
    ahead = system[["ds", "u"]][280:]
    for one in (forecaster, again):
        one.update(system[280:282])
    expected, found = (
        one.predict(future=ahead[2:], horizon=5)["yhat"] for one in (forecaster, again)
    )
    np.testing.assert_array_equal(found, expected)


def test_another_fit_with_its_recipe_has_its_delays(system):
    forecaster = fitted(system, epochs=1, units=2, **LOOKBACK)
    given = forecaster.with_recipe()
    assert given.cell_options == forecaster.recipe_.delays


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, True),
        ({"head": "student_t"}, True),
        ({"cell_options": {"linear_path": False}}, False),
        ({"cell_options": {"output_activation": "tanh"}}, False),
        ({"head": "negative_binomial"}, False),
        ({"cell": lambda units: NARX(units)}, False),
        ({"cell": NARX(3, linear_path=True)}, True),
        ({"cell": NARX}, True),
        ({"cell": "gru", "strategy": "closed_loop"}, False),
    ],
)
def test_which_networks_have_a_linear_path(settings, expected):
    assert Forecaster(**{"cell": "narx"} | settings).settings.linear_path is expected


def test_a_head_starts_at_the_linear_forecast_too(system):
    plain, head = (
        fitted(system, horizon=3, cell_options=DELAYS, **START, **more)
        for more in ({}, {"head": "normal"})
    )
    ahead = system[["ds", "u"]][250:253]
    expected, found = (f.warm_up(system[:250]).predict(future=ahead) for f in (plain, head))
    np.testing.assert_allclose(found["yhat"], expected["yhat"], atol=1e-3)


def test_past_covariates_have_linear_forecasts_of_their_own(system):
    table = system.assign(slow=system["y"].rolling(4, min_periods=1).mean() + 1)
    forecaster = fitted(table, past=["slow"], horizon=4, **START)
    A = np.asarray(forecaster.strategy_.cell.A)
    assert A.shape[1] == 2 and np.abs(A).min(axis=0).max() > 0
    forecast = forecaster.predict(future=later(table, 4))
    assert np.isfinite(forecast["yhat"]).all()


def test_missing_values_are_marked_at_every_delay(system):
    holes = system.copy()
    holes.loc[[50, 51, 120], "y"] = np.nan
    panel = read_panel(holes, future=["u"], missing="mask")
    forecaster = Forecaster("narx", **START).fit(panel)
    delays = forecaster.recipe_.delays
    assert {0, *delays["feedback_delays"]} <= set(delays["input_delays"])
    assert np.isfinite(forecaster.predict(future=later(system, 1))["yhat"]).all()


def later(table, rows):
    times = pd.date_range(table["ds"].iloc[-1], periods=rows + 1, freq="h")[1:]
    return pd.DataFrame({"ds": times, "u": 0.5})
