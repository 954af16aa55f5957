"""Memory tasks: sequences made from a seed, each with the score of the best constant answer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import ArgumentError, one_of, seed_number, whole_number

Arrays = tuple[np.ndarray, np.ndarray]

#: The parts of the 1,797 digits.
DIGITS = {"training": slice(1100), "check": slice(1100, 1300), "test": slice(1300, None)}
#: Seeds of the held-out sequences, far above those that training uses.
HELD_OUT = {"check": 2**31, "test": 2**31 + 1}
SYMBOLS = 8  # symbols of copy memory, without the blank and the mark


@dataclass(frozen=True)
class MemoryTask:
    """A memory task: one row of the table `TASKS`.

    Attributes:
        name: name in `TASKS`.
        make: function from `(items, steps, seed)` to `x (items, time, inputs)` and the truth `y`:
            `(items, outputs)` for one answer per item, `(items, time, 1)` for one per step.
            Classes are whole numbers below `outputs`, in one column.
        kind: `"many_to_one"` or `"many_to_many"`.
        inputs: width of x.
        outputs: width of an answer: 1 for a number or a bit, else the number of classes.
        steps: default of `steps`.
        answer: `"number"`, `"bit"` or `"class"`.
        score: measure, the lower the better: `"MSE"`, `"cross-entropy"` (in nats, mean over
            steps), or `"errors"`, the share of wrong answers.
        floor: function from `steps` to the score of the best answer that reads nothing.
        solved: score below which the task counts as solved; 0 for no such threshold.
    """

    name: str
    make: Callable[[int, int, int], Arrays]
    kind: str
    inputs: int
    outputs: int
    steps: int
    answer: str
    score: str
    floor: Callable[[int], float]
    solved: float


def adding(items: int, steps: int = 50, seed: int = 0) -> Arrays:
    """The adding problem: the sum of the two numbers that are marked.

    ```
    x_t = (a_t, m_t),  a_t ~ U(0, 1),  m_t = 1 at t = i and t = j, else 0
    y = a_i + a_j,     i in the first half, j in the second
    ```

    The best constant answer is 1, with a mean squared error of 2 · 1/12 = 1/6 at any length.

    Args:
        items: number of sequences.
        steps: length of each sequence, at least 2.
        seed: seed of the draw.

    Returns:
        x `(items, steps, 2)` and y `(items, 1)`, float32.

    Raises:
        ArgumentError, ArgumentTypeError: not whole numbers in these ranges.

    References: Hochreiter and Schmidhuber (1997), Long short-term memory; in the form of
    Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks of
    rectified linear units.
    """
    rng = _generator(items, steps, seed, at_least=2)
    x = np.zeros((items, steps, 2), "float32")
    x[..., 0] = rng.random((items, steps))
    each = np.arange(items)
    i, j = rng.integers(0, steps // 2, items), rng.integers(steps // 2, steps, items)
    x[each, i, 1] = x[each, j, 1] = 1
    return x, (x[each, i, 0] + x[each, j, 0])[:, None]


def copying(items: int, steps: int = 20, seed: int = 0) -> Arrays:
    """Copy memory: ten symbols, to be repeated after a wait.

    ```
    read     s_1 … s_10,  blanks × (steps − 1),  a mark,  blanks × 10       s ~ U{1 … 8}
    answer   blanks × (steps + 10),                       s_1 … s_10
    ```

    An answer is a class: 0 the blank, 1 to 8 the symbols. A model without memory gets the
    blanks right and guesses the symbols: a cross-entropy of 10 ln 8 / (steps + 20).

    Args:
        items: number of sequences.
        steps: the wait T, at least 1; a sequence is T + 20 long.
        seed: seed of the draw.

    Returns:
        x `(items, steps + 20, 10)`, one-hot with the mark last, float32, and y
        `(items, steps + 20, 1)`, int32.

    Raises:
        ArgumentError, ArgumentTypeError: not whole numbers in these ranges.

    Reference: Arjovsky, Shah and Bengio (2016), Unitary evolution recurrent neural
    networks, ICML.
    """
    rng = _generator(items, steps, seed)
    symbols = rng.integers(1, SYMBOLS + 1, (items, 10))
    x, y = np.zeros((2, items, steps + 20), "int32")
    x[:, :10] = y[:, -10:] = symbols
    x[:, -11] = SYMBOLS + 1
    return np.eye(SYMBOLS + 2, dtype="float32")[x], y[..., None]


def parity(items: int, steps: int = 20, seed: int = 0) -> Arrays:
    """Running parity: whether the ones so far are odd in number.

    ```
    y_t = x_1 ⊕ … ⊕ x_t,    x_t ~ U{0, 1}
    ```

    Whatever was read before, x_t makes y_t 0 or 1 with the same chance: a model that forgets
    is wrong in half of the steps.

    Args:
        items: number of sequences.
        steps: length of each sequence.
        seed: seed of the draw.

    Returns:
        x and y, both `(items, steps, 1)`, float32.

    Raises:
        ArgumentError, ArgumentTypeError: not whole numbers in these ranges.

    Reference: Hochreiter and Schmidhuber (1996), Bridging long time lags by weight
    guessing and "long short-term memory" (on parity).
    """
    rng = _generator(items, steps, seed)
    x = rng.integers(0, 2, (items, steps, 1))
    return x.astype("float32"), (np.cumsum(x, axis=1) % 2).astype("float32")


def addition(items: int, steps: int = 8, seed: int = 0) -> Arrays:
    """Addition of two binary numbers, the lowest bits first.

    ```
    x_t = (a_t, b_t),  y_t = a_t ⊕ b_t ⊕ c_{t−1},  c_t = [a_t + b_t + c_{t−1} > 1]
    ```

    After N bits of each number comes one step of zeros, for the last carry. The method
    does not depend on N: a model that has learned it adds numbers of any length.

    Args:
        items: number of sums.
        steps: the bits N of each number; a sequence is N + 1 long.
        seed: seed of the draw.

    Returns:
        x `(items, steps + 1, 2)` and y `(items, steps + 1, 1)`, the bits of the sum, float32.
        A network of fixed inputs reads both flat: `x.reshape(items, -1)`, `y[..., 0]`.

    Raises:
        ArgumentError, ArgumentTypeError: not whole numbers in these ranges.

    Reference: Rumelhart, Hinton and Williams (1986), Learning internal representations by
    error propagation (binary addition, on numbers of two bits).
    """
    rng = _generator(items, steps, seed)
    x = rng.integers(0, 2, (items, steps + 1, 2))
    x[:, -1] = 0
    y, carry = np.empty((items, steps + 1, 1)), np.zeros(items, int)
    for t in range(steps + 1):
        total = x[:, t].sum(axis=-1) + carry
        y[:, t, 0], carry = total % 2, total // 2
    return x.astype("float32"), y.astype("float32")


def digits(items: int, steps: int = 64, seed: int = 0, part: str = "training") -> Arrays:
    """Hand-written digits, read pixel by pixel, row after row: which digit was it?

    Args:
        items: number of digits, drawn with repetition from the first 1,100; from the other
            parts always the same ones, at most all of them.
        steps: 64, the number of pixels in an image.
        seed: seed of the draw from the training digits.
        part: `"training"`; `"check"`, 200 digits to monitor training; `"test"`, 497.

    Returns:
        x `(items, 64, 1)`, brightness from 0 to 1, float32, and y `(items, 1)`, the digit
        0 … 9, int32.

    Raises:
        ArgumentError, ArgumentTypeError: not whole numbers, not 64 steps, or no such part.

    References: Le, Jaitly and Hinton (2015), A simple way to initialize recurrent networks
    of rectified linear units (on MNIST); the 1,797 digits of 8 × 8 inside scikit-learn,
    UCI data set Optical Recognition of Handwritten Digits (CC BY 4.0).
    """
    from sklearn.datasets import load_digits

    rng = _generator(items, steps, seed)
    if steps != 64:
        raise ArgumentError(f"An image has 64 pixels. Received: steps={steps}")
    images = load_digits()
    rows = DIGITS[one_of("part", part, DIGITS)]
    x = images.data[rows].astype("float32")[..., None] / 16
    y = images.target[rows].astype("int32")[:, None]
    if part != "training":
        return x[:items], y[:items]
    drawn = rng.integers(0, len(x), items)
    return x[drawn], y[drawn]


#: The tasks by name.
TASKS: dict[str, MemoryTask] = {
    task.name: task
    for task in (
        MemoryTask(
            "adding", adding, "many_to_one", 2, 1, 50, "number", "MSE", lambda _: 1 / 6, 0.01
        ),
        MemoryTask(
            *("copying", copying, "many_to_many", SYMBOLS + 2, SYMBOLS + 1, 20),
            *("class", "cross-entropy", lambda T: 10 * math.log(SYMBOLS) / (T + 20), 0.05),
        ),
        MemoryTask(
            "parity", parity, "many_to_many", 1, 1, 20, "bit", "errors", lambda _: 0.5, 0.01
        ),
        MemoryTask(
            *("addition", addition, "many_to_many", 2, 1, 8),
            # only the last carry is unbalanced: it is 1 with probability (1 − 2^−N) / 2
            *("bit", "errors", lambda N: 0.5 - 0.5 ** (N + 1) / (N + 1), 0.01),
        ),
        MemoryTask(
            *("digits", digits, "many_to_one", 1, 10, 64),
            *("class", "errors", lambda _: _most_frequent(), 0),
        ),
    )
}


def held_out(
    task: MemoryTask, part: str = "test", items: int = 1000, steps: int | None = None
) -> Arrays:
    """Returns sequences of a task that training never draws, always the same ones.

    Args:
        task: e.g. `TASKS["adding"]`.
        part: `"check"`, to monitor training, or `"test"`.
        items: number of sequences; at most 200 and 497 for the digits.
        steps: as for `make`; by default `task.steps`.
    """
    seed = HELD_OUT[one_of("part", part, HELD_OUT)]
    steps = task.steps if steps is None else steps
    if task.make is digits:
        return digits(items, steps, seed, part)
    return task.make(items, steps, seed)


def _most_frequent() -> float:
    """Share of errors of the constant answer: the most frequent digit of the test part."""
    _, y = held_out(TASKS["digits"])
    return float(1 - np.bincount(y[:, 0]).max() / len(y))


def _generator(items: int, steps: int, seed: int, at_least: int = 1) -> np.random.Generator:
    whole_number("items", items)
    whole_number("steps", steps, at_least)
    return np.random.default_rng(seed_number(seed))
