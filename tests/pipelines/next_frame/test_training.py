"""Loss, optimizer, callbacks and weights of next-frame networks."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, ArgumentTypeError, ModelFileError, NextFrame
from rnnzoo.pipelines.next_frame.losses import FramesLoss, frames_of, try_loss
from rnnzoo.pipelines.next_frame.patches import to_frames, to_patches
from rnnzoo.pipelines.next_frame.weights import weighed
from rnnzoo.zoo.losses import MeanSquared

RNG = np.random.default_rng(0)
TRUTH, FORECAST = RNG.uniform(size=(2, 3, 2, 4, 6, 1)).astype("float32")  # 3 clips, 2 frames
PATCHES = [to_patches(frames, 2) for frames in (TRUTH, FORECAST)]
WEIGHTS = np.array([0.5, 1.0, 1.5], "float32")


def blurred(truth, forecast):
    """Compares neighbors: what it is given must be frames."""
    return ops.square(ops.mean(truth - forecast, axis=(2, 3, 4)))


def average(truth, forecast):
    return ops.mean(ops.abs(truth - forecast))


def test_a_loss_sees_frames():
    np.testing.assert_array_equal(
        ops.convert_to_numpy(frames_of(ops.convert_to_tensor(PATCHES[0]), 2)),
        to_frames(PATCHES[0], 2),
    )
    each = np.square((TRUTH - FORECAST).mean(axis=(2, 3, 4)))
    assert float(FramesLoss(blurred, 2)(*PATCHES)) == pytest.approx(each.mean(), rel=1e-5)
    weighed = (each.mean(axis=1) * WEIGHTS).mean()
    assert float(FramesLoss(blurred, 2)(*PATCHES, sample_weight=WEIGHTS)) == pytest.approx(
        weighed, rel=1e-5
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("mse", np.square(TRUTH - FORECAST).mean(axis=(1, 2, 3, 4))),
        (keras.losses.MeanAbsoluteError(), abs(TRUTH - FORECAST).mean(axis=(1, 2, 3, 4))),
        (MeanSquared(), np.square(TRUTH - FORECAST).mean(axis=(1, 2, 3, 4))),
    ],
    ids=["a name", "an object", "of sequences"],
)
def test_clips_are_weighed(given, expected):
    loss = FramesLoss(given, 2)
    assert float(loss(*PATCHES)) == pytest.approx(expected.mean(), rel=1e-5)
    found = float(loss(*PATCHES, sample_weight=WEIGHTS))
    assert found == pytest.approx((expected * WEIGHTS).mean(), rel=1e-5)
    again = FramesLoss.from_config(loss.get_config())
    assert float(again(*PATCHES)) == float(loss(*PATCHES))


def test_a_sum_stays_one():
    loss = FramesLoss(keras.losses.MeanSquaredError(reduction="sum"), 2)
    expected = np.square(TRUTH - FORECAST).mean(axis=-1).sum()
    assert float(loss(*PATCHES)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("given", "weighed", "message"),
    [
        (lambda truth, forecast: truth @ forecast, False, "fails on truth and forecast of shape"),
        (lambda truth, forecast: ops.log(-truth), False, "is nan for frames of noise"),
        (average, True, "average is one number for all clips"),
        ("categorical_crossentropy", False, "is .* for every forecast of frames with 1 channel,"),
        (keras.losses.CosineSimilarity(), False, "is .* for every forecast of frames"),
        (MeanSquared().divergence, False, "`loss` must be a name"),
    ],
)
def test_a_loss_that_cannot_be_used(given, weighed, message):
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        try_loss(given, (2, 4, 6, 1), 2, weighed)
    try_loss(average, (2, 4, 6, 1), 2, weighed=False)


@pytest.fixture(scope="module")
def one(clips, settings):
    """Fitted with all that can be set, and the logs of its epochs."""
    history = keras.callbacks.History()
    optimizer = keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5))
    network = NextFrame(loss=blurred, optimizer=optimizer, **settings)
    return network.fit(clips, callbacks=[history]), history.history


def test_what_was_set_was_used(one, tmp_path):
    network, logs = one
    assert set(logs) == {"loss", "val_loss", "val_mse"}
    assert logs["val_mse"] == logs["val_loss"] == network.history_.score
    assert logs["loss"] == network.history_.loss and max(logs["loss"]) < 0.5
    with pytest.warns(UserWarning, match="cannot be loaded"):
        network.save(tmp_path / "model")
    with pytest.raises(ModelFileError, match=r"'blurred' of the module .*Register it with"):
        NextFrame.load(tmp_path / "model")
    keras.saving.register_keras_serializable("tests")(blurred)
    loaded = NextFrame.load(tmp_path / "model")
    assert loaded.loss is blurred and type(loaded.optimizer) is type(network.optimizer)


def test_a_rate_that_follows_a_schedule_is_not_set(one, clips):
    network, _ = one
    with pytest.raises(ArgumentError, match="ReduceLROnPlateau.*ExponentialDecay"):
        network.fit(clips, callbacks=[keras.callbacks.ReduceLROnPlateau()])


def test_a_clip_that_weighs_nothing_is_left_out():
    """What trains is then what is given without it, and as if no weights were."""
    film = RNG.integers(0, 256, (6, 7, 8, 8), "uint8")
    there = np.array([True, False, True, True, False, True])
    training, weights = weighed(film, 2.0 * there, film)
    np.testing.assert_array_equal(training, film[there])
    assert weights is None


def test_weights_are_relative_to_their_mean():
    film = np.zeros((5, 7, 8, 8), "uint8")
    training, weights = weighed(film[:4], [0, 1, 2, 3, 9], film)  # the last one is held out
    assert len(training) == 3
    np.testing.assert_allclose(weights, [0.5, 1.0, 1.5])
    _, again = weighed(film[:4], [0, 10, 20, 30, 0], film)
    np.testing.assert_allclose(again, weights)
    assert weighed(film, np.full(5, 3.0), film)[1] is None


def test_weights_reach_the_loss(clips, settings):
    """One clip counts for nearly all: the loss of an epoch is its loss."""
    film = np.concatenate([clips.training(3, 0), np.zeros((1, 7, 8, 8, 1), "uint8")])
    own = [1e-6, 1e-6, 1e-6, 1.0]
    network = NextFrame(**settings | {"epochs": 1, "learning_rate": 1e-9})
    network.fit(film, validation=film[:1], sample_weight=own)
    rolled = network.predict(film[3:, :3])
    dark = float(np.square(rolled).mean())  # frames are cut to [0, 1]: at most what it learns from
    assert network.history_.loss[0] >= dark
    assert network.history_.loss[0] < 0.02


REFUSED = {
    "of a function": (lambda film: lambda count, seed: film, [1], ArgumentError, "makes anew"),
    "too few": (lambda film: film, [1, 2], ArgumentError, r"each of the 4 clips, \(4,\)"),
    "below 0": (lambda film: film, [1, 2, -3, 4], ArgumentError, "-3 for clip 2"),
    "nothing known": (lambda film: film, [1, 2, np.nan, 4], ArgumentError, "nan for clip 2"),
    "all zero": (lambda film: film, np.zeros(4), ArgumentError, "0 for all of the 4 clips"),
    "text": (lambda film: film, ["a"] * 4, ArgumentTypeError, "must be numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_weights_that_cannot_be_used(name, settings):
    make, own, error, message = REFUSED[name]
    film = np.zeros((4, 7, 8, 8), "uint8")
    with pytest.raises(error, match=message):
        NextFrame(**settings).fit(make(film), validation=film, sample_weight=own)
