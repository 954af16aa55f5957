import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import GRU, Residual

X = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")


def test_the_input_is_added_to_the_output(built):
    cell = built(GRU(3), 3)
    inside, s = Recurrent(cell, return_sequences=True, return_state=True)(X)
    wrapped = Recurrent(Residual(cell), return_sequences=True, return_state=True)
    outputs, y, after = wrapped(X)
    np.testing.assert_allclose(numpy(outputs), X + numpy(inside), atol=1e-6)
    np.testing.assert_array_equal(numpy(y), numpy(outputs)[:, -1])
    np.testing.assert_allclose(numpy(after), numpy(s), atol=1e-6)


def test_residual_cells_are_stacked():
    deep = stack([GRU(4), Residual(GRU(4)), Residual(Residual(GRU(4)))])
    assert deep(X).shape == (2, 4)
    assert len(deep.state_size) == 1 + 2 + 3


def test_output_and_input_must_be_equally_wide():
    with pytest.raises(ArgumentError, match="as many channels as it reads, 4.*an input 3 wide"):
        Recurrent(Residual(GRU(4)))(X)


def test_only_cells_are_wrapped():
    with pytest.raises(ArgumentTypeError, match="Received: cell='gru'"):
        Residual("gru")


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
