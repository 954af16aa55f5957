"""A share price: what honest figures look like where nothing beats the random walk.

    python examples/stocks.py [FOLDER]

Google's daily close, a trading week ahead. A price hardly moves from one day to the next, so
that any model that repeats the last one explains nearly all of its variance: that figure is
printed beside the random walk's, which has it too, and then what may be claimed. Charts go to
FOLDER, by default `stocks`.
"""

import sys
from pathlib import Path

from rnnzoo import Forecaster, load_dataset
from rnnzoo.pipelines.evaluation.metrics import r_squared
from rnnzoo.pipelines.forecasting.backtest.charts import calibration_chart, fan_chart, lead_chart

HORIZON, YEAR = 5, 252  # trading days


def main(folder: Path) -> None:
    price = load_dataset("google-stock")
    # differences: the network reads and forecasts steps, so that a price never seen is no news
    forecaster = Forecaster("gru", HORIZON, lookback=20, units=8, difference="step")
    forecaster.fit(price[:-YEAR])

    result = forecaster.backtest(price)
    print("Variance of tomorrow's price explained, which says nothing:")
    for name in (result.model, "naive-last"):
        explained = r_squared(result.truth[:, 0], result.forecasts[name][:, 0])
        print(f"  {name:<11}{explained:.1%}")

    walk = result.against_random_walk()
    # the seasonal naive repeats the last week, which five days ahead is the walk itself
    walk = walk[walk["model"].isin([result.model, "linear-ar", "ets"])]
    print("\nRMSE relative to the random walk and share of ups and downs called right, each")
    print("with its 95 % interval; beside it, the majority: always calling the more frequent")
    print("direction, p of calling no better, and how many independent calls tell as much:")
    print(walk.round(3).to_string(index=False))
    for row in walk[walk["model"] == result.model].to_dict("records"):
        verdict = (
            "beats" if row["upper"] < 1 else "loses to" if row["lower"] > 1 else "is level with"
        )
        days = "1 day" if row["step"] == 1 else f"{row['step']} days"
        print(f"{days} ahead {result.model} {verdict} the random walk.")

    print("\nErrors over all leads, p that one equal to the best naive one differs as much:")
    columns = ["model", "mae", "rmse", "mase", "skill", "p"]
    print(result.leaderboard[columns].round(3).to_string(index=False))

    print("\nWhat a forecast is good for here is its interval:")
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
