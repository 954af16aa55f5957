"""Published and recomputed scores of naive forecasts on real data.

A pipeline that does not give these has a wrong split, scaler, window or metric.
"""

import numpy as np
import pandas as pd
import pytest
from rnnzoo import read_series
from rnnzoo.pipelines.evaluation import metrics
from rnnzoo.pipelines.forecasting.baselines.autoregression import DirectAR
from rnnzoo.pipelines.forecasting.baselines.naive import LastValue, SeasonalValue
from rnnzoo.pipelines.forecasting.preprocessing.scaling import Scaler
from rnnzoo.pipelines.training.windows import origins_between
from sklearn.linear_model import LinearRegression


def last_value(y, origins, horizon):
    return LastValue().roll(y, origins, horizon)[0]


def seasonal(y, origins, horizon, season):
    return SeasonalValue(season).roll(y, origins, horizon)[0]


@pytest.fixture(scope="module")
def etth1(data_folder):
    """All seven channels, z-scored with the first 8,640 rows."""
    values = pd.read_csv(data_folder / "ETTh1.csv.gz").drop(columns="date").to_numpy()
    return Scaler().fit(values[:8640]).transform(values)


@pytest.mark.parametrize(
    ("horizon", "repeat_last", "day_before"),
    [
        (96, (1.294, 0.713), (0.512, 0.433)),
        (192, (1.325, 0.733), (0.581, 0.469)),
        (336, (1.330, 0.746), (0.650, 0.501)),
        (720, (1.335, 0.755), (0.655, 0.514)),
    ],
)
def test_etth1(etth1, horizon, repeat_last, day_before):
    """MSE and MAE."""
    origins = origins_between(11520, 14400, horizon)
    targets = origins[:, None] + np.arange(1, horizon + 1)
    errors = []
    for y in etth1.T:
        naive = last_value(y, origins, horizon), seasonal(y, origins, horizon, season=24)
        errors.append(
            [(metrics.rmse(y[targets], f) ** 2, metrics.mae(y[targets], f)) for f in naive]
        )
    assert np.mean(errors, axis=0) == pytest.approx(np.array([repeat_last, day_before]), abs=1e-3)


@pytest.fixture(scope="module")
def melbourne(data_folder):
    """Hourly means 2002 to 2008, and the row where 2008 begins."""
    table = pd.read_csv(data_folder / "melbourne_temperature_halfhourly.csv.gz")
    times = pd.Timestamp("1899-12-30") + pd.to_timedelta(table["Date"], unit="D")
    times += pd.to_timedelta((table["Period"] - 1) * 30, unit="min")
    hourly = pd.Series(table["Temp"].to_numpy(), index=times).resample("h").mean()
    hourly = hourly["2002":"2008"]
    assert len(hourly) == 61368
    return hourly.to_numpy(), int((hourly.index < "2008").sum())


def errors_of_every_target(y, start):
    """MAE at 1, 6, 12 and 24 h of persistence and AR(48): every row from `start` on is a
    target, whatever its origin."""
    origins = np.arange(start - 24, len(y) - 1)
    targets = origins[:, None] + np.arange(1, 25)
    scored = (targets >= start) & (targets < len(y))
    truth = np.where(scored, y[np.minimum(targets, len(y) - 1)], np.nan)
    ar = DirectAR(48, 24).fit(y[:start]).predict(y, origins)
    by_lead = [metrics.mae(truth, f, axis=0) for f in (last_value(y, origins, 24), ar)]
    return np.array(by_lead)[:, [0, 5, 11, 23]]


def test_melbourne(melbourne):
    expected = [[0.695, 3.273, 4.566, 2.721], [0.437, 1.797, 2.336, 2.580]]
    assert errors_of_every_target(*melbourne) == pytest.approx(np.array(expected), abs=1e-3)


def one_step_of(lags, target, training):
    """Least squares on the training rows, its forecasts of the others."""
    model = LinearRegression().fit(lags[:training], target[:training])
    return model, model.predict(lags[training:])


def lagged(values, lags):
    """`(rows, lags)`: values so many rows before; the first rows are void."""
    return np.stack([np.roll(values, lag) for lag in lags], axis=1)


