import keras
import numpy as np
import pytest
from rnnzoo import CELLS, ArgumentError, ArgumentTypeError, Recurrent, stack
from rnnzoo.zoo.analysis import (
    effective_memory,
    eigenvalues,
    gradient_by_lag,
    impulse_response,
    jacobian,
    spectral_radius,
)
from rnnzoo.zoo.cells import (
    GRU,
    RNN,
    SLSTM,
    Clockwork,
    ConvLSTM,
    Elman,
    Feedback,
    Jordan,
    Residual,
    TimeAware,
    serving,
)

RNG = np.random.default_rng(1)
VECTOR_CELLS = [name for name in CELLS if name not in serving("next_frame")]
C = np.ones(4) / 2  # the direction of an impulse into 4 units


CUT = {
    "elman": lambda cut: Elman(4, truncate=cut),
    "jordan": lambda cut: Jordan(4, outputs=2, truncate=cut),
    "feedback": lambda cut: Feedback([Elman(4, truncate=cut), GRU(3)], 2),
    "residual": lambda cut: Residual(Jordan(5, outputs=3, truncate=cut)),
    "time_aware": lambda cut: TimeAware(Residual(Elman(6, truncate=cut))),
}


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def ordered(values):
    return np.sort_complex(np.round(values, 4))


def linear_scalar(w, u):
    cell = RNN(1, activation="linear")
    cell.build((None, 1))
    cell.set_weights([np.array(value) for value in ([[w]], [[u]], [0.0])])
    return cell


def test_a_linear_recurrence_has_the_eigenvalues_of_its_kernel(built):
    cell = built(RNN(5, activation="linear"), 2)
    U = keras.ops.convert_to_numpy(cell.U[0])
    np.testing.assert_allclose(jacobian(cell), U.T, rtol=1e-5)
    np.testing.assert_allclose(ordered(eigenvalues(cell)), ordered(np.linalg.eigvals(U)), atol=2e-4)
    np.testing.assert_allclose(spectral_radius(cell), np.abs(eigenvalues(cell)).max())


def test_taps_have_those_of_the_companion_matrix(built):
    cell = built(RNN(2, taps=(1, 3), activation="linear"), 2)
    U_1, U_3 = (keras.ops.convert_to_numpy(U).T for U in cell.U)
    I, O = np.eye(2), np.zeros((2, 2))
    companion = np.block([[U_1, O, U_3], [I, O, O], [O, I, O]])
    np.testing.assert_allclose(jacobian(cell), companion, rtol=1e-5)


def test_the_jacobian_at_a_state(built):
    cell = built(RNN(3), 2)
    W, U, b = (keras.ops.convert_to_numpy(w) for w in cell.weights)
    h, x = normal(3), normal(2)
    slope = 1 - np.tanh(x @ W + h @ U + b) ** 2
    np.testing.assert_allclose(jacobian(cell, [h], x), slope[:, None] * U.T, rtol=1e-4)


def test_the_largest_eigenvalue_comes_first(built):
    found = np.abs(eigenvalues(built(GRU(6), 2)))
    assert (np.diff(found) < 1e-5).all()


@pytest.mark.parametrize("name", VECTOR_CELLS)
def test_every_cell_over_vectors(name):
    cell = CELLS[name](4)
    norms = gradient_by_lag(cell, normal(2, 6, 3))
    assert norms.shape == (6,)
    assert np.isfinite(norms).all() and norms.max() > 0
    assert effective_memory(norms) in (None, *range(7))
    found = jacobian(cell)
    size = sum(cell.state_size)
    assert found.shape == (size, size)
    assert np.isfinite(found).all()
    assert eigenvalues(cell).shape == (size - sum(cell.state_size[k] for k in cell.phases),)


def test_phases_are_no_memory():
    for cell in (Clockwork(4, (1, 8)), Residual(Clockwork(1, (8,)))):
        cell.build((None, 1))
        cell.set_weights([0 * weight for weight in cell.get_weights()])
        np.testing.assert_array_equal(eigenvalues(cell), 0)


