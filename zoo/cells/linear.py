"""Linear recurrences over a whole sequence, in parallel."""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from ...errors import ArgumentError


def linear_recurrence(a: Any, b: Any, h: Any) -> Any:
    """h_t = a_t ⊙ h_{t−1} + b_t for all t, by an associative scan.

    Two successive steps (a, b) and (a′, b′) are one step of the same kind, (a′ a, a′ b + b′):
    steps can therefore be composed in any grouping, in parallel.

    Args:
        a: `(batch or 1, time, n)`.
        b: `(batch, time, n)`.
        h: state before the first step, `(batch, n)`.

    Returns:
        `(batch, time, n)`.

    Raises:
        ArgumentError: the number of steps is not known beforehand.

    Reference: Blelloch (1990), Prefix sums and their applications; Martin and Cundy (2018),
    Parallelizing linear recurrent neural nets over sequence length.
    """

    def compose(first: tuple, then: tuple) -> tuple:
        return then[0] * first[0], then[0] * first[1] + then[1]

    known_length(b)
    reach, sums = _scan(compose, (a, b))
    return sums + reach * h[:, None]


def complex_recurrence(a: Sequence, b: Sequence, h: Sequence) -> tuple[Any, Any]:
    """As `linear_recurrence`, for complex numbers as pairs of real and imaginary parts."""

    def compose(first: tuple, then: tuple) -> tuple:
        a, b = _times(then[:2], first[:2]), _times(then[:2], first[2:])
        return *a, b[0] + then[2], b[1] + then[3]

    known_length(b[0])
    *reach, re, im = _scan(compose, (*a, *b))
    more = _times(reach, (h[0][:, None], h[1][:, None]))
    return re + more[0], im + more[1]


def _scan(compose: Callable, steps: tuple) -> tuple:
    """The compositions of all steps up to each one; arrays `(batch, time, n)`.

    `ops.associative_scan` does the same, but on TensorFlow with branches on the number of steps,
    which XLA cannot compile. Pairs of steps are composed and scanned, which gives every second
    result; the others need one step more.
    """
    time = steps[0].shape[1]
    if time == 1:
        return steps
    pairs = compose(tuple(s[:, : time - 1 : 2] for s in steps), tuple(s[:, 1::2] for s in steps))
    odd = _scan(compose, pairs)
    if time == 2:
        even = tuple(s[:, :1] for s in steps)
    else:
        before = tuple(s[:, : (time - 1) // 2] for s in odd)
        later = compose(before, tuple(s[:, 2::2] for s in steps))
        even = tuple(
            ops.concatenate([s[:, :1], e], axis=1) for s, e in zip(steps, later, strict=True)
        )
    return tuple(_interleave(e, o) for e, o in zip(even, odd, strict=True))


def _interleave(even: Any, odd: Any) -> Any:
    """Interleaves the steps 0, 2, 4 … and 1, 3, 5 … to `(batch, time, n)`."""
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