def test_aotizhongxin(data_folder):
    table = pd.read_csv(data_folder / "PRSA_Data_Aotizhongxin_20130301-20170228.csv.gz")
    table["time"] = pd.to_datetime(table[["year", "month", "day", "hour"]])
    series = read_series(table, time="time", target="TEMP", missing="interpolate")
    assert series.repairs == ("Column 'TEMP': 20 missing values were interpolated.",)
    y = series.values(["y"])[:, 0]
    expected = [[0.837, 3.702, 5.037, 2.402], [0.576, 1.825, 2.210, 2.293]]
    found = errors_of_every_target(y, int(0.8 * len(y)))
    assert found == pytest.approx(np.array(expected), abs=1e-3)


def test_m4_hourly(data_folder):
    """sMAPE and MASE; OWA of the seasonal naive."""
    tables = [
        pd.read_csv(data_folder / "m4" / f"Hourly-{name}.csv.gz", index_col=0)
        for name in ("train", "test", "naive2")
    ]
    histories = [row[~np.isnan(row)] for row in tables[0].to_numpy("float64")]
    truth, naive2 = (table.loc[tables[0].index].to_numpy("float64") for table in tables[1:])
    last = [np.array([len(y) - 1]) for y in histories]
    forecasts = {
        "naive": [last_value(y, o, 48)[0] for y, o in zip(histories, last, strict=True)],
        "seasonal": [seasonal(y, o, 48, 24)[0] for y, o in zip(histories, last, strict=True)],
        "naive2": naive2,
    }
    scale = np.array([metrics.naive_scale(y, 24) for y in histories])
    scores = {
        name: (metrics.smape(truth, np.array(f)), metrics.mase(truth, np.array(f), scale))
        for name, f in forecasts.items()
    }
    expected = {"naive": (43.003, 11.608), "seasonal": (13.912, 1.193), "naive2": (18.383, 2.395)}
    for name, score in expected.items():
        assert scores[name] == pytest.approx(score, abs=1e-3)
    assert metrics.owa(*scores["seasonal"], *scores["naive2"]) == pytest.approx(0.627, abs=1e-3)


def test_stocks(data_folder):
    """A share's close is its last one: what repeating it gives, and what AR(5) of returns adds."""
    found = []
    for path in sorted((data_folder / "stocks_djia").glob("*.csv.gz")):
        close = pd.read_csv(path)["Close"].to_numpy("float64")
        start = round(0.8 * len(close))
        truth, naive = close[start:], close[start - 1 : -1]
        steps = np.diff(np.log(close))
        first = start - 1  # of the returns of the test span
        _, forecast = one_step_of(lagged(steps, range(1, 6))[5:], steps[5:], first - 5)
        returns = steps[first:]
        found.append(
            (
                metrics.r_squared(truth, naive),
                100 * np.mean(np.abs(truth - naive) / truth),
                100 * np.mean(truth > naive),
                1 - np.sum((returns - forecast) ** 2) / np.sum(returns**2),
                100 * np.mean(np.sign(forecast) == np.sign(returns)),
            )
        )
    assert len(found) == 31
    expected = [0.991, 0.86, 52.5, -0.005, 50.8]
    off = np.abs(np.median(found, axis=0) - expected)
    assert (off <= [0.0005, 0.005, 0.05, 0.0005, 0.05]).all()


def test_airline(data_folder):
    y = pd.read_csv(data_folder / "airline-passengers.csv").iloc[:, 1].to_numpy("float64")
    start = int(len(y) * 0.67)
    origins = origins_between(start, len(y), 1)
    truth = y[origins + 1][:, None]
    assert metrics.rmse(truth, last_value(y, origins, 1)) == pytest.approx(48.0, abs=0.05)
    assert metrics.rmse(truth, seasonal(y, origins, 1, 12)) == pytest.approx(41.9, abs=0.05)


def test_gas_furnace(data_folder):
    """Linear ARX (y 1-2, u 3-5): one step ahead, and run freely on its own output."""
    u, y = pd.read_csv(data_folder / "gasrate_co2.csv").to_numpy("float64").T
    start = round(0.7 * len(y))
    truth = y[start:]
    assert np.mean((truth - y[start - 1 : -1]) ** 2) == pytest.approx(0.569, abs=1e-3)
    inputs = np.hstack([lagged(y, [1, 2]), lagged(u, [3, 4, 5])])
    model, one_step = one_step_of(inputs[5:], y[5:], start - 5)
    assert np.mean((truth - one_step) ** 2) == pytest.approx(0.207, abs=1e-3)
    free = y.copy()
    for t in range(start, len(y)):
        now = [free[t - 1], free[t - 2], u[t - 3], u[t - 4], u[t - 5]]
        free[t] = model.predict([now])[0]
    assert np.mean((truth - free[start:]) ** 2) == pytest.approx(2.13, abs=5e-3)
