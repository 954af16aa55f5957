"""Values near the edges of floating point: right numbers, or an error at once."""

import copy

import numpy as np
import pandas as pd
import pytest
from rnnzoo import DataError, FitError, Forecaster

DAYS = pd.date_range("2020-01-01", periods=120)
NOISE = np.random.default_rng(0).normal(0, 0.1, 120)
Y = 5 + np.sin(np.arange(120) * 2 * np.pi / 7) + NOISE
SMALL = {"horizon": 3, "lookback": 14, "units": 4, "epochs": 2, "refit": False}


def table(unit=1.0):
    return pd.DataFrame({"ds": DAYS, "y": Y * unit, "x": NOISE * unit})


def fit(frame, **settings):
    return Forecaster(**{"cell": "gru"} | SMALL | settings).fit(frame, past=["x"])


@pytest.fixture(scope="module")
def forecaster():
    return Forecaster("gru", **SMALL).fit(table().drop(columns="x"))


@pytest.mark.parametrize("scaling", ["z-score", "robust", "running"])
def test_forecasts_do_not_depend_on_the_unit(scaling):
    usual, huge, tiny = (
        fit(table(unit), scaling=scaling).predict(level=[80]).iloc[:, 4:].to_numpy() / unit
        for unit in (1.0, 1e98, 1e-98)
    )
    np.testing.assert_allclose(huge, usual, rtol=1e-4)
    np.testing.assert_allclose(tiny, usual, rtol=1e-4)


@pytest.mark.parametrize("role", ["y", "past", "future", "static"])
@pytest.mark.parametrize("value", [1e101, -1.7e308])
def test_a_value_whose_square_is_none_is_refused(role, value):
    frame = table()
    column = "y" if role == "y" else "x"
    rows = slice(None) if role == "static" else [5]
    frame.loc[rows, column] = value
    roles = {} if role == "y" else {role: ["x"]}
    used = frame.drop(columns="x") if role == "y" else frame
    with pytest.raises(DataError, match=f"{column!r} has .* beyond 1e\\+100, first at row"):
        Forecaster("gru", **SMALL).fit(used.assign(unique_id="a"), **roles)


def test_a_series_whose_squares_are_none_is_refused():
    both = pd.concat([table().assign(unique_id="a"), table(1e-150).assign(unique_id="b")])
    with pytest.raises(DataError, match="no value of at least 1e-100 in series 'b'"):
        fit(both)


def test_a_series_of_zeros_is_none_of_tiny_values():
    constant = table().assign(y=0.0)
    with pytest.warns(UserWarning, match="throughout"):
        assert fit(constant).predict()["yhat"].abs().max() < 1


def test_new_rows_are_checked_too(forecaster):
    day = DAYS[-1] + pd.Timedelta("1D")
    with pytest.raises(DataError, match="beyond 1e\\+100"):
        forecaster.update(pd.DataFrame({"ds": [day], "y": [1e200]}))


def test_no_forecast_that_is_not_finite_leaves():
    day = DAYS[-1] + pd.Timedelta("1D")
    forecaster = Forecaster("irnn", **SMALL).fit(table().drop(columns="x"))
    far = copy.deepcopy(forecaster)
    with pytest.warns(UserWarning, match="standard deviations"):
        far.update(pd.DataFrame({"ds": [day], "y": [1e90]}))
    with pytest.raises(FitError, match="no finite forecast from lead 1 on.*warm_up"):
        far.predict()
    far.warm_up(table().drop(columns="x"))  # as the message says
    pd.testing.assert_frame_equal(far.predict(), forecaster.predict())
