"""Linear ARX models: the start of a closed-loop network, and the choice of its delays.

```
f_t = d + Σ_{j ∈ Dy} A_j f_{t−j} + Σ_{i ∈ Dx} B_i x_{t−i}
```

f are the scaled target and past covariates, x the scaled covariates known ahead, followed by the
marks of missing values. Missing values are no targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..preprocessing.rows import Rows

MOST_INPUT_DELAY = 12  # largest delay of an input that is tried

#: Added to the mean square of each column. Neighboring lags of a smooth series differ little: more
#: would shrink the weights of their differences.
RIDGE = 1e-5


def least_squares_arx(
    rows: list[Rows], input_delays: Sequence[int], feedback_delays: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fits an ARX model to the rows of all series together.

    Args:
        rows: training rows of each series.
        input_delays: Dx, empty without inputs.
        feedback_delays: Dy.

    Returns:
        A `(len(Dy) · f, f)`, B `(len(Dx) · x, f)`, the delays below one another, and d `(f,)`.

    Reference: Hoerl and Kennard (1970), Ridge regression.
    """
    outputs = rows[0].features.shape[-1]
    fits = [_Regression.of(rows, input_delays, feedback_delays, k) for k in range(outputs)]
    weights = np.stack([fit.solve(slice(None))[0] for fit in fits], axis=1)
    split = 1 + len(feedback_delays) * outputs
    return weights[1:split], weights[split:], weights[0]


def choose_delays(
    rows: list[Rows],
    most: int,
    input_delays: Sequence[int] | None = None,
    feedback_delays: Sequence[int] | None = None,
) -> tuple[list[int], list[int]]:
    """Chooses the delays of the ARX model of the target that has the smallest AICc.

    Feedback delays are 1 … n; input delays are those from a dead time to a longest delay.

    Args:
        rows: training rows of each series.
        most: largest feedback delay to try; of inputs at most `MOST_INPUT_DELAY`.
        input_delays: Dx, if they are given.
        feedback_delays: Dy, if they are given.

    Returns:
        Dx, empty without covariates known ahead, and Dy.

    Reference: Hurvich and Tsai (1989), Regression and time series model selection in small
    samples, Biometrika 76.
    """
    unmarked = [replace(one, observed=one.observed[:, :0]) for one in rows]
    fed = _first_ones(most) if feedback_delays is None else [list(feedback_delays)]
    read = _spans(min(most, MOST_INPUT_DELAY)) if input_delays is None else [list(input_delays)]
    if not rows[0].future.shape[1]:
        read = [[]]
    fit = _Regression.of(unmarked, sorted({i for x in read for i in x}), fed[-1])
    Dx, Dy = read[0], fed[0]
    while True:  # in turns, until neither changes
        before = Dx, Dy
        Dx = min(read, key=lambda x: fit.aicc(x, Dy))
        Dy = min(fed, key=lambda y: fit.aicc(Dx, y))
        if (Dx, Dy) == before:
            return Dx, Dy


def _first_ones(most: int) -> list[list[int]]:
    return [[*range(1, n + 1)] for n in range(1, most + 1)]


def _spans(most: int) -> list[list[int]]:
    return [[*range(k, n + 1)] for k in range(most + 1) for n in range(k, most + 1)]


@dataclass(frozen=True)
class _Regression:
    """The sums of a least-squares fit, from which one with fewer delays follows too.

    Attributes:
        products: sums of products of the columns: 1, then f_{t−j} for each j, then x_{t−i} for
            each i.
        moments: sums of their products with the target.
        square: sum of its squares.
        count: sum of the weights of the rows.
        fed, read: delay of each column, if it is one of f or of x; else −1.
    """

    products: np.ndarray
    moments: np.ndarray
    square: float
    count: float
    fed: np.ndarray
    read: np.ndarray

    @classmethod
    def of(
        cls, rows: list[Rows], Dx: Sequence[int], Dy: Sequence[int], output: int = 0
    ) -> "_Regression":
        """Sums over the rows whose delayed values are all known; `output` is the target's column
        of the features."""
        f, x = rows[0].features.shape[-1], _inputs(rows[0]).shape[-1]
        width = 1 + len(Dy) * f + len(Dx) * x
        products, moments, square, count = np.zeros((width, width)), np.zeros(width), 0.0, 0.0
        for one in rows:
            reach = max([*Dy, *Dx])
            X = _columns(one, Dx, Dy, reach)
            y = one.features[reach:, output].astype("float64")
            w = _weights(one, output)[reach:]
            products += X.T @ (w[:, None] * X)
            moments += X.T @ (w * y)
            square += float(w @ y**2)
            count += float(w.sum())
        fed = np.concatenate([[-1], np.repeat(Dy, f), np.full(len(Dx) * x, -1)])
        read = np.concatenate([np.full(1 + len(Dy) * f, -1), np.repeat(Dx, x)])
        return cls(products, moments, square, count, fed, read)

    def aicc(self, Dx: Sequence[int], Dy: Sequence[int]) -> float:
        """Akaike's criterion, corrected for few rows, of the model with some of the delays."""
        used = np.isin(self.fed, Dy) | np.isin(self.read, Dx)
        used[0] = True
        _, rest = self.solve(used)
        weights = int(used.sum())
        left = max(self.count - weights - 1, 1e-9)
        return float(self.count * np.log(rest) + 2 * weights * (1 + (weights + 1) / left))

    def solve(self, used: Any) -> tuple[np.ndarray, float]:
        """The weights of some columns, and the mean square of what they leave."""
        products, moments = self.products[used][:, used], self.moments[used]
        rows = max(self.count, 1.0)
        penalty = np.full(len(moments), RIDGE * rows)
        penalty[0] = 1e-9  # without any row, all weights are 0
        weights = np.linalg.solve(products + np.diag(penalty), moments)
        rest = self.square - 2 * weights @ moments + weights @ products @ weights
        return weights, max(rest / rows, 1e-12)


def _columns(one: Rows, Dx: Sequence[int], Dy: Sequence[int], reach: int) -> np.ndarray:
    """One and the delayed values at each row from `reach` on, `(rows, columns)`."""
    rows, x = max(0, len(one) - reach), _inputs(one)
    delayed = [one.features[reach - j :][:rows] for j in Dy] + [x[reach - i :][:rows] for i in Dx]
    return np.concatenate([np.ones((rows, 1)), *delayed], axis=1, dtype="float64")


def _inputs(one: Rows) -> np.ndarray:
    return np.concatenate([one.future, one.observed], axis=-1)


def _weights(one: Rows, output: int) -> np.ndarray:
    """The weight of each row's target, 0 where it is missing."""
    known = ~np.isnan(one.target) if output == 0 else np.ones(len(one), bool)
    if one.observed.shape[1]:
        known = one.observed[:, output] > 0
    return known * (one.weight[:, 0] if one.weight.shape[1] else 1.0)