def test_the_scale_of_an_slstm_has_the_eigenvalue_1(built):
    cell = built(SLSTM(3), 2)
    cell.b.assign(np.repeat([0.0, 9.0, 0.0, 0.0], 3))  # the forget gate sets the scale
    x, loop = normal(1, 6, 2), Recurrent(cell, return_state=True)
    before, after = ([keras.ops.convert_to_numpy(s)[0] for s in loop(x[:, :t])[1:]] for t in (5, 6))
    _, c, n, m = after
    scale = np.concatenate([0 * m, c, n, 0 * m])
    J = jacobian(cell, before, x[0, 5])
    np.testing.assert_allclose(J @ scale, scale, atol=1e-4)


def test_the_jacobian_follows_small_steps(case):
    """Central differences, all states of the cell at once, one a row of a batch."""
    cell, ε = case.cell(), 1e-2
    if cell.reads_images:
        return
    states, x = [state[0] for state in case.states], np.nan_to_num(case.x[0, 0])
    for k in cell.phases:
        states[k] = np.zeros_like(states[k])  # whole numbers
    s = np.concatenate(states)
    ends = np.cumsum(cell.state_size)[:-1]

    def after(s):
        rows = np.repeat(x[None], len(s), axis=0)
        new = cell(rows, [part.astype("float32") for part in np.split(s, ends, axis=1)])[1]
        return np.concatenate([keras.ops.convert_to_numpy(part) for part in new], axis=1)

    moved = ε * np.eye(len(s))
    steps = (after(s + moved) - after(s - moved)) / (2 * ε)
    J = jacobian(cell, states, x)
    counted = np.array([k in cell.phases for k, n in enumerate(cell.state_size) for _ in range(n)])
    np.testing.assert_allclose(J[:, ~counted], steps.T[:, ~counted], atol=2e-3)


@pytest.mark.parametrize("name", CUT)
def test_a_copy_without_gradient_is_a_dependence_like_any_other(name, built):
    cell, whole = (built(CUT[name](truncate), 3) for truncate in (True, False))
    sizes = whole.state_size
    states, x = [normal(n) for n in sizes], normal(3)
    np.testing.assert_array_equal(jacobian(cell, states, x), jacobian(whole, states, x))
    assert spectral_radius(cell, states, x) == spectral_radius(whole, states, x) > 0.05
    with pytest.raises(ArgumentError, match="`inputs`"):
        jacobian(cell, states, x[:2])
    inner = [layer for layer in cell._flatten_layers() if hasattr(layer, "truncate")]
    assert inner and all(layer.truncate for layer in inner)  # as before


