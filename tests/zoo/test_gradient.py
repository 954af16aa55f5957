import keras
import numpy as np
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU

RNG = np.random.default_rng(1)


def test_a_closed_form():
    A = RNG.normal(size=(3, 3)).astype("float32")
    x = keras.Variable(RNG.normal(size=(3,)).astype("float32"))
    A_tensor = ops.convert_to_tensor(A)
    (found,) = gradient(lambda: ops.sum(x * ops.matmul(A_tensor, x)), [x])
    np.testing.assert_allclose(found, (A + A.T) @ ops.convert_to_numpy(x), rtol=1e-5)


def test_finite_differences(built):
    x = RNG.normal(size=(1, 4, 2)).astype("float32")
    loop = Recurrent(built(GRU(3), 2))
    U = loop.cell.U

    (found,) = gradient(lambda: ops.sum(loop(x) ** 2), [U])
    start, ε = ops.convert_to_numpy(U), 1e-2
    for place in [(0, 0), (2, 4), (1, 8)]:
        nudge = np.zeros_like(start)
        nudge[place] = ε
        U.assign(start + nudge)
        up = (ops.convert_to_numpy(loop(x)) ** 2).sum()
        U.assign(start - nudge)
        down = (ops.convert_to_numpy(loop(x)) ** 2).sum()
        np.testing.assert_allclose(found[place], (up - down) / (2 * ε), rtol=1e-2, atol=1e-4)


def test_zeros_where_nothing_flows():
    x, idle = keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])
    by_x, by_idle = gradient(lambda: ops.sum(ops.convert_to_tensor(x)), [x, idle])
    np.testing.assert_array_equal(by_x, [1, 1])
    np.testing.assert_array_equal(by_idle, [[0]])


def test_zeros_where_nothing_flows_at_all():
    x = keras.Variable([1.0, 2.0])
    (found,) = gradient(lambda: ops.sum(ops.stop_gradient(ops.convert_to_tensor(x))), [x])
    np.testing.assert_array_equal(found, [0, 0])


def test_variables_are_left_as_they_were():
    x = keras.Variable([1.0, 2.0])
    gradient(lambda: ops.sum(ops.convert_to_tensor(x) ** 2), [x])
    np.testing.assert_array_equal(ops.convert_to_numpy(x), [1, 2])
