"""Temperature: how good a forecast is, and how far the state of a network carries.

    python examples/temperature.py [FOLDER]

Seattle's daily maximum, a week ahead. Nothing of 2015 is seen by a fit: it is forecast from
each of its days, beside six forecasts that need no network. Charts go to FOLDER, by default
`temperature`.
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
    print(f"Is {result.model} better than {result.reference}? Diebold and Mariano, by lead:")
    print(ours.drop(columns="model").round(4).to_string(index=False))

    print("\nIntervals from errors known at the time, and what they hold:")
    print(result.intervals().round(3).to_string(index=False))

    streamed = stream(forecaster, weather)
    same = np.abs(streamed - result.forecasts[result.model]).max()
    print(f"\nRead day by day, each forecast from the state of the day: {same:.0e} °C apart.")

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in {
        "forecast.png": forecast_chart(result),
        "intervals.png": fan_chart(result),
        "error-by-lead.png": lead_chart([result]),
    }.items():
        figure.savefig(folder / name)
    print(f"Charts are in {folder}")


def stream(forecaster: Forecaster, weather) -> np.ndarray:
    """The backtest's forecasts once more, as they come in use: one new row a day.

    A row costs the same on the first day as after ten years: the history is never read again.
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
