import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import NARX
from rnnzoo.zoo.cells.taps import delay

RNG = np.random.default_rng(1)
X = RNG.normal(size=(2, 9, 3)).astype("float32")
TRUTH = RNG.normal(size=(2, 9, 2)).astype("float32")
BOTH = np.concatenate([X, TRUTH], axis=-1)


@pytest.mark.parametrize("feedback", ["prediction", "truth", "error"])
@pytest.mark.parametrize("Dx, Dy", [((0,), (1, 2)), ((0, 2), (2, 5)), ((1, 3), (1,)), ((), (1, 4))])
def test_forward(Dx, Dy, feedback, built):
    cell = NARX(4, 2, Dx, Dy, feedback)
    inputs = X if feedback == "prediction" else BOTH
    inputs = inputs if Dx else inputs[..., 3:]  # nothing would read x
    cell = built(cell, inputs.shape[-1])
    *W, V, b, O, d = cell.get_weights()
    W = dict(zip(Dx, W, strict=True))
    V = dict(zip(Dy, np.split(V, len(Dy)), strict=True))
    y, f = {}, {}
    for t in range(X.shape[1]):
        z = np.tile(b, (2, 1)) + sum(X[:, t - i] @ W_i for i, W_i in W.items() if t >= i)
        z = z + sum(f[t - j] @ V_j for j, V_j in V.items() if t >= j)
        y[t] = np.tanh(z) @ O + d
        f[t] = {"prediction": y[t], "truth": TRUTH[:, t], "error": TRUTH[:, t] - y[t]}[feedback]
    np.testing.assert_allclose(run(cell, inputs), np.stack([*y.values()], axis=1), atol=1e-5)


@pytest.mark.parametrize("feedback", ["prediction", "truth", "error"])
@pytest.mark.parametrize("Dx, Dy", [((0, 2), (2, 5)), ((1, 3), (1,)), ((), (1, 4))])
def test_the_linear_path_adds_an_arx_model(Dx, Dy, feedback, built):
    inputs = X if feedback == "prediction" else BOTH
    inputs = inputs if Dx else inputs[..., 3:]  # nothing would read x
    cell = built(NARX(4, 2, Dx, Dy, feedback, linear_path=True), inputs.shape[-1])
    *W, V, b, O, d, A = cell.get_weights() if not Dx else cell.get_weights()[:-1]
    B = np.split(cell.get_weights()[-1], len(Dx)) if Dx else []
    y, f = {}, {}
    for t in range(X.shape[1]):
        z, linear = np.tile(b, (2, 1)), np.zeros((2, 2))
        for i, W_i, B_i in zip(Dx, W, B, strict=True):
            if t >= i:
                z, linear = z + X[:, t - i] @ W_i, linear + X[:, t - i] @ B_i
        for j, V_j, A_j in zip(Dy, np.split(V, len(Dy)), np.split(A, len(Dy)), strict=True):
            if t >= j:
                z, linear = z + f[t - j] @ V_j, linear + f[t - j] @ A_j
        y[t] = np.tanh(z) @ O + linear + d
        f[t] = {"prediction": y[t], "truth": TRUTH[:, t], "error": TRUTH[:, t] - y[t]}[feedback]
    np.testing.assert_allclose(run(cell, inputs), np.stack([*y.values()], axis=1), atol=1e-5)


def test_further_hidden_layers_stand_one_upon_the_other(built):
    cell = built(NARX([4, 3, 5], 2, (1,), (2,), "truth"), 5)
    W, V, b, H, c, H2, c2, O, d = cell.get_weights()
    h = np.tanh(back(X, 1) @ W + back(TRUTH, 2) @ V + b)
    expected = np.tanh(np.tanh(h @ H + c) @ H2 + c2) @ O + d
    np.testing.assert_allclose(run(cell, BOTH), expected, atol=1e-5)


