"""Forecast errors compared with darts and neuralforecast: ETTh1 at 96, and Melbourne's temperature.

    python benchmarks/peers.py --ett ETTh1.csv --melbourne melbourne_temperature_halfhourly.csv.gz \
        --seeds 5 --json FILE

Needs `pip install darts neuralforecast` next to this project.

Two tables a task. *As shipped*: each library's recurrent network with nothing set but what it
asks for (darts: the look-back, 96), cut off after `--minutes` of training. *Matched*: a GRU that
reads 96 hours and puts out all leads at once, of nearly as many weights, mean absolute error,
Adam at 1e-3, as many steps of 128 windows as one pass over the training rows has, no early stop,
the same scaling, no calendar. Ours takes the last value of each window off, and reads by segments,
as it always does; the others read hour by hour. All forecast every window of the same test rows.

ETTh1: rows 0 to 8,640 train, the 2,880 after 11,520 are tested, seven channels z-scored by their
training rows, each forecast on its own; MSE and MAE in those units. The rows between belong to no
fit here, but for ours as shipped, whose weights they choose (it would else hold out a fifth of the
training rows). Melbourne: 2002 to 2007 train, 2008 is tested; MAE in °C at 1, 6, 12 and 24 hours.
"""

import argparse
import json
import logging
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LOOKBACK, BATCH, RATE = 96, 128, 1e-3
LEADS = (1, 6, 12, 24)


@dataclass(frozen=True)
class Task:
    """What is forecast.

    Attributes:
        name: of the data.
        values: `(rows, channels)`, scaled by their training rows.
        scale: what a scaled error is multiplied by.
        times: of the rows.
        training: rows that train.
        validation: rows after them.
        horizon: leads.
        units: of the matched networks, by library: so many that weights are nearly as many.
    """

    name: str
    values: np.ndarray
    scale: float
    times: pd.DatetimeIndex
    training: int
    validation: int
    horizon: int
    units: dict[str, int]

    @property
    def test(self) -> int:
        """The first row that is scored."""
        return self.training + self.validation

    @property
    def truth(self) -> np.ndarray:
        """`(channels, windows, horizon)`."""
        view = np.lib.stride_tricks.sliding_window_view(self.values[self.test :], self.horizon, 0)
        return view.transpose(1, 0, 2)

    def long(self, rows: int) -> pd.DataFrame:
        """The first rows as `unique_id, ds, y`."""
        each = [
            pd.DataFrame({"unique_id": f"{k}", "ds": self.times[:rows], "y": column[:rows]})
            for k, column in enumerate(self.values.T.astype("float32"))
        ]
        return pd.concat(each, ignore_index=True)


@dataclass(frozen=True)
class Found:
    """Forecasts `(channels, windows, horizon)`, and what they cost."""

    forecasts: np.ndarray
    seconds: float
    steps: int | None
    parameters: int


def etth1(path: Path) -> Task:
    table = pd.read_csv(path)[:14400]
    values = table.drop(columns="date").to_numpy("float64")
    values = (values - values[:8640].mean(0)) / values[:8640].std(0)
    units = {"darts": 78, "neuralforecast": 78, "rnnzoo": 52}
    return Task("ETTh1", values, 1.0, pd.DatetimeIndex(table["date"]), 8640, 2880, 96, units)


