"""Quantiles, intervals and samples in the frame of a forecast: from past errors, or from a head
that past errors recalibrate."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from ...errors import ArgumentError, ArgumentTypeError
from ...messages import counted
from ..evaluation.conformal import ErrorMemory
from ..evaluation.conformal_steps import Steps
from ..evaluation.samples import check_samples, sample


@dataclass(frozen=True)
class Uncertainty:
    """What `predict` gives in addition to the forecast, checked.

    Attributes:
        columns: level of the quantile in each column, by its name.
        samples: number of samples; 0 for none.
    """

    columns: dict[str, float]
    samples: int = 0

    @classmethod
    def checked(
        cls,
        quantiles: Sequence[float] | None,
        level: Sequence[float] | None,
        samples: int | None,
    ) -> "Uncertainty":
        """Checks the arguments of `predict`.

        Raises:
            ArgumentTypeError: no list of numbers, or no whole number of samples.
            ArgumentError: values that are out of range, repeated or unsorted; a level below 1 %;
                samples together with quantiles.
        """
        if samples is not None:
            if quantiles is not None or level is not None:
                raise ArgumentError(
                    "`samples` are rows of their own: predict them without `quantiles` and `level`."
                )
            return cls({}, check_samples(samples, 1))
        levels = [] if level is None else _numbers("level", level, 100, "80")
        if levels and levels[0] < 1:
            raise ArgumentError(
                f"`level` is in percent, from 1 on: [80] for the interval that holds 80 %. "
                f"Received: level={levels!r}"
            )
        columns = {f"yhat-lo-{_text(one)}": (100 - one) / 200 for one in reversed(levels)}
        columns |= {f"yhat-hi-{_text(one)}": (100 + one) / 200 for one in levels}
        own = [] if quantiles is None else _numbers("quantiles", quantiles, 1, "0.9")
        return cls(columns | {f"yhat-ql{_text(one)}": one for one in own})


NO_INTERVALS = Uncertainty({})


def with_uncertainty(
    frame: pd.DataFrame,
    memory: ErrorMemory,
    which: np.ndarray,
    wanted: Uncertainty,
    seed: int,
    distributions: np.ndarray | None = None,
) -> pd.DataFrame:
    """Adds quantiles to a frame of forecasts, or makes one of samples.

    Args:
        frame: frame of `forecast_frame`.
        memory: past errors of all series, as known at the cutoffs.
        which: numbers of the series in the frame, in its order.
        wanted: what to give.
        seed: seed of the samples.
        distributions: quantiles of a head, `(series, leads, levels)`; `None` without one.

    Returns:
        The frame with a column for each of `wanted.columns`; or, for samples, the frame once for
        each, with its number from 0 in a column `sample`, and its values in `yhat`.

    Raises:
        ArgumentError: more leads than were fitted; samples that do not fit into memory.
    """
    if not wanted.columns and not wanted.samples:
        return frame
    forecast = frame["yhat"].to_numpy().reshape(len(which), -1)
    leads = forecast.shape[1]
    if leads > memory.horizon:
        raise ArgumentError(
            f"Past errors are known for the {memory.horizon} fitted leads: beyond them there are "
            f"no intervals. Received: horizon={leads}. Fit with that horizon."
        )
    padded = np.full((len(memory), memory.horizon), np.nan)
    padded[which, :leads] = forecast
    heads = None
    if distributions is not None:
        heads = np.full((*padded.shape, distributions.shape[-1]), np.nan)
        heads[which, :leads] = distributions
    if wanted.samples:
        check_samples(wanted.samples, padded.size)
        rng = np.random.default_rng(seed)
        paths = sample(memory, padded, wanted.samples, rng, distributions=heads)[:, which, :leads]
        return _sample_frame(frame, paths)
    _warn_of_few(memory, leads, min(min(a, 1 - a) for a in wanted.columns.values()))
    levels = np.array([*wanted.columns.values()])
    order, place = np.unique(levels, return_inverse=True)
    found = Steps(memory).quantiles(padded, order, distributions=heads)[:, which, :leads]
    columns = dict(zip(wanted.columns, found[place], strict=True))
    return frame.assign(**{name: values.ravel() for name, values in columns.items()})


def _sample_frame(frame: pd.DataFrame, paths: np.ndarray) -> pd.DataFrame:
    count = len(paths)
    repeated = frame.iloc[np.tile(np.arange(len(frame)), count)].reset_index(drop=True)
    place = [*repeated].index("yhat")
    repeated.insert(place, "sample", np.repeat(np.arange(count), len(frame)))
    return repeated.assign(yhat=paths.ravel())


def _warn_of_few(memory: ErrorMemory, leads: int, smallest: float) -> None:
    """Warns where a quantile is further out than past errors can say."""
    known, needed = memory.known[:leads], int(np.ceil(round(1 / smallest - 1, 6)))
    lead = int(np.argmin(known))
    if known[lead] < needed:
        what = (
            "there is none yet, and its quantiles are missing"
            if known[lead] == 0
            else "its outer quantiles are rather those that the head itself gives"
            if memory.of_distributions
            else "its outer quantiles follow a Student t of the size of these errors instead"
        )
        warnings.warn(
            f"{counted(int(known[lead]), 'past error')} of lead {lead + 1}, and a quantile as far "
            f"out as {smallest:g} needs {needed}: {what}. Hold out more rows (`validation`), or "
            "predict narrower intervals.",
            UserWarning,
            stacklevel=4,
        )


def _numbers(name: str, values: Any, end: int, example: str) -> list[float]:
    """Increasing numbers between 0 and `end`, both excluded."""
    single = isinstance(values, (str, bytes, Real)) or not hasattr(values, "__iter__")
    numbers = [] if single else [*values]
    if single or any(isinstance(v, bool) or not isinstance(v, Real) for v in numbers):
        raise ArgumentTypeError(
            f"`{name}` must be a list of numbers, as [{example}]. Received: {name}={values!r}"
        )
    rising = all(a < b for a, b in pairwise(numbers))
    if not numbers or not rising or not all(0 < v < end for v in numbers):
        raise ArgumentError(
            f"`{name}` must hold numbers above 0 and below {end}, each once, rising. "
            f"Received: {name}={numbers!r}"
        )
    return [float(v) for v in numbers]


def _text(number: float) -> str:
    """A number as in the columns of neuralforecast: `80`, `97.5`, `0.1`."""
    return str(int(number)) if number == int(number) else str(number)
