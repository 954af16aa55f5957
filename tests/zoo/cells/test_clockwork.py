import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import Clockwork

X = np.random.default_rng(1).normal(size=(2, 14, 3)).astype("float32")
PERIODS = (1, 2, 5)


def test_forward(built):
    cell = built(Clockwork(6, PERIODS), 3)
    W, *U, b = cell.get_weights()
    h, expected = np.zeros((2, 6)), []
    for t, x in enumerate(np.moveaxis(X, 1, 0)):
        before = h.copy()
        for g, T in enumerate(PERIODS):
            if t % T == 0:
                mine = slice(2 * g, 2 * g + 2)
                slower = before[:, 2 * g :]
                h[:, mine] = np.tanh(x @ W[:, mine] + slower @ U[g] + b[mine])
        expected.append(h.copy())
    np.testing.assert_allclose(run(cell, X), np.stack(expected, axis=1), atol=1e-5)


def test_a_slow_module_never_sees_a_faster_one(built):
    cell = built(Clockwork(6, PERIODS), 3)
    states = [np.zeros((2, 6), "float32"), np.zeros((2, 3), "float32")]
    outputs = run(cell, X, states)
    states[0][:, :2] += 1  # the fastest module
    changed = np.abs(run(cell, X, states) - outputs).max(axis=(0, 1)) > 1e-6
    assert changed.tolist() == [True, True, False, False, False, False]


def test_the_phases_of_a_long_series_stay_whole_numbers(built):
    """Half precision counts to 2,048, bfloat16 to 256: a count of steps would stick there."""
    cell = built(Clockwork(6, (1, 2, 7), dtype="mixed_bfloat16"), 3)
    x = np.zeros((1, 260, 3), "float32")
    _, _, phases = Recurrent(cell, return_state=True, dtype="mixed_bfloat16")(x)
    phases = ops.convert_to_numpy(ops.cast(phases, "float32"))
    np.testing.assert_array_equal(phases, [[260 % 1, 260 % 2, 260 % 7]])


@pytest.mark.parametrize(
    "dtype, period", [("bfloat16", 128), ("bfloat16", 200), ("bfloat16", 256), ("float16", 2048)]
)
def test_in_half_precision_too_each_phase_is_followed_by_the_next(dtype, period, built):
    cell = built(Clockwork(2, (1, period), dtype=f"mixed_{dtype}"), 3)
    phases = np.stack([np.zeros(period), np.arange(period)], axis=1)  # all that there are
    states = [np.zeros((period, 2), "float32"), phases]
    x = np.zeros((period, 1, 3), "float32")
    _, _, after = Recurrent(cell, return_state=True)(x, initial_state=states)
    after = ops.convert_to_numpy(ops.cast(after, "float32"))
    np.testing.assert_array_equal(after[:, 1], (np.arange(period) + 1) % period)


@pytest.mark.parametrize("dtype, period", [("bfloat16", 257), ("float16", 2049)])
def test_periods_that_half_precision_cannot_count_are_refused(dtype, period):
    cell = Clockwork(2, (1, period), dtype=f"mixed_{dtype}")
    with pytest.raises(ArgumentError, match=rf"counted to {period - 1}: .*\[1, {period}\]"):
        Recurrent(cell).build((None, None, 3))


def test_units_are_divided_among_the_modules():
    with pytest.raises(ArgumentError, match="multiple of the number of periods, 3.*units=4"):
        Clockwork(4, PERIODS)


@pytest.mark.parametrize("periods", [(), (0, 1), (1, 1)])
def test_bad_periods_are_refused(periods):
    with pytest.raises(ArgumentError, match="`periods`"):
        Clockwork(4, periods)


def run(cell, x, states=None):
    loop = Recurrent(cell, return_sequences=True)
    return ops.convert_to_numpy(loop(x, initial_state=states))