@pytest.mark.parametrize("linear_path", [False, True])
@pytest.mark.parametrize(
    "lead, Dx, Dy, engine",
    [
        (1, (1, 3), (1, 4), "scan"),
        (1, (2,), (1,), "project_first"),
        (1, (1,), (2,), "parallel"),
        (2, (2, 3), (3, 4), "parallel"),
        (2, (3,), (2,), "parallel"),
    ],
)
def test_with_a_lead_the_output_comes_early(lead, Dx, Dy, engine, linear_path, built):
    late = built(NARX([4, 3], 2, Dx, Dy, "truth", linear_path=linear_path), 5)
    early = built(NARX([4, 3], 2, Dx, Dy, "truth", lead=lead, linear_path=linear_path), 5)
    assert early.state_size == late.state_size
    outputs, *states = both_ways(early, engine)
    expected, *expected_states = both_ways(late, "scan")
    np.testing.assert_allclose(outputs[:, :-lead], expected[:, lead:], atol=1e-5)
    for one, other in zip(states[1:], expected_states[1:], strict=True):
        np.testing.assert_array_equal(one, other)


def both_ways(cell, engine):
    loop = Recurrent(cell, return_sequences=True, return_state=True, engine=engine)
    return [ops.convert_to_numpy(output) for output in loop(BOTH)]


@pytest.mark.parametrize("steps", [1, 3, 9])
@pytest.mark.parametrize("linear_path", [False, True])
@pytest.mark.parametrize("Dx, Dy, lead", [((1, 3), (1, 5), 1), ((0, 1), (2,), 0), ((), (1, 2), 0)])
def test_without_a_loop_it_is_as_step_by_step(Dx, Dy, lead, linear_path, steps, built):
    x = (BOTH if Dx else TRUTH)[:, :steps]
    cell = built(NARX([4, 3], 2, Dx, Dy, "truth", lead=lead, linear_path=linear_path), x.shape[-1])
    taps = [RNG.normal(size=(2, n)).astype("float32") for n in cell.state_size]
    assert cell.parallelizable
    every = cell.every_step(cell.project(ops.convert_to_tensor(x)), taps)
    states = taps
    for t in range(steps):
        _, states = cell(ops.convert_to_tensor(x[:, t]), states)
        for one, other in zip(every, states, strict=True):
            one, other = ops.convert_to_numpy(one)[:, t], ops.convert_to_numpy(other)
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_without_a_loop_the_length_need_not_be_known(built):
    cell = built(NARX(4, 2, (0, 2), (1, 3), "truth"), 5)
    inputs = keras.Input((None, 5))
    outputs = Recurrent(cell, return_sequences=True, engine="parallel")(inputs)
    model, expected = keras.Model(inputs, outputs), run(cell, BOTH)
    for steps in (9, 2):
        found = model.predict_on_batch(BOTH[:, :steps])
        np.testing.assert_allclose(found, expected[:, :steps], atol=1e-5)


@pytest.mark.parametrize("feedback", ["prediction", "error"])
def test_what_feeds_on_its_output_goes_step_by_step(feedback):
    assert not NARX(4, feedback=feedback).parallelizable


def test_a_sequence_is_delayed_into_what_was_before():
    sequence = np.array([[[3], [4]]], "float32")
    taps = [np.array([[n]], "float32") for n in (2, 1, 0)]
    found = [ops.convert_to_numpy(s)[0, :, 0].tolist() for s in delay(sequence, taps)]
    assert found == [[3, 4], [2, 3], [1, 2], [0, 1]]
    assert delay(sequence, []) == [sequence]


@pytest.mark.parametrize("delay", range(1, 6))
def test_it_can_echo_the_truth_of_any_of_its_delays(delay):
    cell = silent(NARX(2, 2, (0,), range(1, 6), "truth", activation="linear"), 5)
    V = np.zeros((10, 2))
    V[2 * (delay - 1) : 2 * delay] = np.eye(2)
    cell.V.assign(V)
    np.testing.assert_array_equal(run(cell, BOTH), back(TRUTH, delay))


@pytest.mark.parametrize("units", [3, [3, 3]])
@pytest.mark.parametrize("delay", range(5))
def test_it_can_echo_the_input_of_any_of_its_delays(delay, units):
    cell = silent(NARX(units, 3, range(5), (1,), activation="linear"), 3)
    cell.W[delay].assign(np.eye(3))
    for H in cell.H:
        H.assign(np.eye(3))
    np.testing.assert_array_equal(run(cell, X), back(X, delay))


def silent(cell, width):
    """The cell with an output layer that passes the hidden layer on, and no other weights."""
    cell.build((None, width))
    for weight in cell.weights:
        weight.assign(np.zeros(weight.shape))
    cell.O.assign(np.eye(cell.outputs))
    return cell


