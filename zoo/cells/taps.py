"""Delay lines over a whole sequence."""

from collections.abc import Sequence
from typing import Any

from keras import ops


def delay(sequence: Any, taps: Sequence[Any]) -> list[Any]:
    """The sequence delayed by 0, 1, … `len(taps)` steps.

    ```
    entry k at step t = sequence_{t−k},  or taps_{k−t−1} where that lies before the start
    ```

    Args:
        sequence: `(batch, time, …)`; its length need not be known.
        taps: values before the first step, newest first, each `(batch, …)`.

    Returns:
        `len(taps) + 1` tensors, each of the shape of `sequence`; the first is `sequence`.
        So tap j of a delay line, newest first from 1, holds entry j − 1 after every step.
    """
    if not taps:
        return [sequence]
    before = ops.stack([ops.cast(tap, sequence.dtype) for tap in reversed(taps)], axis=1)
    whole = ops.concatenate([before, sequence], axis=1)  # (batch, taps + time, …)
    reach = len(taps)
    return [sequence, *[whole[:, reach - k : -k] for k in range(1, reach + 1)]]
