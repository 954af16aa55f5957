"""Whether a network still forecasts well when it reads on past the rows that it was trained on.

A network is trained on spans of a look-back, but reads whole series and what follows them. The
state of some cells has no bound: it may grow with every row read, and the errors with it, long
after the rows by which the weights were chosen.
"""

from dataclasses import dataclass, replace

import numpy as np

from .plan import Plan
from .preprocessing.rows import Rows
from .strategies.base import Strategy
from .validation import validation_origins

READ_TWICE = 10_000  # most rows of a series that are read twice, the last ones
LONGEST = 16  # most series that are read twice, the longest ones
ORIGINS = 500  # most origins whose errors are compared
WORSE = 2.0  # how many times as large errors may become
LEAST = 1e-3  # errors below it, in units of the scale, count as this


@dataclass(frozen=True)
class ReadingOn:
    """Errors at the same origins, those of the validation rows, after few and after many rows.

    Attributes:
        near: mean absolute error after some look-backs, in units of the scale of each series.
        far: the same where all rows are read twice, the second time with the state that the first
            reading left; not finite where a forecast is not.
    """

    near: float
    far: float

    @classmethod
    def of(cls, strategy: Strategy, rows: list[Rows], plan: Plan) -> "ReadingOn":
        """Measures the errors of a trained network.

        Args:
            strategy: trained network.
            rows: all rows of each series.
            plan: which of them validate.

        Returns:
            Two equal errors for a network that carries no state, or where no value is known.
        """
        if strategy.name == "segment":
            return cls(0.0, 0.0)
        longest = sorted(range(len(rows)), key=lambda i: -len(rows[i]))[:LONGEST]
        some = [rows[i][-READ_TWICE:] for i in longest]
        training = [
            max(plan.training[i] - len(rows[i]) + len(one), 1 + READ_TWICE // 2)
            if len(rows[i]) > READ_TWICE
            else plan.training[i]
            for i, one in zip(longest, some, strict=True)
        ]
        held_out = [len(one) - first for one, first in zip(some, training, strict=True)]
        part = replace(plan, training=training, held_out=held_out)
        warm, known, origins = validation_origins(some, part, ORIGINS)
        steps = np.arange(1, plan.horizon + 1)
        pairs = zip(known, origins, strict=True)
        truth = [one.target[own[:, None] + steps] for one, own in pairs]
        if not any(np.isfinite(one).any() for one in truth):
            return cls(0.0, 0.0)
        scales = [one.scale[end - 1, 1] for one, end in zip(some, training, strict=True)]
        twice = [Rows.concatenate([one, one]) for one in some]
        again = [
            own + first + len(one) for one, own, first in zip(some, origins, warm, strict=True)
        ]
        with np.errstate(over="ignore", invalid="ignore"):  # an error may be infinite
            near = strategy.forecast_origins(known, origins, plan.horizon)
            far = strategy.forecast_origins(twice, again, plan.horizon)
            return cls(_error(near, truth, scales), _error(far, truth, scales))

    def failure(self, other: "ReadingOn | None" = None) -> str:
        """Why the network cannot be used for long, in a sentence; empty if it can.

        Args:
            other: errors of another network for the same rows, which are as good a measure.
        """
        usual = max(self.near, LEAST, 0.0 if other is None else other.near)
        if self.far <= WORSE * usual:
            return ""
        times = f"{self.far / usual:,.0f} times as large"
        if not np.isfinite(self.far):
            times = "not finite"
        return (
            "its errors grow as it reads on. Where the rows are read twice in a row, they are "
            f"{times}."
        )


def _error(forecasts: list[np.ndarray], truth: list[np.ndarray], scales: list[float]) -> float:
    """The mean absolute error of forecasts of known values, in units of the scales."""
    errors = [
        np.abs(forecast - y)[np.isfinite(y)] / scale
        for forecast, y, scale in zip(forecasts, truth, scales, strict=True)
    ]
    return float(np.mean(np.concatenate(errors)))
