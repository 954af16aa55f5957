"""Linear recurrences over a whole sequence at once."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from ...errors import ArgumentError


def linear_recurrence(a: Any, b: Any, h: Any) -> Any:
    """h_t = a_t ⊙ h_{t−1} + b_t for all t, by an associative scan.

    Two steps in a row are one step of the same kind, (a, b) then (a′, b′) being
    (a′ a, a′ b + b′): steps can therefore be joined in any order, in parallel.

    Args:
        a: `(batch or 1, time, n)`.
        b: `(batch, time, n)`.
        h: what stands before the first step, `(batch, n)`.

    Returns:
        `(batch, time, n)`.

    Raises:
        ArgumentError: the number of steps is not known beforehand.

    Reference: Blelloch (1990), Prefix sums and their applications; Martin and Cundy (2018),
    Parallelizing linear recurrent neural nets over sequence length.
    """

    def joined(first: tuple, then: tuple) -> tuple:
        return then[0] * first[0], then[0] * first[1] + then[1]

    known_length(b)
    reach, sums = _scanned(joined, (a, b))
    return sums + reach * h[:, None]


def complex_recurrence(a: Sequence, b: Sequence, h: Sequence) -> tuple[Any, Any]:
    """As `linear_recurrence`, of complex numbers given as pairs of real and imaginary part."""

    def joined(first: tuple, then: tuple) -> tuple:
        a, b = _times(then[:2], first[:2]), _times(then[:2], first[2:])
        return *a, b[0] + then[2], b[1] + then[3]

    known_length(b[0])
    *reach, re, im = _scanned(joined, (*a, *b))
    more = _times(reach, (h[0][:, None], h[1][:, None]))
    return re + more[0], im + more[1]


def _scanned(joined: Callable, steps: tuple) -> tuple:
    """All steps from the first up to each one, joined; arrays `(batch, time, n)`.

    `ops.associative_scan` does the same, but on TensorFlow by branches on the number of steps
    that XLA cannot compile. Pairs of steps are joined, then scanned: these are the even ones, and
    the odd ones are one step further.
    """
    time = steps[0].shape[1]
    if time == 1:
        return steps
    pairs = joined(tuple(s[:, : time - 1 : 2] for s in steps), tuple(s[:, 1::2] for s in steps))
    odd = _scanned(joined, pairs)
    if time == 2:
        even = tuple(s[:, :1] for s in steps)
    else:
        before = tuple(s[:, : (time - 1) // 2] for s in odd)
        later = joined(before, tuple(s[:, 2::2] for s in steps))
        even = tuple(
            ops.concatenate([s[:, :1], e], axis=1) for s, e in zip(steps, later, strict=True)
        )
    return tuple(_interleaved(e, o) for e, o in zip(even, odd, strict=True))


def _interleaved(even: Any, odd: Any) -> Any:
    """`(batch, time, n)` from its steps 0, 2, 4 … and 1, 3, 5 …"""
    count, n = odd.shape[1:]
    both = ops.reshape(ops.stack([even[:, :count], odd], axis=2), (-1, 2 * count, n))
    return both if even.shape[1] == count else ops.concatenate([both, even[:, count:]], axis=1)


def _times(x: Any, y: Any) -> tuple[Any, Any]:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def known_length(sequence: Any) -> int:
    """The number of steps of `(batch, time, …)`.

    Raises:
        ArgumentError: it is not known beforehand.
    """
    if sequence.shape[1] is None:
        raise ArgumentError(
            "A parallel scan needs to know the number of steps beforehand: give the network "
            f'a fixed one, or engine="scan". Received: sequences of shape {tuple(sequence.shape)}'
        )
    return int(sequence.shape[1])