@pytest.mark.parametrize("linear_path", [False, True])
def test_the_open_loop_fed_its_own_predictions_is_the_closed_loop(linear_path, built):
    closed = run(built(NARX(4, 2, (0, 2), (1, 3), linear_path=linear_path), 3), X)
    opened = built(NARX(4, 2, (0, 2), (1, 3), "truth", linear_path=linear_path), 5)
    again = run(opened, np.concatenate([X, closed], axis=-1))
    np.testing.assert_allclose(again, closed, atol=1e-6)


def test_the_mode_changes_no_weight_and_no_state():
    cells = {mode: NARX(4, 2, (0, 2), (1, 3), mode) for mode in ("prediction", "truth", "error")}
    for mode, cell in cells.items():
        cell.build((None, 3 if mode == "prediction" else 5))
    shapes = {mode: [w.shape for w in cell.weights] for mode, cell in cells.items()}
    assert shapes["truth"] == shapes["error"] == shapes["prediction"]
    sizes = {mode: cell.state_size for mode, cell in cells.items()}
    assert sizes["truth"] == sizes["error"] == sizes["prediction"] == [2, 2, 2, 2, 3, 3]


def test_the_taps_are_newest_first(built):
    cell = built(NARX(4, 2, (0, 2), (1, 3), "truth"), 5)
    _, *states = Recurrent(cell, return_state=True)(BOTH)
    taps = [ops.convert_to_numpy(state) for state in states[1:]]
    expected = [TRUTH[:, -1], TRUTH[:, -2], TRUTH[:, -3], X[:, -1], X[:, -2]]
    np.testing.assert_array_equal(np.concatenate(taps, -1), np.concatenate(expected, -1))


def test_the_arguments_that_span_a_reach():
    assert max(NARX(4, **NARX.memory_options(50)).feedback_delays) == 50


@pytest.mark.parametrize("linear_path", [1, "yes", None])
def test_a_linear_path_is_there_or_not(linear_path):
    with pytest.raises(ArgumentTypeError, match="Received: linear_path="):
        NARX(4, linear_path=linear_path)


@pytest.mark.parametrize("units", [0, [4, 0], [-1]])
def test_a_layer_without_units_is_refused(units):
    with pytest.raises(ArgumentError, match="`units` must be at least 1. Received: units="):
        NARX(units)


def test_no_layer_at_all_is_refused():
    with pytest.raises(ArgumentError, match=r"Received: units=\[\]"):
        NARX([])


@pytest.mark.parametrize("units", [[2.5], ["4"], [True], [[4]]])
def test_widths_must_be_whole_numbers(units):
    with pytest.raises(ArgumentTypeError, match="Received: units="):
        NARX(units)


@pytest.mark.parametrize("feedback", ["prediction", "error"])
def test_only_the_truth_can_be_read_early(feedback):
    with pytest.raises(ArgumentError, match=f"Received: lead=1 with feedback='{feedback}'"):
        NARX(4, input_delays=(1,), feedback=feedback, lead=1)


@pytest.mark.parametrize("Dx, Dy", [((0, 2), (2, 3)), ((2,), (1, 2)), ((), (1,))])
def test_a_lead_above_a_delay_is_refused(Dx, Dy):
    with pytest.raises(ArgumentError, match=r"at least 2.*Received: input_delays=\["):
        NARX(4, 2, Dx, Dy, "truth", lead=2)


@pytest.mark.parametrize("lead", [0.5, True, "1", None])
def test_a_lead_is_a_whole_number(lead):
    with pytest.raises(ArgumentTypeError, match="Received: lead="):
        NARX(4, feedback="truth", lead=lead)


def test_a_negative_lead_is_refused():
    with pytest.raises(ArgumentError, match="Received: lead=-1"):
        NARX(4, feedback="truth", lead=-1)


def back(sequence, steps):
    """The sequence so many steps before, zeros before its start."""
    before = np.zeros_like(sequence[:, :steps])
    return np.concatenate([before, sequence], axis=1)[:, : sequence.shape[1]]


def run(cell, inputs):
    return ops.convert_to_numpy(Recurrent(cell, return_sequences=True)(inputs))
