"""The command `rnnzoo predict`."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import ArgumentError
from ..locations import try_folder, why_not
from .arguments import listed
from .process import say
from .terminal import Debug

STANDARD = Path("-")  # standard input or output
SHOWN = 6  # columns of intervals or quantiles that are printed
MAGIC = {b"\x1f\x8b": "csv.gz", b"PA": "parquet"}  # first two bytes of what is no plain CSV


def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a saved model.")],
    rows: Annotated[
        Path | None,
        typer.Argument(
            help="CSV or Parquet file, - for standard input: rows that continue those the model "
            "was saved with, or a history to forecast from. (default: what it was saved with)"
        ),
    ] = None,
    future_rows: Annotated[
        Path | None, typer.Option(help="Table with the known-future covariates of what follows.")
    ] = None,
    horizon: Annotated[
        int | None, typer.Option(help="Steps ahead. (default: those that were fitted)")
    ] = None,
    level: Annotated[
        list[str] | None, typer.Option(help="Central intervals in per cent. (default: 80,95)")
    ] = None,
    quantile: Annotated[
        list[str] | None, typer.Option(help="Quantiles, such as 0.1,0.9, in place of intervals.")
    ] = None,
    missing: Annotated[
        str | None,
        typer.Option(help="Missing values: error, interpolate or mask. (default: as in the fit)"),
    ] = None,
    duplicates: Annotated[str, typer.Option(help="Repeated times: error or mean.")] = "error",
    gaps: Annotated[str, typer.Option(help="Missing times: auto, error or fill.")] = "auto",
    own_code: Annotated[
        list[str] | None,
        typer.Option(help="Module of a cell of your own, to be imported: mymodule."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="CSV file to write the forecast to; - for standard output.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file of --out if it is there.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Forecast what follows a table with a saved model."""
    _check_out(out, overwrite)
    levels, quantiles = _numbers("level", level), _numbers("quantile", quantile)
    if rows == future_rows == STANDARD:
        raise ArgumentError("Standard input is one table: name a file for the other one.")
    from ...pipelines.forecasting.loading import load_forecaster
    from ..config.own_cells import own_module
    from ..reports.terminal import console
    from ..tasks.forecast.output import print_rows
    from ..tasks.forecast.saved import forecast_saved

    for name in listed(own_code):
        own_module(name, f"the model {model}")
    fitted = load_forecaster(model)
    if levels is None and quantiles is None:
        from ..tasks.forecast.ahead import LEVELS

        levels = [*LEVELS]
    with _read(rows) as table, _read(future_rows) as future:
        found = forecast_saved(
            fitted, table, future, horizon, levels, quantiles,
            missing=missing, duplicates=duplicates, gaps=gaps,
        )  # fmt: skip
    for repair in found.repairs:
        say(repair)
    if out == STANDARD:
        from ..reports.csv_cells import for_csv

        for_csv(found.table).to_csv(sys.stdout, index=False)
        return
    screen = console()
    if out is not None:
        _write(found.table, out)
    shown = [name for name in found.table.columns if name.startswith("yhat-")][:SHOWN]
    print_rows(found.table, found.model, shown, "--out FILE", screen)
    screen.print(found.read, soft_wrap=True)
    if out is not None:
        screen.print(f"The forecast is written to {out}", soft_wrap=True)


def _check_out(out: Path | None, overwrite: bool) -> None:
    """Sees, before the work, whether the forecast can be written, and destroys nothing.

    Raises:
        ArgumentError: it cannot, or the file is there.
    """
    if out is None or out == STANDARD:
        if overwrite:
            raise ArgumentError("--overwrite is for a file: name it with --out FILE.")
        return
    if out.suffix.lower() != ".csv":
        raise ArgumentError(f"The forecast is written as .csv. Received: --out {out}")
    if out.is_dir() or (os.path.lexists(out) and not overwrite):
        remedy = "" if out.is_dir() else ", or replace it with --overwrite"
        raise ArgumentError(f"{out} is there already: name another file{remedy}.")
    try:
        try_folder(out.parent)
    except OSError as error:
        raise ArgumentError(f"{out} cannot be written: {why_not(error)}.") from error
    if not out.parent.is_dir():
        raise ArgumentError(f"There is no folder {out.parent}: make it, or name another.")


def _numbers(option: str, values: list[str] | None) -> list[float] | None:
    """Numbers given one by one or with commas between.

    Raises:
        ArgumentError: something else.
    """
    if not values:
        return None
    try:
        return [float(one) for one in listed(values)]
    except ValueError:
        raise ArgumentError(
            f"--{option} takes numbers, with commas between. Received: {', '.join(values)}"
        ) from None


@contextmanager
def _read(table: Path | None) -> Iterator[Path | None]:
    """The path of a table, inside also of that on standard input."""
    if table != STANDARD:
        yield table
        return
    with tempfile.TemporaryDirectory(prefix="rnnzoo-") as folder:
        source = sys.stdin.buffer
        start = source.read(2)
        path = Path(folder) / f"stdin.{MAGIC.get(start, 'csv')}"
        with path.open("wb") as file:
            file.write(start)
            shutil.copyfileobj(source, file)
        yield path


def _write(table: Any, out: Path) -> None:
    from ...pipelines.storage.files import replacing
    from ..reports.csv_cells import for_csv

    try:
        with replacing(out) as fresh:
            for_csv(table).to_csv(fresh, index=False)
    except OSError as error:
        raise ArgumentError(f"{out} could not be written: {error.strerror}.") from error
