import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import LRU

X = np.random.default_rng(1).normal(size=(2, 11, 3)).astype("float32")
STATES = np.random.default_rng(2).normal(size=(3, 2, 4)).astype("float32")


@pytest.mark.parametrize("engine", ["scan", "parallel"])
@pytest.mark.parametrize("real, outputs", [(False, 3), (True, 2)])
def test_forward(real, outputs, engine, built):
    cell = built(LRU(4, outputs=outputs, real=real), 3)
    w = {weight.name: ops.convert_to_numpy(weight) for weight in cell.weights}
    zero = {"theta": 0, "B_im": 0, "C_im": 0} | w
    λ = np.exp(-np.exp(w["nu"]) + 1j * zero["theta"])
    B, C = w["B"] + 1j * zero["B_im"], w["C"] + 1j * zero["C_im"]
    D = np.diag(w["d"]) if outputs == 3 else w["D"]
    s = STATES[1] + (0 if real else 1j) * STATES[2]
    expected = []
    for x in np.moveaxis(X, 1, 0):
        s = λ * s + np.exp(w["gamma"]) * (x @ B)
        expected.append((s @ C).real + x @ D)
    loop = Recurrent(cell, return_sequences=True, return_state=True, engine=engine)
    outputs, *last = loop(X, initial_state=[STATES[0, :, :outputs], *STATES[1 : 2 if real else 3]])
    np.testing.assert_allclose(ops.convert_to_numpy(outputs), np.stack(expected, 1), atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(last[1]), s.real, atol=1e-5)


def test_a_new_network_begins_in_the_ring_at_even_power():
    cell = LRU(500, radius=(0.8, 0.95))
    cell.build((None, 3))
    r = np.exp(-np.exp(ops.convert_to_numpy(cell.ν)))
    assert 0.8 <= r.min() < 0.82 and 0.94 < r.max() <= 0.9501
    np.testing.assert_allclose(np.exp(2 * ops.convert_to_numpy(cell.γ)), 1 - r**2, rtol=1e-3)


@pytest.mark.parametrize("real", [False, True])
@pytest.mark.parametrize("units, inputs", [(64, 1), (64, 4), (256, 1), (8, 32)])
def test_white_input_gives_each_unit_the_power_1_whatever_the_widths(units, inputs, real):
    """E|s|² = e^{2γ} Σ|B|² / (1 − |λ|²), the power of λ's geometric series."""
    powers = []
    for seed in range(20):
        keras.utils.set_random_seed(seed)
        cell = LRU(units, real=real)
        cell.build((None, inputs))
        w = {weight.name: ops.convert_to_numpy(weight) for weight in cell.weights}
        B = (w["B"] ** 2).sum(axis=0) + (0 if real else (w["B_im"] ** 2).sum(axis=0))
        λ = np.exp(-np.exp(w["nu"].astype("float64")))
        powers.append(np.mean(np.exp(2 * w["gamma"]) * B / (1 - λ**2)))
    assert np.mean(powers) == pytest.approx(1, abs=0.15)


def test_so_it_is_in_a_run_and_the_outputs_follow():
    keras.utils.set_random_seed(1)
    loop = Recurrent(LRU(200, outputs=300, radius=(0.5, 0.9)), return_state=True)
    x = np.random.default_rng(1).normal(size=(50, 60, 2)).astype("float32")
    y, _, re, im = (ops.convert_to_numpy(part) for part in loop(x))
    assert np.mean(re**2 + im**2) == pytest.approx(1, abs=0.1)
    assert np.mean(y**2) == pytest.approx(2, abs=0.3)  # C s and D x, of the power 1 each


def test_one_number_a_channel_leads_past_the_state_where_the_widths_agree():
    names = []
    for outputs in (3, 4):
        cell = LRU(4, outputs=outputs)
        cell.build((None, 3))
        names.append({weight.name: weight.shape for weight in cell.weights})
    assert names[0]["d"] == (3,) and "D" not in names[0]
    assert names[1]["D"] == (3, 4) and "d" not in names[1]


@pytest.mark.parametrize("real, engine", [(True, "scan"), (False, "scan"), (False, "parallel")])
def test_in_half_precision_it_forgets_as_slowly_as_in_full(real, engine):
    ends = []
    for dtype in ("float32", "mixed_bfloat16"):
        keras.utils.set_random_seed(1)
        cell = LRU(64, outputs=1, radius=(0.99, 0.9999), real=real, dtype=dtype)
        loop = Recurrent(cell, return_state=True, engine=engine)
        loop.build((1, 30, 1))
        start = [np.ones((1, n), "float32") for n in cell.state_size]
        y, _, *s = loop(np.zeros((1, 30, 1), "float32"), initial_state=start)
        ends.append(np.concatenate([ops.convert_to_numpy(part) for part in s]))
    assert keras.backend.standardize_dtype(y.dtype) == "bfloat16"
    assert np.abs(np.linalg.norm(ends[1], axis=0)).max() < np.sqrt(len(s))
    np.testing.assert_allclose(ends[1], ends[0], atol=1e-4)


@pytest.mark.parametrize(
    "radius", [(0.9,), (0.9, 1.0), (0.9, 0.5), (-0.1, 0.5), (0, 0), (0.9, 0.99999999)]
)
def test_a_ring_that_is_none_is_refused(radius):
    with pytest.raises(ArgumentError, match="Received: radius="):
        LRU(4, radius=radius)


def test_as_near_to_1_as_may_be_no_unit_is_dead():
    cell = LRU(1000, radius=(0.9999999, 0.9999999))
    cell.build((None, 1))
    assert np.isfinite(ops.convert_to_numpy(cell.γ)).all()


@pytest.mark.parametrize("radius", [0.9, "0.9", ("0.1", 0.9)])
def test_a_ring_is_two_numbers(radius):
    with pytest.raises(ArgumentTypeError, match="Received: radius="):
        LRU(4, radius=radius)
