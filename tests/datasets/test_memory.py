import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.datasets.sources.memory_tasks import (
    TASKS,
    adding,
    addition,
    copying,
    digits,
    held_out,
    parity,
)
from rnnzoo.errors import ArgumentTypeError


def test_adding_adds_the_two_that_are_marked():
    x, y = adding(500, 10, seed=1)
    np.testing.assert_array_equal(x[..., 1].sum(axis=1), 2)
    np.testing.assert_array_equal(x[:, :5, 1].sum(axis=1), 1)
    np.testing.assert_allclose((x[..., 0] * x[..., 1]).sum(axis=1), y[:, 0], rtol=1e-6)


def test_copying_asks_for_the_symbols_after_the_wait():
    x, y = copying(50, steps=7, seed=1)
    assert x.shape == (50, 27, 10) and y.shape == (50, 27, 1)
    read = x.argmax(axis=-1)
    np.testing.assert_array_equal(read[:, :10], y[:, -10:, 0])
    assert not y[:, :-10].any()
    np.testing.assert_array_equal((read == 9).sum(axis=1), 1)
    assert (read[:, 16] == 9).all()
    np.testing.assert_array_equal(x.sum(axis=-1), 1)


def test_parity_is_that_of_the_ones_so_far():
    x, y = parity(5, 9, seed=1)
    for item in range(5):
        for t in range(9):
            assert y[item, t, 0] == x[item, : t + 1].sum() % 2


def test_addition_is_that_of_whole_numbers():
    x, y = addition(200, steps=12, seed=1)
    powers = 2 ** np.arange(13)
    a, b = (x * powers[:, None]).sum(axis=1).T
    np.testing.assert_array_equal((y[..., 0] * powers).sum(axis=1), a + b)


def test_digits_are_read_row_by_row_and_the_parts_are_apart():
    parts = {part: digits(2000, part=part)[0] for part in ("training", "check", "test")}
    assert {part: len(x) for part, x in parts.items()} == {
        "training": 2000, "check": 200, "test": 497,
    }  # fmt: skip
    seen = {part: {image.tobytes() for image in x} for part, x in parts.items()}
    assert not seen["training"] & seen["test"] and not seen["check"] & seen["test"]
    assert parts["test"].min() == 0 and parts["test"].max() == 1


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_floor_is_the_score_of_the_best_constant_answer(task):
    x, y = held_out(task, items=5000)
    if task.answer == "number":
        found = np.mean((y - y.mean()) ** 2)
    elif task.score == "cross-entropy":  # the best constant of each step
        rates = np.stack([(y == k).mean(axis=0) for k in range(task.outputs)], axis=-1)
        found = -np.mean(np.sum(rates * np.log(np.maximum(rates, 1e-12)), axis=-1))
    elif task.answer == "bit":
        found = np.mean(np.minimum(y.mean(axis=0), 1 - y.mean(axis=0)))
    else:
        found = 1 - np.bincount(y[:, 0]).max() / len(y)
    assert found == pytest.approx(task.floor(task.steps), rel=0.08)
    assert x.shape[-1] == task.inputs


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_the_same_seed_draws_the_same(task):
    one, other = task.make(20, task.steps, 3), task.make(20, task.steps, 3)
    for array, again in zip(one, other, strict=True):
        np.testing.assert_array_equal(array, again)
    assert not np.array_equal(one[0], task.make(20, task.steps, 4)[0])


@pytest.mark.parametrize("make", [adding, copying, parity, addition])
def test_bad_arguments_are_refused(make):
    with pytest.raises(ArgumentError, match="Received: steps=0"):
        make(5, 0)
    with pytest.raises(ArgumentError, match="Received: items=0"):
        make(0, 5)
    with pytest.raises(ArgumentTypeError, match="Received: steps=2.5"):
        make(5, 2.5)


def test_digits_have_64_pixels_and_three_parts():
    with pytest.raises(ArgumentError, match="Received: steps=28"):
        digits(5, 28)
    with pytest.raises(ArgumentError, match="Did you mean test"):
        digits(5, part="tests")
