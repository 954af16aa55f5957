"""Weights of forecasts by their validation errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls

from ....errors import FitError
from ...evaluation import metrics

LARGEST = 1.5  # error relative to the best one, above which a candidate has no weight at first
SHRINKAGE = 3.0  # weight of the first weights, in validation origins that do not overlap
LEAST = 0.02  # least share of a candidate, relative to the largest
FAR = 10.0  # root mean square error relative to the smallest, above which none is stacked


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


def scaled_errors(
    truth: Sequence[np.ndarray], forecasts: Sequence[np.ndarray], scales: Sequence[float]
) -> np.ndarray:
    """Errors of all series in units of their scales, `(values,)`, where the truth is known."""
    parts = [
        (forecast[~np.isnan(y)] - y[~np.isnan(y)]) / scale
        for y, forecast, scale in zip(truth, forecasts, scales, strict=True)
    ]
    return np.concatenate(parts).astype("float32")


def inverse_square_weights(errors: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion to 1 / error², of candidates not far behind the best one.

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
    return _shares({name: (least / max(error, least)) ** 2 for name, error in near.items()})


def combination_weights(
    start: Mapping[str, float],
    errors: Mapping[str, np.ndarray],
    blocks: float,
    shrinkage: float = SHRINKAGE,
) -> dict[str, float]:
    """Stacks candidates by non-negative least squares, shrunk towards weights to start from.

    ```
    minimize  |E w|² + (shrinkage / blocks) |E v|² |w − v|²    over w ≥ 0, Σ w = 1
    ```

    E are the validation errors, v the weights to start from. Few independent origins say little
    about how errors of candidates are correlated, and leave v; many decide.

    Args:
        start: weights that sum to 1.
        errors: validation errors of the candidates, each `(values,)`.
        blocks: number of validation origins whose leads do not overlap, over all series.
        shrinkage: number of such origins as which the first weights count.

    Returns:
        Positive weights that sum to 1, the largest first; shares below 2 % of the largest, and
        candidates with an error of ten times the smallest, are left out.

    References: Breiman (1996), Stacked regressions; Diebold and Pauly (1990), The use of prior
    information in forecast combination.
    """
    sizes = {name: _root_mean_square(errors[name]) for name in errors}
    best = min((size for size in sizes.values() if np.isfinite(size)), default=0.0)
    names = [name for name, size in sizes.items() if size <= FAR * best]
    v = np.array([start.get(name, 0.0) for name in names])
    if len(names) < 2 or not v.any() or not best:
        return dict(start)
    v /= v.sum()
    values = np.stack([errors[name] / best for name in names], dtype="float64")
    products = values @ values.T / values.shape[1]
    strength = shrinkage / blocks * max(v @ products @ v, np.finfo(float).tiny)
    half = _root(products)
    # the sum is held by a heavy row
    heavy = 1e3 * np.sqrt(np.trace(products) + strength)
    rows = np.vstack([half, np.sqrt(strength) * np.eye(len(v)), np.full((1, len(v)), heavy)])
    wanted = np.concatenate([np.zeros(len(v)), np.sqrt(strength) * v, [heavy]])
    found, _ = nnls(rows, wanted)
    return _shares({n: w for n, w in zip(names, found, strict=True) if w >= LEAST * found.max()})


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
        text += f" Without a share: {', '.join(far)}."
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


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights in proportion that sum to 1, the largest first."""
    total = sum(weights.values())
    return {name: weights[name] / total for name in sorted(weights, key=lambda n: -weights[n])}


def _root_mean_square(errors: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(errors, dtype="float64")))) if len(errors) else np.nan


def _root(products: np.ndarray) -> np.ndarray:
    """A matrix R with Rᵀ R = `products`."""
    values, vectors = np.linalg.eigh(products)
    return np.sqrt(np.maximum(values, 0))[:, None] * vectors.T


def _column(values: Sequence[float], dimensions: int) -> np.ndarray:
    return np.array(values).reshape(-1, *[1] * (dimensions - 1))
