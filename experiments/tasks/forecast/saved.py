"""The forecast of a saved model from rows that came after its fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ....datasets import TimeSeriesPanel, read_panel_like
from ....errors import DataError
from ....messages import counted, stamp
from ....pipelines.forecasting.forecaster import Forecaster
from ....pipelines.forecasting.loading import Saved


@dataclass(frozen=True)
class SavedForecast:
    """A forecast of a saved model.

    Attributes:
        model: name of the model.
        table: columns `unique_id, ds, cutoff, step, yhat`, intervals or quantiles, and `model`.
        read: which rows it follows, in a sentence.
        repairs: what was changed in reading them, one sentence each.
    """

    model: str
    table: pd.DataFrame
    read: str
    repairs: tuple[str, ...]


def forecast_saved(
    model: Saved,
    rows: Path | None,
    future_rows: Path | None,
    horizon: int | None,
    level: Sequence[float] | None,
    quantiles: Sequence[float] | None,
    **how: Any,
) -> SavedForecast:
    """Forecasts what follows a table, or what follows the rows that the model was saved with.

    A table whose series all begin right after the last row read is read on from there; any other
    is the history, and is read from its start.

    Args:
        model: a fitted forecaster, which is changed where rows are read on.
        rows: CSV or Parquet file; `None` for none.
        future_rows: the same with the known-future covariates of the forecast rows.
        horizon, level, quantiles: as for `Forecaster.predict`.
        how: `missing`, `duplicates` and `gaps`, as for `read_panel_like`.

    Raises:
        DataError: a table that cannot be used, or rows that are too few to forecast from.
    """
    fitted = model.fitted_
    schema = fitted.schema
    wanted: dict[str, Any] = dict(
        future=future_rows, horizon=horizon, level=level, quantiles=quantiles
    )
    repairs: tuple[str, ...] = ()
    if rows is None:
        table, read = model.predict(**wanted), "It follows the rows saved with the model."
    else:
        panel = read_panel_like(rows, schema, fitted.ids, fitted.statics, **how)
        repairs, count = panel.repairs, counted(sum(map(len, panel)), "row")
        if fitted.continued_by(panel):
            begin = stamp(min(one.times[0] for one in panel), schema.zone)
            table = model.update(panel).predict(**wanted)
            table = table[table["unique_id"].isin(panel.ids)].reset_index(drop=True)
            read = f"It follows {count} that continue those saved with the model, from {begin} on."
        else:
            _require_history(model, panel)
            table = model.predict(panel, **wanted)
            read = f"It follows {count}, read as history from their start."
    name = model.cell_name if isinstance(model, Forecaster) else model.name
    return SavedForecast(name, table.assign(model=name), read, repairs)


def _require_history(model: Saved, panel: TimeSeriesPanel) -> None:
    """Refuses a table that is too short to be the history, and does not follow the one read."""
    fitted, schema = model.fitted_, panel.schema
    # a baseline alone forecasts from any row, but not well from less than a season
    needed = max((one.needed for one in model.fitted_networks), default=1 + schema.season)
    shortest = min(panel, key=len)
    if len(shortest) < needed:
        last = fitted.last_times[int(fitted.places([shortest.unique_id])[0])]
        following = stamp(schema.times_after(last, 1)[0], schema.zone)
        raise DataError(
            f"Series {shortest.unique_id!r} has {counted(len(shortest), 'row')}, from "
            f"{stamp(shortest.times[0], schema.zone)} on. The model needs {needed} to forecast "
            f"from them alone. Fewer must continue the rows that it was saved with, which "
            f"{following} does. Give more history, or the rows from {following} on."
        )
