"""HTML pages that load nothing from elsewhere: templates, rows of tables, shared texts.

Names of runs and series come from outside: templates escape all that they are given.
"""

import base64
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..comparison.format import decimal, p_text, percent
from ..comparison.wording import error_unit

TEMPLATES = Path(__file__).parent / "templates"
ERRORS = {
    "mae": "Mean absolute error",
    "rmse": "Root mean squared error",
    "mase": "Mean absolute scaled error (1: as large as the seasonal value's within the training)",
    "mse": "Squared error, summed over a frame",
}
#: What the baselines are.
GLOSSARY = {
    "naive-last": "the last value, for all leads",
    "naive-seasonal": "the value one season before",
    "naive-drift": "the last value, and the mean step of the training added at each lead",
    "linear-ar": "a linear regression on past values, one for each lead",
    "ets": "exponential smoothing",
    "theta": "the Theta method: half the trend of a line, and exponential smoothing",
    "repeat-last": "the last frame, again and again",
    "mean-image": "the mean of all training frames",
    "zeros": "a black frame",
}


def page(template: str, **values: Any) -> str:
    """Renders a template; every value is escaped."""
    return _environment().get_template(template).render(**values)


def picture(content: bytes, kind: str = "png") -> str:
    """Data URL of a PNG or GIF."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def error_text(error: str, unit: str) -> str:
    """What an error is, with its unit if it has one: `Mean absolute error, °C`."""
    unit = error_unit(error, unit)
    return ERRORS.get(error, error) + (f", {unit}" if unit else "")


def row(cells: dict[str, Any], color: str = "", baseline: bool = False) -> dict[str, Any]:
    """A row of a table, with the color of its model, as templates draw it."""
    return {"cells": cells, "color": color, "baseline": baseline}


def score_rows(board: Any, colors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of a table of scores: those of networks in their colors, those of baselines gray."""
    rows = []
    board = board.dropna(axis="columns", how="all")  # errors that are not defined here
    for values in board.to_dict("records"):
        model = values["model"]
        cells = {"model": model}
        for key, value in values.items():
            if key not in ("model", "parameters", "seconds"):
                cells[key] = _score(key, value)
        rows.append(row(cells, colors.get(model, "#999999"), model not in colors))
    return rows


def _score(key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if key == "p":
        return p_text(value)
    return percent(value) if key == "skill" else decimal(value)