def melbourne(path: Path) -> Task:
    table = pd.read_csv(path)
    hours = pd.to_timedelta((table["Period"] - 1) // 2, "h")
    hour = pd.Timestamp("1899-12-30") + pd.to_timedelta(table["Date"], "D") + hours
    y = table.groupby(hour)["Temp"].mean().loc["2002-01-01":"2008-12-31 23:00"]
    training = int((y.index < "2008-01-01").sum())
    scale = y[:training].std(ddof=0)
    values = ((y - y[:training].mean()) / scale).to_numpy()[:, None]
    units = {"darts": 68, "neuralforecast": 68, "rnnzoo": 44}
    return Task("Melbourne", values, scale, pd.DatetimeIndex(y.index), training, 0, 24, units)


def rnnzoo(task: Task, matched: bool, seed: int, minutes: float) -> Found:
    from rnnzoo import Forecaster, read_panel

    settings: dict[str, Any] = {"horizon": task.horizon, "seed": seed}
    rows = task.test
    if matched:
        settings |= {
            "strategy": "segment", "lookback": LOOKBACK, "units": task.units["rnnzoo"],
            "batch_size": BATCH, "epochs": 1, "learning_rate": RATE, "schedule": "plateau",
            "ema_momentum": 0.0, "dropout": 0.0, "validation": 0.0,
        }  # fmt: skip
        rows = min(task.training + task.horizon, task.test)  # it holds out a horizon at least
    else:
        settings |= {"max_minutes": minutes}
        if task.validation:
            settings["validation"] = task.validation / task.test
    panel = read_panel(task.long(len(task.values)), season=24)
    began = time.perf_counter()
    forecaster = Forecaster(**settings).fit(panel[:rows])
    seconds = time.perf_counter() - began
    found = forecaster.backtest(panel, start=task.times[task.test], baselines=())
    windows = found.forecasts[found.model].reshape(task.values.shape[1], -1, task.horizon)
    trained = task.values.shape[1] * (rows - task.horizon - LOOKBACK)
    steps = -(-trained // BATCH) if matched else None  # one epoch, of all windows that train
    return Found(windows, seconds, steps, forecaster.parameters_)


def darts(task: Task, matched: bool, seed: int, minutes: float) -> Found:
    import torch
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    logging.getLogger("darts").setLevel(logging.ERROR)
    trainer = _trainer(task, matched, minutes)
    settings: dict[str, Any] = {"model": "LSTM", "pl_trainer_kwargs": trainer}
    if matched:
        settings |= {
            "model": "GRU", "hidden_dim": task.units["darts"], "batch_size": BATCH,
            "loss_fn": torch.nn.L1Loss(), "optimizer_kwargs": {"lr": RATE}, "n_epochs": 1000,
        }  # fmt: skip
    model = BlockRNNModel(LOOKBACK, task.horizon, random_state=seed, **settings)
    series = [
        TimeSeries.from_times_and_values(task.times, column[:, None])
        for column in task.values.T.astype("float32")
    ]
    began = time.perf_counter()
    model.fit([one[: task.training] for one in series])
    seconds = time.perf_counter() - began
    found = model.historical_forecasts(
        [one[task.test - LOOKBACK :] for one in series],
        start=LOOKBACK, start_format="position", forecast_horizon=task.horizon, stride=1,
        retrain=False, last_points_only=False, predict_kwargs={"batch_size": 1024},
    )  # fmt: skip
    windows = np.stack([np.stack([w.values()[:, 0] for w in each]) for each in found])
    parameters = sum(p.numel() for p in model.model.parameters())
    return Found(windows, seconds, trainer["callbacks"][0].taken, parameters)


def neuralforecast(task: Task, matched: bool, seed: int, minutes: float) -> Found:
    import neuralforecast.models
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MAE

    trainer = _trainer(task, matched, minutes)
    if matched:
        steps = trainer.pop("max_steps")
        network = neuralforecast.models.GRU(
            h=task.horizon, input_size=LOOKBACK, encoder_n_layers=1, decoder_layers=1,
            encoder_hidden_size=task.units["neuralforecast"], scaler_type="identity", loss=MAE(),
            learning_rate=RATE, num_lr_decays=-1, max_steps=steps, windows_batch_size=BATCH,
            random_seed=seed, **trainer,
        )  # fmt: skip
    else:
        network = neuralforecast.models.LSTM(h=task.horizon, random_seed=seed, **trainer)
    model = NeuralForecast([network], freq="h")
    began = time.perf_counter()
    model.fit(task.long(task.training))
    seconds = time.perf_counter() - began
    table = model.cross_validation(
        df=task.long(len(task.values)), use_fitted=True, n_windows=None,
        test_size=len(task.values) - task.test, step_size=1,
    )  # fmt: skip
    fitted = model.models[0]
    table = table.sort_values(["unique_id", "cutoff", "ds"])
    windows = table[repr(fitted)].to_numpy().reshape(task.values.shape[1], -1, task.horizon)
    parameters = sum(p.numel() for p in fitted.parameters())
    return Found(windows, seconds, trainer["callbacks"][0].taken, parameters)


#: Forecasts a task with so many matched settings, a seed, and a number of minutes.
LIBRARIES: dict[str, Callable[[Task, bool, int, float], Found]] = {
    "rnnzoo": rnnzoo,
    "darts": darts,
    "neuralforecast": neuralforecast,
}


def _trainer(task: Task, matched: bool, minutes: float) -> dict[str, Any]:
    """Lightning's settings: on the processor, silent, cut off after steps or after a time."""
    import pytorch_lightning

    class Steps(pytorch_lightning.Callback):
        taken = 0

        def on_train_batch_end(self, *arguments: Any, **more: Any) -> None:
            type(self).taken += 1  # a library may fit with a copy of this object

    for name in ("pytorch_lightning", "lightning", "lightning.pytorch"):
        logging.getLogger(name).setLevel(logging.ERROR)
    silent = dict.fromkeys(
        ("enable_progress_bar", "enable_model_summary", "logger", "enable_checkpointing"), False
    )
    windows = task.values.shape[1] * (task.training - LOOKBACK)
    end = {"max_steps": -(-windows // BATCH)} if matched else {"max_time": {"minutes": minutes}}
    return {"accelerator": "cpu", "callbacks": [Steps()], **silent, **end}


def measure(task: Task, library: str, matched: bool, seed: int, minutes: float) -> list[dict]:
    found = LIBRARIES[library](task, matched, seed, minutes)
    truth = task.truth
    if found.forecasts.shape != truth.shape:
        raise ValueError(f"{library} forecast {found.forecasts.shape}, not {truth.shape}")
    about = {
        "dataset": task.name, "model": library, "table": "matched" if matched else "as shipped",
        "seed": seed, "seconds": found.seconds, "steps": found.steps,
        "parameters": found.parameters,
    }  # fmt: skip
    errors = (found.forecasts - truth) * task.scale
    if task.horizon != LEADS[-1]:
        return [about | _scores(errors, task.horizon)]
    return [about | _scores(errors[..., lead - 1], lead) for lead in LEADS]


def naive(task: Task) -> list[dict]:
    """The value of the same hour of the day before."""
    at = np.arange(task.test, len(task.values) - task.horizon + 1)
    ahead = np.arange(task.horizon) % 24
    errors = (task.values[at[:, None] - 24 + ahead].transpose(2, 0, 1) - task.truth) * task.scale
    about = {"dataset": task.name, "model": "naive-seasonal", "table": "both", "seed": None}
    about |= dict.fromkeys(("seconds", "steps", "parameters"))
    if task.horizon != LEADS[-1]:
        return [about | _scores(errors, task.horizon)]
    return [about | _scores(errors[..., lead - 1], lead) for lead in LEADS]


def _scores(errors: np.ndarray, horizon: int) -> dict:
    mse, mae = float(np.mean(errors**2)), float(np.mean(np.abs(errors)))
    return {"horizon": horizon, "mse": mse, "mae": mae}


def show(rows: list[dict]) -> None:
    """A table for each task and kind of settings; mean and deviation over the seeds."""
    frame = pd.DataFrame(rows)
    for (dataset, table), own in frame[frame["table"] != "both"].groupby(["dataset", "table"]):
        floor = frame[(frame["dataset"] == dataset) & (frame["table"] == "both")]
        leads = own["horizon"].unique()
        columns = [("mse", leads[0]), ("mae", leads[0])] if len(leads) == 1 else []
        columns = columns or [("mae", lead) for lead in leads]
        heads = [f"{score.upper()}, {lead} h" for score, lead in columns]
        print(f"\n{dataset}, {table}:\n")
        print("| library | " + " | ".join(heads) + " | seconds | steps | weights |")
        print("|---" * (len(heads) + 4) + "|")
        for model, each in pd.concat([own, floor]).groupby("model", sort=False):
            cells = []
            for score, lead in columns:
                found = each.loc[each["horizon"] == lead, score].tolist()
                spread = f" ± {statistics.stdev(found):.3f}" if len(found) > 1 else ""
                cells.append(f"{statistics.mean(found):.3f}{spread}")
            costs = each[["seconds", "steps", "parameters"]].mean()
            cells += ["" if np.isnan(cost) else f"{cost:,.0f}" for cost in costs]
            print(f"| {model} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ett", type=Path)
    parser.add_argument("--melbourne", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=1.0, help="of training as shipped")
    parser.add_argument("--libraries", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    parser.add_argument("--json", type=Path)
    a = parser.parse_args()
    warnings.simplefilter("ignore")
    tasks = [make(path) for make, path in ((etth1, a.ett), (melbourne, a.melbourne)) if path]
    rows = [row for task in tasks for row in naive(task)]
    for seed in range(a.seeds):
        for task in tasks:
            for matched in (True, False):
                for library in a.libraries:
                    rows += measure(task, library, matched, seed, a.minutes)
                    print(rows[-1], flush=True)
                    if a.json:  # as far as it has come
                        a.json.write_text(json.dumps(rows, indent=1))
    show(rows)


if __name__ == "__main__":
    main()
