"""Hourly temperature, 24 leads: a stateful network and direct autoregression.

    python benchmarks/temperature.py --csv melbourne_temperature_halfhourly.csv.gz \
        --train-end 2007-12-31 --json FILE
    python benchmarks/temperature.py --csv PRSA_Data_Aotizhongxin_20130301-20170228.csv.gz \
        --time year month day hour --target TEMP --past PRES DEWP WSPM RAIN \
        --begin 2013-03-01 --train-end 2016-02-29 --json FILE

The file has the columns Date (days since 1899-12-30), Period (1 … 48, half hours of the day) and
Temp, °C; its hourly means from `--begin` on are forecast from every hour of the year after the day
`--train-end`. Nothing of that year is seen by a fit; the last tenth of what comes before it chooses
the weights and trains nothing. All windows of 24 hours that lie wholly in the test are scored. A
file with a time column, or with columns of its parts, is read as it is; missing values are
interpolated and not scored.

One network, and the mean of as many as there are seeds.
"""

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

import pandas as pd
from rnnzoo import Backtest, Ensemble, Forecaster, TimeSeries, read_series

LEADS = (1, 6, 12, 24)
HORIZON = 24
#: All else follows from the data, by the rules of docs/recipe.md.
RECIPE = {"cell": "gru", "validation": 0.1}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--train-end", required=True, help="last day that a fit may see")
    parser.add_argument("--begin", default="2002-01-01")
    parser.add_argument("--test-end", help="by default a year later")
    parser.add_argument("--time", nargs="+", help="time column, or its parts: year month day hour")
    parser.add_argument("--target", default="Temp")
    parser.add_argument("--past", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=JSON", help="of the recipe")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    begin, test = pd.Timestamp(arguments.begin), pd.Timestamp(arguments.train_end).normalize()
    test += pd.Timedelta(days=1)
    end = pd.Timestamp(arguments.test_end or test + pd.DateOffset(years=1))
    series = read_temperature(arguments, begin, end)
    changed = dict(one.split("=", 1) for one in arguments.set)
    recipe = RECIPE | {name: json.loads(value) for name, value in changed.items()}
    rows = measure(series, test, recipe, arguments.seeds, arguments.csv.name)
    show(rows, recipe)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def read_temperature(
    arguments: argparse.Namespace, begin: pd.Timestamp, end: pd.Timestamp
) -> TimeSeries:
    if arguments.time:
        columns = [arguments.target, *arguments.past]
        table = pd.read_csv(arguments.csv, usecols=[*arguments.time, *columns])
        clock = table[arguments.time]
        times = pd.to_datetime(clock if len(arguments.time) > 1 else clock.squeeze())
        table = table[columns].set_index(pd.DatetimeIndex(times, name="time"))
        return read_series(
            table[(times >= begin).to_numpy() & (times < end).to_numpy()],
            target=arguments.target, past=arguments.past, missing="interpolate", unit="°C",
        )  # fmt: skip
    table = pd.read_csv(arguments.csv)
    hours = pd.to_timedelta((table["Period"] - 1) // 2, "h")
    hour = pd.Timestamp("1899-12-30") + pd.to_timedelta(table["Date"], "D") + hours
    means = table.groupby(hour)[arguments.target].mean()
    return read_series(
        means[(means.index >= begin) & (means.index < end)], name="temperature", unit="°C"
    )


def measure(
    series: TimeSeries, test: pd.Timestamp, recipe: dict, seeds: int, name: str
) -> list[dict]:
    training = series[: int((series.times < test).sum())]
    one = Forecaster(horizon=HORIZON, **recipe)
    ensemble = Ensemble([one], n_seeds=seeds).fit(training)
    names = ["naive-last", "naive-seasonal", "linear-ar"]
    together = ensemble.backtest(series, baselines=names)
    rows = []
    for model in together.forecasts:
        ours = {"seconds": together.seconds, "parameters": together.parameters}
        rows += _rows(together, model, name, None, ours if model == together.model else {})
    for member in ensemble.members_:
        alone = member.backtest(series, baselines=())
        about: dict[str, Any] = {"seconds": alone.seconds, "parameters": alone.parameters}
        about |= {"epochs": len(member.history_.loss), "recipe": member.recipe_.to_dict()}
        rows += _rows(alone, alone.model, name, member.seed, about)
    return rows


def _rows(result: Backtest, model: str, name: str, seed: int | None, about: dict) -> list[dict]:
    leads = result.by_lead[result.by_lead["model"] == model].set_index("step")
    rmse, mae = (leads[error].astype(float) for error in ("rmse", "mae"))
    return [
        {
            "dataset": name,
            "model": model,
            "horizon": lead,
            "seed": seed,
            "mse": float(rmse[lead] ** 2),
            "mae": float(mae[lead]),
            "seconds": None,
            "parameters": None,
        }
        | about
        for lead in LEADS
    ]


def show(rows: list[dict], recipe: dict) -> None:
    print(f"asked for: {json.dumps(recipe)}")
    print("| model | " + " | ".join(f"{lead} h" for lead in LEADS) + " | seconds | weights |")
    print("|---" * (len(LEADS) + 3) + "|")
    for model in dict.fromkeys(row["model"] for row in rows):
        own = [row for row in rows if row["model"] == model]
        cells = []
        for lead in LEADS:
            errors = [row["mae"] for row in own if row["horizon"] == lead]
            spread = f" ± {statistics.stdev(errors):.3f}" if len(errors) > 1 else ""
            cells.append(f"{statistics.mean(errors):.3f}{spread}")
        seconds = [row["seconds"] for row in own if row["seconds"] is not None]
        cells.append(f"{statistics.mean(seconds):.0f}" if seconds else "")
        cells.append(f"{own[0]['parameters']:,}" if own[0]["parameters"] else "")
        print(f"| `{model}` | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
