"""Weights of forecasts by their validation errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....errors import FitError
from ...evaluation import metrics

LARGEST = 1.5  # error relative to the best one, above which a candidate has no weight


@dataclass(frozen=True)
class Candidate:
    """A model that was tried.

    Attributes:
        name: its name in tables.
        error: mean absolute validation error, in units of the scale of MASE; NaN if it failed.
        weight: share of its forecast in the combination; 0 for none.
        seconds: time of its fit in seconds.
        failure: why it could not forecast, all series or some; empty if it could.
    """

    name: str
    error: float
    weight: float = 0.0
    seconds: float = 0.0
    failure: str = ""


def validation_error(
    truth: Sequence[np.ndarray], forecasts: Sequence[np.ndarray], scales: Sequence[float]
) -> float:
    """The mean over the series of their scaled mean absolute errors.

    Args:
        truth: true values of each series, `(origins, horizon)`; NaN is left out.
        forecasts: forecasts in the same shapes.
        scales: scale of MASE of each series.

    Returns:
        NaN where a forecast of a known value is missing.
    """
    errors = []
    for y, forecast, scale in zip(truth, forecasts, scales, strict=True):
        known = ~np.isnan(y)
        if known.any():
            errors.append(np.abs(forecast[known] - y[known]).mean() / scale)
    return float(np.mean(errors)) if errors else np.nan


def combination_weights(errors: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion to 1 / error², of candidates not far behind the best one.

    Weights that are fitted to the few rows of a validation are less reliable than these, which
    ignore how errors of candidates are correlated.

    Args:
        errors: validation error of each candidate; NaN for one that failed.

    Returns:
        Positive weights that sum to 1, the largest first.

    Raises:
        FitError: all candidates failed.

    References: Bates and Granger (1969), The combination of forecasts; Stock and Watson (2004),
    Combination forecasts of output growth in a seven-country data set.
    """
    there = {name: error for name, error in errors.items() if np.isfinite(error)}
    if not there:
        raise FitError(
            "No candidate could forecast the validation rows. See `candidates_` for the reasons."
        )
    best = min(there.values())
    near = {name: error for name, error in there.items() if error <= LARGEST * best}
    least = max(best, np.finfo(float).tiny)
    raw = {name: (least / max(error, least)) ** 2 for name, error in near.items()}
    total = sum(raw.values())
    return {name: raw[name] / total for name in sorted(raw, key=lambda name: -raw[name])}


def described(candidates: Sequence[Candidate]) -> str:
    """A sentence or more with what was chosen of several candidates, and by which figures."""
    used = sorted((one for one in candidates if one.weight), key=lambda one: -one.weight)
    if all(np.isnan(one.error) for one in used):
        names = ", ".join(one.name for one in used)
        text = f"{names} forecasts: the rows are too few to compare candidates."
    else:
        shares = ", ".join(f"{one.name} {one.weight:.0%} ({one.error:.3f})" for one in used)
        text = (
            f"Of {len(candidates)} candidates {len(used)} forecast, weighted by their errors in "
            f"the validation rows, in units of the scale of MASE: {shares}."
        )
    unused = [one for one in candidates if not one.weight]
    if far := [f"{one.name} ({one.error:.3f})" for one in unused if np.isfinite(one.error)]:
        text += f" More than {LARGEST} times the error of the best: {', '.join(far)}."
    if failed := [one.name for one in unused if np.isnan(one.error)]:
        text += f" Could not forecast: {', '.join(failed)}."
    return text


def without(candidates: Sequence[Candidate], reasons: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Candidates of which some, by name, are left out: the others share their weight."""
    total = sum(one.weight for one in candidates if one.name not in reasons)
    return tuple(
        replace(one, weight=0.0, failure=reasons[one.name])
        if one.name in reasons
        else replace(one, weight=one.weight / total if total else 0.0)
        for one in candidates
    )


def combined(
    forecasts: Mapping[str, np.ndarray], weights: Mapping[str, float], stand_in: np.ndarray
) -> np.ndarray:
    """The weighted mean of forecasts, and `stand_in`, of the same shape, where all are missing."""
    if not any(name in forecasts for name in weights):
        return stand_in
    mean = weighted_mean(forecasts, weights)
    return np.where(np.isnan(mean), stand_in, mean)


def weighted_mean(forecasts: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """The weighted mean of forecasts of one shape; those that are NaN are left out."""
    names = [name for name in weights if name in forecasts]
    values = np.stack([forecasts[name] for name in names])
    shares = np.where(np.isnan(values), 0.0, _column([weights[n] for n in names], values.ndim))
    total = shares.sum(axis=0)
    with np.errstate(invalid="ignore"):  # NaN where all are
        return (np.nan_to_num(values) * shares).sum(axis=0) / total


def series_scale(y: np.ndarray, season: int) -> float:
    """The scale of MASE of a series, 1 for one that does not vary."""
    for lag in (season, 1):
        scale = metrics.naive_scale(y, lag)
        if np.isfinite(scale) and scale > 0:
            return float(scale)
    return 1.0


def _column(values: Sequence[float], dimensions: int) -> np.ndarray:
    return np.array(values).reshape(-1, *[1] * (dimensions - 1))
