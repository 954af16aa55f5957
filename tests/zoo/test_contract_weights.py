"""What a user sets for the weights of a role reaches these weights, and no others."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, ArgumentTypeError, Recurrent
from rnnzoo.zoo.cells import CELLS, GRU, IRNN, LMU, LSTM, NARX, RNN, IndRNN, Residual, serving
from rnnzoo.zoo.initializers import SpectralRadius


def _roles(cell):
    return set(cell.roles.values())


NAMED = ("kernel", "recurrent", "bias")
GIVEN = [(name, role) for name, cell in CELLS.items() for role in NAMED if role in _roles(cell)]
ABSENT = [(name, role) for name in CELLS for role in NAMED if (name, role) not in GIVEN]
# irnn's recurrent weights begin as the identity: that is the cell
STARTED = [each for each in GIVEN if each != ("irnn", "recurrent")]
WITH_BIAS = [name for name, role in GIVEN if role == "bias"]
# kernel, recurrent, bias, of the cells as `make` makes them
WEIGHTS = {
    "tdnn": ("W", "", "b"),
    "rnn": ("W", "U_1", "b"),
    "elman": ("W", "U", "b"),
    "jordan": ("W O", "V", "b d"),
    "narx": ("W_0 H_0 O B", "V A", "b c_0 d"),
    "irnn": ("W", "U_1", "b"),
    "indrnn": ("W", "u", "b"),
    "lstm": ("W", "U", "b"),
    "gru": ("W", "U", "b b2"),
    "scrn": ("A B P", "R", ""),
    "clockwork": ("W", "U_1 U_2 U_4 U_8", "b"),
    "min_gru": ("W", "", "b"),
    "min_lstm": ("W", "", "b"),
    "lru": ("B C D B_im C_im", "", ""),
    "lmu": ("E W M", "H K U", "b"),
    "slstm": ("W", "U", "b"),
    "conv_lstm": ("W", "U", "b"),
    "conv_gru": ("W", "U", "b b2"),
    "st_lstm": ("W_1 P_1 Q_1 W_2 P_2 Q_2", "U_1 V_1 U_2 V_2", "b_1 b_2"),
}


def make(name, **arguments):
    """The variant that has most weights."""
    deep = {"units": [4, 3], "linear_path": True}
    more = {"lmu": {"feedback": True}, "narx": deep, "lstm": {"peepholes": True}}
    return CELLS[name](**{_width(name): 4} | more.get(name, {}) | arguments)


def build(name, **arguments):
    cell = make(name, **arguments)
    cell.build((None, *item(name)))
    cell.built = True
    return cell


def item(name):
    return (4, 3, 2) if name in serving("next_frame") else (3,)


def of(cell, role):
    """The weights of a role, and the others."""
    sides = [], []
    for weight in cell.weights:
        sides[cell.roles.get(weight.name.partition("_")[0]) != role].append(weight)
    assert sides[0]
    return sides


@pytest.mark.parametrize("name", WEIGHTS)
def test_every_weight_has_the_role_that_it_plays(name):
    cell = build(name)
    for role, names in zip(NAMED, WEIGHTS[name], strict=True):
        found = of(cell, role)[0] if names else []
        assert {weight.name for weight in found} == set(names.split())


@pytest.mark.parametrize("name, role", STARTED)
def test_an_initializer_sets_the_weights_of_its_role(name, role):
    start = {f"{role}_initializer": keras.initializers.Constant(0.25)}
    inside, others = of(build(name, **start), role)
    assert all((numpy(weight) == 0.25).all() for weight in inside)
    assert not any((numpy(weight) == 0.25).all() for weight in others)


@pytest.mark.parametrize("name, role", GIVEN)
def test_a_regularizer_adds_the_loss_of_its_role(name, role):
    cell = build(name, **{f"{role}_regularizer": "l2"})
    for k, weight in enumerate(cell.weights):
        weight.assign(np.full(weight.shape, k + 1))
    inside, _ = of(cell, role)
    wanted = sum(0.01 * (numpy(weight) ** 2).sum() for weight in inside)
    assert float(numpy(sum(Recurrent(cell).losses))) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("name, role", GIVEN)
def test_a_constraint_holds_after_a_step(name, role):
    cell = build(name, **{f"{role}_constraint": "non_neg"})
    inside, others = of(cell, role)
    keras.optimizers.SGD(100.0).apply([ops.ones(w.shape) for w in cell.weights], cell.weights)
    assert all((numpy(weight) == 0).all() for weight in inside)
    assert all((numpy(weight) < 0).all() for weight in others)


@pytest.mark.parametrize("name", CELLS)
def test_they_are_in_the_config(name):
    given = [f"{role}_regularizer" for other, role in GIVEN if other == name]
    cell = make(name, **{each: keras.regularizers.L1(0.5) for each in given})
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(cell)))
    again = keras.saving.deserialize_keras_object(config)
    assert all(config["config"][each]["config"] == {"l1": 0.5} for each in given)
    again.build((None, *item(name)))
    for weight in again.weights:
        has_role = weight.name.partition("_")[0] in cell.roles
        assert (weight.regularizer is not None) == has_role, weight.name


def test_a_saved_model_has_them(tmp_path):
    cell = LSTM(4, kernel_regularizer="l2", recurrent_constraint=keras.constraints.MaxNorm(2.0),
                bias_initializer=keras.initializers.Constant(2.0))  # fmt: skip
    model = keras.Sequential([keras.Input((5, 3)), Recurrent(cell)])
    model.save(tmp_path / "model.keras")
    W, U, b = keras.saving.load_model(tmp_path / "model.keras").weights
    assert W.regularizer.l2 == np.float32(0.01) and U.constraint.max_value == 2.0
    assert (numpy(b) == 2).all()


@pytest.mark.parametrize("name", WITH_BIAS)
def test_without_biases_it_computes_as_with_biases_of_zero(name):
    cell, bare = build(name), build(name, use_bias=False)
    for k, weight in enumerate(cell.weights):
        weight.assign(np.random.default_rng(k).normal(size=weight.shape) / 2)
    biases, others = of(cell, "bias")
    assert [weight.name for weight in bare.weights] == [weight.name for weight in others]
    for weight in biases:
        weight.assign(np.zeros(weight.shape))
    bare.set_weights([numpy(weight) for weight in others])
    x = np.random.default_rng(9).normal(size=(2, 4, *item(name))).astype("float32")
    expected = numpy(Recurrent(cell)(x))
    np.testing.assert_allclose(numpy(Recurrent(bare)(x)), expected, atol=1e-6)


@pytest.mark.parametrize("name, role", ABSENT)
def test_a_role_without_weights_is_refused(name, role):
    with pytest.raises(ArgumentError, match=f"has no {role} weights.*{role}_regularizer='l2'"):
        make(name, **{f"{role}_regularizer": "l2"})
    if role == "bias":
        with pytest.raises(ArgumentError, match="has no bias. Received: use_bias=False"):
            make(name, use_bias=False)


BAD = {
    "kernel_initializer": ["glorot", 3],
    "recurrent_initializer": ["glorot", 3],
    "bias_initializer": [keras.regularizers.L2()],
    "kernel_regularizer": ["l3", 0.1, keras.initializers.Zeros()],
    "recurrent_constraint": ["non_negative", True],
    "use_bias": [None, "False", 1],
    "dropout": [1.0, -0.1, "half", True],
    "recurrent_dropout": [1.0, None],
    "seed": [-1, 2.5, 2**32],
    "activity_regularizer": ["l2"],
}


@pytest.mark.parametrize("argument", BAD)
def test_a_wrong_value_is_refused(argument):
    for value in BAD[argument]:
        with pytest.raises((ArgumentError, ArgumentTypeError), match=f"Received: {argument}="):
            GRU(4, **{argument: value})


REFUSED = {
    "a start of biases that are left out": lambda: GRU(4, chrono=9, use_bias=False),
    "two starts of biases": lambda: LSTM(4, chrono=9, bias_initializer="ones"),
    "an option of biases that are left out": lambda: LSTM(4, use_bias=False, bias_regularizer="l2"),
    "a constraint on what is bounded": lambda: Recurrent(
        IndRNN(4, reach=9, recurrent_constraint="non_neg")
    ).build((1, 2, 3)),
    "what makes the cell": lambda: IRNN(4, recurrent_initializer="zeros"),
    "a recurrence that is not there": lambda: LMU(4, recurrent_regularizer="l2"),
    "dropout of the truth": lambda: NARX(4, feedback="truth", dropout=0.5),
    "dropout of an error": lambda: NARX(4, feedback="error", dropout=0.5),
    "dropout around a cell": lambda: Residual(GRU(4), dropout=0.5),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_meaning_is_refused(case):
    with pytest.raises((ArgumentError, ArgumentTypeError), match="Received: "):
        REFUSED[case]()


def test_the_activity_of_a_loop_is_regularized():
    loop = Recurrent(GRU(4), activity_regularizer=keras.regularizers.L2(1.0))
    x = np.ones((2, 3, 4), "float32")
    y = numpy(loop(x))
    assert float(numpy(sum(loop.losses))) == pytest.approx((y**2).sum() / len(x), rel=1e-4)


def test_every_tap_has_the_radius_that_is_asked_for():
    cell = RNN(4, taps=(1, 3), recurrent_initializer=SpectralRadius(0.9))
    cell.build((None, 2))
    for U in cell.U:
        assert np.abs(np.linalg.eigvals(numpy(U))).max() == pytest.approx(0.9, rel=1e-4)


def test_without_a_start_of_its_own_an_rnn_begins_orthogonal():
    cell = RNN(4, recurrent_initializer=None)
    cell.build((None, 2))
    U = numpy(cell.U[0])
    np.testing.assert_allclose(U @ U.T, np.eye(4), atol=1e-5)


def _width(name):
    return "filters" if name in serving("next_frame") else "units"


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