def test_the_copy_is_cut_again_after_an_error(built, monkeypatch):
    cell = built(Elman(4), 3)
    monkeypatch.setattr(cell, "pointwise", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jacobian(cell)
    assert cell.truncate


@pytest.mark.parametrize("u", [0.9, -0.5, 1.1])
def test_a_linear_scalar_fades_as_a_power(u):
    norms = gradient_by_lag(linear_scalar(w=-2, u=u), normal(3, 8, 1))
    np.testing.assert_allclose(norms, 2 * np.abs(u) ** np.arange(8), rtol=1e-5)


def test_all_outputs_are_seen_from_the_last():
    cell, x = linear_scalar(2, 0.5), normal(3, 8, 1)
    every = gradient_by_lag(Recurrent(cell, return_sequences=True), x)
    np.testing.assert_allclose(every, gradient_by_lag(cell, x), rtol=1e-6)


def test_a_chain_of_layers():
    chain = stack([linear_scalar(1, 0.5), linear_scalar(1, 0.5)])
    # the response of one is 0.5^k, of two in a row (k + 1) 0.5^k
    k = np.arange(8)
    np.testing.assert_allclose(gradient_by_lag(chain, normal(2, 8, 1)), (k + 1) * 0.5**k, rtol=1e-5)


MEMORIES = {
    "a power": (0.9 ** np.arange(60), 29),  # 0.9^28 = 0.052, 0.9^29 = 0.047
    "gone at once": ([1, 0, 0], 1),
    "once below, then back": ([1, 0.01, 0.2, 0.01], 3),
    "the largest is not the first": ([0, 0, 1, 0.06, 0.04], 4),
    "never below": ([1, 0.9, 0.8], None),
    "below only at the end": ([1, 0.9, 0.01], 2),
    "no influence": ([0, 0], 0),
}


@pytest.mark.parametrize("case", MEMORIES)
def test_effective_memory(case):
    norms, lag = MEMORIES[case]
    assert effective_memory(norms) == lag


def test_effective_memory_at_another_threshold():
    assert effective_memory([1, 0.4, 0.3, 0.1], threshold=0.5) == 1


def left(*arguments, **named):
    """What is left of the impulse, in its direction."""
    return impulse_response(*arguments, **named) @ C


@pytest.mark.parametrize("radius", [0.9, 1, 1.1])
def test_a_linear_response_is_a_power(radius):
    t = np.arange(50)
    np.testing.assert_allclose(left("linear", radius), float(radius) ** t, rtol=1e-4)
    turning = impulse_response("linear", radius, complex_pair=True)
    np.testing.assert_allclose(np.linalg.norm(turning, axis=1), float(radius) ** t, rtol=1e-4)
    expected = radius**t * np.cos(2 * np.pi * t / 12)
    np.testing.assert_allclose(turning @ C, expected, atol=1e-3 * radius**50)


@pytest.mark.parametrize("pair", [False, True])
def test_tanh_is_bounded_and_remembers_the_sign(pair):
    up, down = (left("tanh", 1.1, pair, start=start, steps=200) for start in (3, -3))
    assert np.abs(up).max() <= 2  # four units of at most 1, in the direction C
    np.testing.assert_allclose(up, -down, atol=1e-5)
    assert np.abs(up[-12:]).max() > 0.5
    assert np.abs(left("tanh", 0.9, pair, start=3, steps=200)[-1]) < 1e-3


@pytest.mark.parametrize("pair", [False, True])
def test_a_sigmoid_forgets_where_it_started(pair):
    up, down = (left("sigmoid", 1.1, pair, start=start) for start in (3, -3))
    assert np.abs(up[0] - down[0]) > 1
    assert np.abs(up[10:] - down[10:]).max() < 1e-3


def test_relu_blows_up_and_is_silent_after_a_negative_start():
    assert left("relu", 1.1, steps=100)[-1] > 1e4
    np.testing.assert_array_equal(left("relu", 1.1, start=-1), 0)


def test_elu_answers_a_negative_start_within_bounds():
    answer = left("elu", 1.1, start=-1, steps=200)
    assert (answer < 0).all() and answer.min() >= -2


BAD = {
    "an image cell": (lambda: gradient_by_lag(ConvLSTM(2), normal(1, 2, 3)), "must read vectors"),
    "the eigenvalues of an image cell": (lambda: eigenvalues(ConvLSTM(2)), "must read vectors"),
    "a cell that is not built": (lambda: jacobian(GRU(2)), "must be built"),
    "a layer instead of a cell": (lambda: jacobian(keras.layers.Dense(2)), "RecurrentCell"),
    "a function": (lambda: gradient_by_lag(np.tanh, normal(1, 2, 3)), "layer="),
    "states that do not fit": (
        lambda: jacobian(linear_scalar(1, 1), states=[[1.0, 2.0]]),
        r"shapes \[\(2,\)\]",
    ),
    "an input that does not fit": (
        lambda: jacobian(linear_scalar(1, 1), inputs=[1.0, 2.0]),
        r"shape=\(2,\)",
    ),
    "sequences without features": (
        lambda: gradient_by_lag(GRU(2), normal(4, 3)),
        r"shape=\(4, 3\)",
    ),
    "a seed below 0": (lambda: gradient_by_lag(GRU(2), normal(1, 2, 3), seed=-1), "seed=-1"),
    "an unknown activation": (lambda: impulse_response("tan", 1), "activation='tan'"),
    "a radius below 0": (lambda: impulse_response("tanh", -1), "radius=-1"),
    "a radius in words": (lambda: impulse_response("tanh", "one"), "radius='one'"),
    "a radius without end": (lambda: impulse_response("tanh", np.inf), "radius=inf"),
    "a pair in one unit": (lambda: impulse_response("tanh", 1, True, units=1), "units=1"),
    "no steps": (lambda: impulse_response("tanh", 1, steps=0), "steps=0"),
    "norms that are not finite": (lambda: effective_memory([1, np.inf]), "inf"),
    "norms in words": (lambda: effective_memory(["a"]), "`norms` must be numbers"),
    "no norms": (lambda: effective_memory([]), "norms="),
    "a threshold of 1": (lambda: effective_memory([1], 1.0), "threshold=1.0"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, message = BAD[case]
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        call()
