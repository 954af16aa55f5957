import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.zoo.cells import GRU, LSTM, Feedback, Residual, TimeAware

X = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")


def test_the_last_output_is_the_last_of_all_outputs(cell):
    every = Recurrent(cell, return_sequences=True)(X)
    np.testing.assert_array_equal(numpy(every)[:, -1], numpy(Recurrent(cell)(X)))


def test_reading_backwards_puts_out_in_the_order_of_reading(cell):
    backwards = Recurrent(cell, return_sequences=True, go_backwards=True)(X)
    turned = Recurrent(cell, return_sequences=True)(X[:, ::-1])
    np.testing.assert_array_equal(numpy(backwards), numpy(turned))


def test_all_states_of_all_steps_can_be_had(cell):
    loop = Recurrent(cell)
    result = loop.run(ops.convert_to_tensor(X), need="states")
    assert [tuple(state.shape) for state in result.states] == [(2, 6, 4), (2, 6, 4)]
    for state, end in zip(result.states, result.last, strict=True):
        np.testing.assert_array_equal(numpy(state)[:, -1], numpy(end))
    np.testing.assert_array_equal(numpy(result.outputs), numpy(result.states[0]))


def test_what_is_not_needed_is_not_computed(cell):
    result = Recurrent(cell).run(ops.convert_to_tensor(X))
    assert result.outputs is None and result.states is None and len(result.last) == 2


def test_a_given_state_goes_before_a_kept_one(cell):
    loop = Recurrent(cell, stateful=True)
    zeros = [np.zeros((2, 4), "float32")] * 2
    first = numpy(loop(X))
    kept = [numpy(state) for state in loop.states]
    np.testing.assert_array_equal(numpy(loop(X, initial_state=zeros)), first)
    for state, old in zip(loop.states, kept, strict=True):
        np.testing.assert_array_equal(numpy(state), old)


def test_a_compiled_network_keeps_its_state_between_batches(cell):
    inputs = keras.Input(batch_shape=(2, 3, 3))
    model = keras.Model(inputs, Recurrent(cell, return_sequences=True, stateful=True)(inputs))
    parts = [model.predict_on_batch(X[:, :3]), model.predict_on_batch(X[:, 3:])]
    whole = numpy(Recurrent(cell, return_sequences=True)(X))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


def test_two_loops_can_share_a_cell(cell):
    before = cell.get_weights()
    Recurrent(cell)(X)
    Recurrent(cell, go_backwards=True)(X)
    for weight, old in zip(cell.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_its_dtype_is_that_of_its_cell():
    half = "mixed_float16"
    cell = TimeAware(Residual(GRU(6, dtype=half)))
    again = Recurrent.from_config(Recurrent(cell).get_config())
    assert again.cell.cell.cell.dtype_policy.name == half
    for layer in (Recurrent(cell), again, stack([GRU(4, dtype=half)])):
        assert keras.backend.standardize_dtype(layer(X).dtype) == "float16"


@pytest.mark.parametrize(
    "make",
    [
        lambda half: Recurrent(half, dtype="float32"),
        lambda half: Residual(half, dtype="float32"),
        lambda half: Feedback([half, GRU(3, dtype="float32")], 2),
        lambda half: stack([half, GRU(3, dtype="float32")]),
    ],
)
def test_several_dtypes_are_refused(make):
    with pytest.raises(ArgumentError, match="one dtype.*Received: float16 and float32"):
        make(GRU(3, dtype="float16"))


@pytest.fixture
def cell(built):
    return built(LSTM(4), 3)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


def test_read_backwards_the_mask_turns_with_the_outputs():
    mask = np.array([[True, True, False]])
    loop = Recurrent(LSTM(2), go_backwards=True, return_sequences=True)
    turned = loop.compute_mask(np.zeros((1, 3, 1)), mask)
    np.testing.assert_array_equal(ops.convert_to_numpy(turned), [[False, True, True]])
