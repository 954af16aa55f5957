"""The segment network: reads a window in segments, and decodes all segments ahead at once."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, ArgumentTypeError, fraction, one_of, whole_number
from ..cells import RecurrentCell, as_cell
from ..cells.adapter import is_cell
from ..heads import Head
from ..heads.layers import HeadParameters
from ..layers import stack

WINDOW_NORMALIZATIONS = ("last", "instance")
ε = 1e-5  # standard deviation of a constant window


def segment(
    cells: Sequence[RecurrentCell],
    lookback: int,
    segment: int,
    horizon: int,
    channels: int = 1,
    extras: int = 0,
    futures: int = 0,
    width: int | None = None,
    dropout: float = 0.0,
    window_normalization: str | None = "last",
    engine: str = "auto",
    head: Head | None = None,
) -> keras.Model:
    """Builds a network that reads and forecasts `segment` steps at a time.

    ```
    X_i = the i-th segment of (x − μ)/σ, its covariates with it        i = 1 … n
    s_i = cells(relu(E X_i + e), s_{i−1}),  s_0 = 0
    Ŷ_j = O dropout(cells([p_j ; q_c] + F f_j, s_n)) + o               j = 1 … m, side by side
    ŷ = σ (Ŷ_1 … Ŷ_m) + μ                                              cut to the horizon
    ```

    n = ⌊lookback / segment⌋ and m = ⌈horizon / segment⌉: the oldest rows, which fill no whole
    segment, are left out. Each channel of a table has its own windows, distinguished only by the
    embedding q_c; p_j is the embedding of position j; f_j are the known rows of the steps in
    segment j, zeros beyond the horizon. All positions start from the same state s_n and take one
    step, so errors do not accumulate over the segments.

    Args:
        cells: cells over vectors, each fed by the one before.
        lookback: number of steps in the window.
        segment: number of steps that are read, and forecast, at once.
        horizon: number of leads.
        channels: number of channels to distinguish.
        extras: number of covariates of each step of the window.
        futures: number of covariates of each step ahead.
        width: width of the inputs of the cells, by default that of the last cell's output; half
            of it is for the embedding of the channel, if there are several.
        dropout: share of the last cell's output that is dropped before the head in training.
        window_normalization: μ and σ: `"last"` (the window's last value, and 1), `"instance"` (the
            mean and the standard deviation of its whole segments) or `None` (0 and 1).
        engine: engine of the loops over time, as for `Recurrent`.
        head: head of every step, in place of one number; its values are scaled by σ and moved by
            μ.

    Returns:
        A model from a list of inputs to the forecast, `(batch, horizon)`, or with a head to its
        parameters, `(batch, horizon, outputs)`. The inputs are, in
        this order, `window` `(batch, lookback)`, `extras` `(batch, lookback, extras)`, `ahead`
        `(batch, horizon, futures)` and `channel`, whole numbers `(batch,)`; all but the first
        only where they exist.

    Raises:
        ArgumentTypeError: `cells` is no list of cells, or an argument is no number.
        ArgumentError: a look-back shorter than a segment; a cell over images, a cell fed with
            the truth, which is unknown, or a cell that passes no gradient to the encoder.

    References: Lin, Lin, Wu, Zhao and Chen (2023), SegRNN: segment recurrent neural network
    for long-term time series forecasting; Kim et al. (2022), Reversible instance
    normalization for accurate time-series forecasting against distribution shift, ICLR, here
    without its learned scale and shift.

    Example: two days read, one forecast, a quarter of a day at a time.

    >>> import numpy as np
    >>> from rnnzoo import cells
    >>> from rnnzoo.zoo.models import segment
    >>> network = segment([cells.GRU(8)], lookback=48, segment=6, horizon=24)
    >>> network.predict([np.zeros((5, 48))], verbose=0).shape
    (5, 24)
    """
    cells = _checked(cells)
    lookback, w = whole_number("lookback", lookback), whole_number("segment", segment)
    horizon, channels = whole_number("horizon", horizon), whole_number("channels", channels)
    extras, futures = whole_number("extras", extras, 0), whole_number("futures", futures, 0)
    d = cells[-1].output_size if width is None else whole_number("width", width)
    if lookback < w:
        raise ArgumentError(
            f"`lookback` must hold at least one segment. Received: lookback={lookback}, segment={w}"
        )
    if channels > 1 and d < 2:
        raise ArgumentError(
            "`width` must be at least 2 with several channels: it is shared between the position "
            f"and the channel. Received: width={d}, channels={channels}"
        )
    if window_normalization is not None:
        one_of("window_normalization", window_normalization, WINDOW_NORMALIZATIONS)
    if window_normalization is not None and head is not None and head.counts:
        raise ArgumentError(
            "A count has no level to subtract. Received: "
            f"window_normalization={window_normalization!r}, head={head.name!r}"
        )
    n, m = lookback // w, -(-horizon // w)

    window = keras.Input((lookback,), name="window")
    given = [window]
    x = window[:, lookback - n * w :]
    μ, σ = _level_and_scale(x, window_normalization)
    X = ops.reshape((x - μ) / σ, (-1, n, w))
    if extras:
        given.append(keras.Input((lookback, extras), name="extras"))
        covariates = given[-1][:, lookback - n * w :]
        X = ops.concatenate([X, ops.reshape(covariates, (-1, n, w * extras))], axis=-1)
    loop = stack(cells, return_state=True, engine=engine)
    read = keras.layers.Dense(d, "relu", name="embedding")(X)  # (batch, n, width)
    _, *states = loop(read)

    half = d // 2 if channels > 1 else 0
    j = ops.zeros_like(window[:, :1], dtype="int32") + ops.arange(m)  # (batch, m)
    queries = keras.layers.Embedding(m, d - half, name="places")(j)
    if futures:
        given.append(keras.Input((horizon, futures), name="ahead"))
        f = ops.pad(given[-1], ((0, 0), (0, m * w - horizon), (0, 0)))
        f = ops.reshape(f, (-1, m, w * futures))
    if channels > 1:
        given.append(keras.Input((), dtype="int32", name="channel"))
        q = keras.layers.Embedding(channels, half, name="channels")(given[-1])
        queries = ops.concatenate([queries, ops.repeat(q[:, None], m, axis=1)], axis=-1)
    if futures:
        queries = queries + keras.layers.Dense(d, use_bias=False, name="future")(f)

    # the positions are rows of the batch: one step of the same recurrence for each
    queries = ops.reshape(queries, (-1, 1, d))
    s, *_ = loop(queries, initial_state=[ops.repeat(state, m, axis=0) for state in states])
    s = keras.layers.Dropout(fraction("dropout", dropout), name="dropout")(s)
    Y = keras.layers.Dense(w if head is None else w * head.outputs, name="head")(s)
    if head is None:  # Y is (batch · m, segment)
        forecast = σ * ops.reshape(Y, (-1, m * w))[:, :horizon] + μ
    else:
        raw = ops.reshape(Y, (-1, m * w, head.outputs))[:, :horizon]
        parameters = HeadParameters(head.name, name="parameters")(raw)
        forecast = head.placed(parameters, μ[..., None], σ[..., None], ops)
    return keras.Model(given, forecast, name="segment")


def _checked(cells: Any) -> list[RecurrentCell]:
    if not isinstance(cells, (list, tuple)):
        raise ArgumentTypeError(f"`cells` must be a list of cells. Received: cells={cells!r}")
    if not cells:
        raise ArgumentError("`cells` must hold at least one cell. Received: cells=[]")
    if not all(map(is_cell, cells)):
        raise ArgumentTypeError(f"`cells` must hold cells alone. Received: {cells!r}")
    cells = [as_cell("cells", cell) for cell in cells]
    for cell in cells:
        name = type(cell).__name__
        if cell.reads_images:
            raise ArgumentError(
                f"A segment is a vector, and {name} reads images: use a cell over vectors, or "
                f"`encoder_forecaster`. Received: {cell!r}"
            )
        if getattr(cell, "feedback", None) in ("truth", "error"):
            raise ArgumentError(
                f"A segment network has no truth to feed back: give {name} "
                f'feedback="prediction". Received: feedback={cell.feedback!r}'
            )
        if getattr(cell, "truncate", False):
            raise ArgumentError(
                "The decoder trains the encoder only through the state, and a copied state "
                f"passes no gradient: give {name} truncate=False. Received: truncate=True"
            )
    return cells


def _level_and_scale(x: Any, window_normalization: str | None) -> tuple[Any, Any]:
    """μ and σ of each window, `(batch, 1)`."""
    if window_normalization == "instance":
        return ops.mean(x, 1, keepdims=True), ops.sqrt(ops.var(x, 1, keepdims=True) + ε**2)
    last = x[:, -1:]
    return last if window_normalization == "last" else ops.zeros_like(last), ops.ones_like(last)
