"""Cells whose step is one product and what is done to it place by place."""

import numpy as np
import pytest
from keras import ops
from rnnzoo.zoo.cells import RNN
from rnnzoo.zoo.cells.product import ProductCell

ONE = {
    *("rnn", "irnn", "elman", "elman-whole", "lstm", "lstm-peepholes", "lstm-coupled"),
    *("gru", "gru-none", "slstm", "conv_lstm", "conv_lstm-2d", "conv_lstm-valid", "conv_gru"),
}
SEVERAL = {"gru-before", "rnn-taps", "conv_gru-before"}


def test_variants_say_whether_they_have_one_product(cases):
    for names, claim in ((ONE, True), (SEVERAL, False)):
        for name in names:
            cell = cases[name].make()
            assert isinstance(cell, ProductCell) and cell.one_product == claim, name
    assert not RNN(4, taps=(2,)).one_product  # with another state than the first


def test_a_step_is_the_product_and_the_rest(product):
    cell, (drive, states) = product.cell(), before(product)
    y, after = cell.step(drive, states)
    again, parts = cell.pointwise(drive, cell.multiply(states[0]), states)
    assert y is after[0] and again is parts[0]
    for whole, part in zip(after, parts, strict=True):
        np.testing.assert_array_equal(numpy(whole), numpy(part))


def test_the_product_is_linear_in_the_first_state(product):
    cell, (_, (h, *_)) = product.cell(), before(product)
    other = ops.flip(h, axis=0)
    expected = numpy(cell.multiply(h)) + 2 * numpy(cell.multiply(other))
    np.testing.assert_allclose(numpy(cell.multiply(h + 2 * other)), expected, atol=1e-4)


def test_the_rest_goes_unit_by_unit(product):
    """Another drive of all gates of one unit at one place changes nothing else."""
    cell, (drive, states) = product.cell(), before(product)
    place = (0,) * (len(drive.shape) - 1)
    moved = numpy(drive).copy()
    moved[place][:: states[0].shape[-1]] += 1  # the gates of unit 0
    z = cell.multiply(states[0])
    one_way, other = (
        [numpy(state) for state in cell.pointwise(ops.convert_to_tensor(d), z, states)[1]]
        for d in (numpy(drive), moved)
    )
    for state, changed in zip(one_way, other, strict=True):
        elsewhere = np.ones(state.shape, bool)
        elsewhere[(*place, 0)] = False
        np.testing.assert_allclose(state[elsewhere], changed[elsewhere], atol=1e-6)
    assert one_way[0][(*place, 0)] != other[0][(*place, 0)]


def test_a_cell_without_a_product_of_its_own_is_told_so():
    with pytest.raises(NotImplementedError, match="must define `multiply`"):
        ProductCell().multiply(np.zeros(2))


def before(case):
    states = [ops.convert_to_tensor(state) for state in case.states]
    return case.cell().project(ops.convert_to_tensor(case.x[:, 0])), states


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
