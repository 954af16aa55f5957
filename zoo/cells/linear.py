"""Linear recurrences over a whole sequence at once."""

from collections.abc import Sequence
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
    reach, sums = ops.associative_scan(joined, (a, b), axis=1)
    return _shaped(sums + reach * h[:, None], b)


def complex_recurrence(a: Sequence, b: Sequence, h: Sequence) -> tuple[Any, Any]:
    """As `linear_recurrence`, of complex numbers given as pairs of real and imaginary part."""

    def joined(first: tuple, then: tuple) -> tuple:
        a, b = _times(then[:2], first[:2]), _times(then[:2], first[2:])
        return *a, b[0] + then[2], b[1] + then[3]

    known_length(b[0])
    *reach, re, im = ops.associative_scan(joined, (*a, *b), axis=1)
    more = _times(reach, (h[0][:, None], h[1][:, None]))
    return _shaped(re + more[0], b[0]), _shaped(im + more[1], b[1])


def _shaped(result: Any, like: Any) -> Any:
    # on TensorFlow, ops.associative_scan forgets the shape where the batch is not known
    return ops.reshape(result, (-1, *like.shape[1:]))


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
