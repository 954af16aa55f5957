"""Temperature: score a forecast, then make the same forecasts day by day from the network's state.

    python examples/temperature.py [FOLDER]

Seattle's daily maximum, a week ahead. The network is fitted without the last 365 days, the year
2015. It forecasts from each day of that year, and is compared with six baselines that need no
network. Charts are saved in FOLDER, by default `temperature`.
"""

import sys
from pathlib import Path

import numpy as np
from rnnzoo import Forecaster, load_dataset
from rnnzoo.pipelines.forecasting.backtest.charts import fan_chart, forecast_chart, lead_chart

HORIZON, YEAR = 7, 365


def main(folder: Path) -> None:
    weather = load_dataset("seattle-weather")
    forecaster = Forecaster("elman", HORIZON, lookback=28, units=16, difference="step")
    forecaster.fit(weather[:-YEAR])

    result = forecaster.backtest(weather, audit=True)
    print(f"{len(result.origins)} forecasts, °C; skill is against {result.reference}")
    print(result.leaderboard.drop(columns="seconds").round(3).to_string(index=False))
    print(f"\n{result.audit}\n")

    tests = result.tests
    ours = tests[tests["model"] == result.model]
    print(f"Is {result.model} better than {result.reference}? Diebold and Mariano test, by lead:")
    print(ours.drop(columns="model").round(4).to_string(index=False))

    print("\nIntervals from errors known at the time, and their coverage of the truth:")
    print(result.intervals().round(3).to_string(index=False))

    streamed = stream(forecaster, weather)
    same = np.abs(streamed - result.forecasts[result.model]).max()
    print(f"\nForecasts made day by day from the state differ by at most {same:.0e} °C.")

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in {
        "forecast.png": forecast_chart(result),
        "intervals.png": fan_chart(result),
        "error-by-lead.png": lead_chart([result]),
    }.items():
        figure.savefig(folder / name)
    print(f"Charts are in {folder}")


def stream(forecaster: Forecaster, weather) -> np.ndarray:
    """The forecasts of the backtest, made as in daily use: one new row a day.

    The cost of a row does not grow with the history, which is never read again.
    """
    first = len(weather) - YEAR
    forecaster.warm_up(weather[:first])
    forecasts = [forecaster.predict()["yhat"]]
    for day in range(first, len(weather) - HORIZON):
        forecaster.update(weather[day : day + 1])
        forecasts.append(forecaster.predict()["yhat"])
    return np.stack(forecasts)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "temperature"))
