"""Published and recomputed scores of naive forecasts on real data.

A pipeline that does not give these has a wrong split, scaler, window or metric.
"""

import numpy as np
import pandas as pd
import pytest
from rnnzoo.pipelines import metrics
from rnnzoo.pipelines.forecasting.baselines import DirectAR, last_value, seasonal
from rnnzoo.pipelines.scaling import Scaler
from rnnzoo.pipelines.windows import origins_between


@pytest.fixture(scope="module")
def etth1(data_folder):
    """All seven channels, z-scored with the first 8,640 rows."""
    values = pd.read_csv(data_folder / "ETTh1.csv.gz").drop(columns="date").to_numpy()
    return Scaler().fit(values[:8640]).transform(values)


@pytest.mark.parametrize(
    ("horizon", "repeat_last", "day_before"),
    [(96, 1.294, 0.512), (192, 1.325, 0.581), (336, 1.330, 0.650), (720, 1.335, 0.655)],
)
def test_etth1(etth1, horizon, repeat_last, day_before):
    origins = origins_between(11520, 14400, horizon)
    targets = origins[:, None] + np.arange(1, horizon + 1)
    errors = np.array(
        [
            [
                np.mean((last_value(y, origins, horizon) - y[targets]) ** 2),
                np.mean((seasonal(y, origins, horizon, season=24) - y[targets]) ** 2),
            ]
            for y in etth1.T
        ]
    )
    assert errors.mean(axis=0) == pytest.approx([repeat_last, day_before], abs=1e-3)


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


@pytest.mark.parametrize(
    ("forecaster", "expected"),
    [("persistence", [0.695, 3.273, 4.566, 2.721]), ("AR(48)", [0.437, 1.797, 2.336, 2.580])],
)
def test_melbourne_every_target_of_2008(melbourne, forecaster, expected):
    y, start = melbourne
    origins = np.arange(start - 24, len(y) - 1)
    targets = origins[:, None] + np.arange(1, 25)
    scored = (targets >= start) & (targets < len(y))
    truth = np.where(scored, y[np.minimum(targets, len(y) - 1)], np.nan)
    if forecaster == "persistence":
        forecast = last_value(y, origins, 24)
    else:
        forecast = DirectAR(48, 24).fit(y[:start]).predict(y, origins)
    by_lead = metrics.mae(truth, forecast, axis=0)
    assert by_lead[[0, 5, 11, 23]] == pytest.approx(expected, abs=1e-3)
