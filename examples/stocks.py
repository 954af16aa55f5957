"""A share price: honest scores for a series on which nothing beats the random walk.

    python examples/stocks.py [FOLDER]

Google's daily closing price, a trading week ahead. A price hardly changes from one day to the
next, so any model that repeats the last price explains nearly all of its variance. The example
prints this figure for the network and for the random walk, and then the comparison that says what
may be claimed. Charts are saved in FOLDER, by default `stocks`.
"""

import sys
from pathlib import Path

from rnnzoo import Forecaster, load_dataset
from rnnzoo.pipelines.evaluation.metrics import r_squared
from rnnzoo.pipelines.forecasting.backtest.charts import calibration_chart, fan_chart, lead_chart

HORIZON, YEAR = 5, 252  # trading days


def main(folder: Path) -> None:
    price = load_dataset("google-stock")
    # the network reads and forecasts daily changes: prices above all earlier ones are no problem
    forecaster = Forecaster("gru", HORIZON, lookback=20, units=8, difference="step")
    forecaster.fit(price[:-YEAR])

    result = forecaster.backtest(price)
    print("Share of the variance of tomorrow's price that is explained, which proves nothing:")
    for name in (result.model, "naive-last"):
        explained = r_squared(result.truth[:, 0], result.forecasts[name][:, 0])
        print(f"  {name:<11}{explained:.1%}")

    walk = result.against_random_walk()
    # leaves out the seasonal naive: five days ahead it equals the random walk
    walk = walk[walk["model"].isin([result.model, "linear-ar", "ets"])]
    print("\nRMSE relative to the random walk, and share of ups and downs called right, each with")
    print("its 95 % interval. majority: the share from always calling the more frequent direction;")
    print("p: of calling no better than that; calls: number of independent calls:")
    print(walk.round(3).to_string(index=False))
    for row in walk[walk["model"] == result.model].to_dict("records"):
        verdict = (
            "beats" if row["upper"] < 1 else "loses to" if row["lower"] > 1 else "is level with"
        )
        days = "1 day" if row["step"] == 1 else f"{row['step']} days"
        print(f"{days} ahead {result.model} {verdict} the random walk.")

    print("\nErrors over all leads; p: chance of such a difference between equal forecasts:")
    columns = ["model", "mae", "rmse", "mase", "skill", "p"]
    print(result.leaderboard[columns].round(3).to_string(index=False))

    print("\nWhat such a forecast is useful for is its interval:")
    print(result.intervals().round(3).to_string(index=False))

    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in {
        "error-by-lead.png": lead_chart([result]),
        "intervals.png": fan_chart(result),
        "calibration.png": calibration_chart(result),
    }.items():
        figure.savefig(folder / name)
    print(f"\nCharts are in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "stocks"))
