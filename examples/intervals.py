"""Intervals: how sure a forecast is, of each day and of a week, and whether that can be believed.

    python examples/intervals.py [FOLDER]

Seattle's daily maximum, a week ahead. The network is fitted without the last 365 days, the year
2015, on which its intervals are tested, next to those of the baselines. It is then trained on all
days, and forecasts the week after the table: intervals, quantiles, and samples, from which the
interval of the week's mean follows. Charts are saved in FOLDER, by default `intervals`.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from rnnzoo import Forecaster, load_dataset
from rnnzoo.pipelines.forecasting.backtest.charts import fan_chart, pit_chart, reliability_chart

HORIZON, YEAR = 7, 365


def main(folder: Path) -> None:
    weather = load_dataset("seattle-weather")
    forecaster = Forecaster("elman", HORIZON, lookback=28, units=16, difference="step")
    forecaster.fit(weather[:-YEAR])

    result = forecaster.backtest(weather)
    print("CRPS, °C, and 80 % intervals: coverage, in the worst tenth of the year, mean width:")
    columns = ["model", "crps", "coverage", "worst", "width", "winkler"]
    print(result.distributions[columns].round(3).to_string(index=False))
    print("\nThe network's intervals, nominal and actual share of the truth inside:")
    print(result.intervals()[["nominal", "coverage", "width"]].round(3).to_string(index=False))

    forecaster = forecaster.retrained(weather)
    print("\nThe week that follows, °C, trained on all days:")
    forecast = forecaster.predict(level=[80, 95])
    print(shown(forecast))
    print("\nThe same as quantiles:")
    print(shown(forecaster.predict(quantiles=[0.1, 0.5, 0.9])))

    # a sample is a whole week: a warm day is often followed by another one
    samples = forecaster.predict(samples=2000)
    means = samples.groupby("sample")["yhat"].mean()
    low, high = np.quantile(means, [0.1, 0.9])
    print(f"\nMean of the week: in 80 of 100 cases between {low:.1f} and {high:.1f} °C.")
    ends = forecast[["yhat-lo-80", "yhat-hi-80"]].mean()
    print(f"The ends of the daily intervals, averaged, say {ends.iloc[0]:.1f} to ", end="")
    print(f"{ends.iloc[1]:.1f}: too wide, as errors of different days partly cancel.")

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in {
        "intervals.png": fan_chart(result),
        "reliability.png": reliability_chart(result),
        "pit.png": pit_chart(result),
    }.items():
        figure.savefig(folder / name)
    print(f"\nCharts are in {folder}")


def shown(forecast: pd.DataFrame) -> str:
    columns = ["ds", *(name for name in forecast if str(name).startswith("yhat"))]
    return forecast[columns].to_string(index=False, float_format="{:.1f}".format)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "intervals"))
