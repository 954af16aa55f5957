"""Windows of arrays along time, as views, and the rows where they begin."""

import numpy as np


def ahead(values: np.ndarray, horizon: int) -> np.ndarray:
    """The `horizon` rows that follow each row, as a view.

    Args:
        values: `(rows, …)`.

    Returns:
        `(rows − horizon, horizon, …)`: entry `[t, k]` is `values[t + 1 + k]`.

    >>> import numpy as np
    >>> ahead(np.arange(5), 2).tolist()
    [[1, 2], [2, 3], [3, 4]]
    """
    view = np.lib.stride_tricks.sliding_window_view(values[1:], horizon, axis=0)
    return np.moveaxis(view, -1, 1)


def origins_between(start: int, end: int, horizon: int, stride: int = 1) -> np.ndarray:
    """Rolling origins whose targets all lie in rows `[start, end)`.

    An origin is the last row that a forecast may use: its leads are the rows
    `origin + 1 … origin + horizon`.

    >>> origins_between(start=10, end=14, horizon=3).tolist()
    [9, 10]
    """
    return np.arange(start - 1, end - horizon, stride)


def shortest_window(rows: int, lookback: int, segment: int) -> int:
    """The number of rows of a series before the end of its first training window: a look-back, but
    at most half of the series, and at least a segment.

    >>> [shortest_window(rows, lookback=24, segment=4) for rows in (100, 30, 5)]
    [24, 15, 4]
    """
    return min(lookback, max(segment, rows // 2))


def stream_starts(rows: int, length: int, streams: int, rng: np.random.Generator) -> np.ndarray:
    """First rows of `streams` spans of `length` rows, evenly spread over `rows`.

    A random shift within the rows moves the cuts between chunks in each epoch.
    """
    free = rows - length
    if streams == 1:
        return np.array([free])
    step = free / (streams - 1)
    shift = rng.uniform(-step / 2, step / 2, streams)
    return np.clip(np.round(np.arange(streams) * step + shift), 0, free).astype(int)
