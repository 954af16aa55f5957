import keras
import numpy as np
import pytest
from rnnzoo import ArgumentError, ArgumentTypeError, Recurrent
from rnnzoo.zoo.cells import RNN, checks
from rnnzoo.zoo.initializers import Chrono, SpectralRadius, chrono


def radius(kernel):
    return np.abs(np.linalg.eigvals(keras.ops.convert_to_numpy(kernel))).max()


@pytest.mark.parametrize("size", [1, 2, 9])
def test_the_largest_eigenvalue_is_the_radius(size):
    np.testing.assert_allclose(radius(SpectralRadius(0.9)((size, size))), 0.9, rtol=1e-5)


def test_keras_seed_repeats_the_kernel_and_the_next_one_differs():
    def drawn():
        keras.utils.set_random_seed(3)
        draw = SpectralRadius(1.1)
        return [keras.ops.convert_to_numpy(draw((4, 4))) for _ in range(2)]

    first, again = drawn(), drawn()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first[0] - first[1]).max() > 0.1


def test_a_seed_of_its_own_gives_the_same_kernel_at_every_call():
    draw = SpectralRadius(1.1, seed=5)
    np.testing.assert_array_equal(*[keras.ops.convert_to_numpy(draw((4, 4))) for _ in range(2)])


@pytest.mark.parametrize("functional", [False, True])
def test_a_cell_takes_it(functional):
    cell = RNN(4, taps=(1, 3), recurrent_initializer=SpectralRadius(0.9))
    Recurrent(cell)(keras.Input((None, 2)) if functional else np.zeros((1, 2, 2), "float32"))
    np.testing.assert_allclose([radius(U) for U in cell.U], 0.9, rtol=1e-5)


def test_a_cell_with_it_is_saved_and_read(tmp_path):
    cell = RNN(4, recurrent_initializer=SpectralRadius(0.9))
    assert RNN.from_config(cell.get_config()).get_config() == cell.get_config()
    x = keras.Input((5, 2))
    model = keras.Model(x, Recurrent(cell)(x))
    model.save(tmp_path / "model.keras")
    read = keras.saving.load_model(tmp_path / "model.keras")
    sequences = np.random.default_rng(0).normal(size=(2, 5, 2)).astype("float32")
    np.testing.assert_allclose(read.predict_on_batch(sequences), model.predict_on_batch(sequences))


def test_chrono_spreads_the_forget_gates_over_all_time_scales():
    keras.utils.set_random_seed(0)
    b = keras.ops.convert_to_numpy(chrono(2000, steps=101))
    # log U(1, 100): the share below log m is (m − 1) / 99
    for m in (10, 50, 90):
        assert abs((b < np.log(m)).mean() - (m - 1) / 99) < 0.05
    assert b.min() >= 0 and b.max() <= np.log(100)


def test_chrono_sets_the_gates_side_by_side():
    i, f, g, o = keras.ops.convert_to_numpy(Chrono(50)((12,))).reshape(4, 3)
    assert (f > 0).all()
    np.testing.assert_array_equal(i, -f)
    np.testing.assert_array_equal([g, o], 0)
    z, r, _ = keras.ops.convert_to_numpy(Chrono(50, gates="irg")((6,))).reshape(3, 2)
    assert (z < 0).all() and not r.any()


@pytest.mark.parametrize("own", [SpectralRadius(0.9, seed=1), Chrono(7, "fi")])
def test_an_initializer_survives_its_config(own):
    as_dict = keras.saving.serialize_keras_object(own)
    read = keras.initializers.get(as_dict)
    assert type(read) is type(own)
    assert read.get_config() == own.get_config()


def test_the_check_keeps_plain_values():
    own = checks.initializer("start", SpectralRadius(0.9))
    assert own["config"] == {"radius": 0.9, "seed": None}
    assert checks.initializer("start", own) == own
    assert checks.initializer("start", "orthogonal") == "orthogonal"
    keras_own = {"class_name": "Orthogonal", "config": {"gain": 2.0}}
    assert checks.initializer("start", keras_own) == keras_own


BAD = {
    "no such name": (lambda: checks.initializer("start", "orthogonl"), "start='orthogonl'"),
    "a number": (lambda: checks.initializer("start", 3), "start=3"),
    "nothing": (lambda: checks.initializer("start", None), "start=None"),
    "no such argument": (
        lambda: checks.initializer("start", {"class_name": "Zeros", "config": {"gain": 1}}),
        "'gain'",
    ),
    "a dict of something else": (lambda: checks.initializer("start", {"x": 1}), "'x'"),
    "a layer": (
        lambda: checks.initializer("start", keras.saving.serialize_keras_object(RNN(2))),
        "RNN",
    ),
    "radius 0": (lambda: SpectralRadius(0), "radius=0"),
    "a radius in words": (lambda: SpectralRadius("one"), "radius='one'"),
    "a kernel that is not square": (lambda: SpectralRadius(1)((2, 6)), r"shape=\(2, 6\)"),
    "a span of 2 steps": (lambda: Chrono(2), "steps=2"),
    "gates that keep none": (lambda: Chrono(9, "go"), "gates='go'"),
    "gates in a list": (lambda: Chrono(9, ["f"]), "gates="),
    "a bias of 3 for 4 gates": (lambda: Chrono(9)((3,)), r"shape=\(3,\)"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, message = BAD[case]
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        call()
