"""`NextFrame`: what it reads, what it cannot see, what it refuses."""

import re

import numpy as np
import pytest
from rnnzoo import ArgumentError, DataError, FitError, NextFrame
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.pipelines.next_frame.fitting import _Batches
from rnnzoo.pipelines.next_frame.settings import Settings
from sklearn.base import clone
from sklearn.exceptions import NotFittedError


def typed(settings):
    return Settings.from_params(NextFrame(**settings).get_params())


def test_a_free_roll_out_never_sees_the_future(tiny, clips):
    """Whatever the frames after the context are, those that are forecast stay the same."""
    other = clips.test.copy()
    other[:, 3:] = 255 - other[:, 3:]
    before, after = (tiny.evaluate(film).samples for film in (clips.test, other))
    for one, two in zip(before, after, strict=True):
        assert not np.array_equal(one.truth, two.truth)
        np.testing.assert_array_equal(one.forecasts["conv_lstm"], two.forecasts["conv_lstm"])
        np.testing.assert_array_equal(one.forecasts["mean-image"], two.forecasts["mean-image"])


def test_training_reads_no_frame_that_it_forecasts(clips, settings):
    """The network's inputs stay the same whatever the frames after the context are."""
    film = clips.training(8, 0)
    other = film.copy()
    other[:, 3:] = 255 - other[:, 3:]
    (known, ahead), wish = _Batches(film, typed(settings))[0]
    (known_too, ahead_too), wish_too = _Batches(other, typed(settings))[0]
    np.testing.assert_array_equal(known, known_too)
    assert ahead.shape == ahead_too.shape == (4, 4, 4, 4, 0)  # nothing but how many
    assert not np.array_equal(wish, wish_too)


def test_the_last_frame_of_the_context_changes_the_forecast(tiny, clips):
    known = clips.test[:2, :3].copy()
    before = tiny.predict(known)
    known[:, 2] = 255 - known[:, 2]
    assert not np.allclose(before, tiny.predict(known))


def test_a_longer_roll_out_begins_like_a_shorter_one(tiny, clips):
    known = clips.test[:2, :3]
    longer = tiny.predict(known, steps=9)
    assert longer.shape == (2, 9, 8, 8, 1)
    np.testing.assert_allclose(longer[:, :4], tiny.predict(known), atol=1e-6)


def test_every_clip_goes_its_own_way(tiny, clips):
    """More clips than are rolled out at once, one of them alone, all turned around."""
    known = clips.test[:, :3]
    whole = tiny.predict(known)
    assert whole.shape == (40, 4, 8, 8, 1)
    np.testing.assert_allclose(tiny.predict(known[33:34]), whole[33:34], atol=1e-6)
    np.testing.assert_allclose(tiny.predict(known[::-1]), whole[::-1], atol=1e-6)


def test_forecasts_are_frames(tiny, clips):
    gray = tiny.predict(clips.test[:2, :3, ..., 0])
    np.testing.assert_array_equal(gray, tiny.predict(clips.test[:2, :3])[..., 0])
    assert gray.dtype == "float32"
    assert 0 <= gray.min() <= gray.max() <= 1


def test_it_learns(clips, settings):
    long = {"epochs": 8, "filters": 8, "clips_per_epoch": 64, "learning_rate": 0.02}
    evaluation = NextFrame(**settings | long).fit(clips).evaluate(clips)
    errors = evaluation.leaderboard.set_index("model")["mse"]
    assert errors["conv_lstm"] < 0.8 * errors["repeat-last"]
    assert errors["conv_lstm"] < errors["mean-image"]


@pytest.mark.parametrize(
    "frames",
    [
        lambda clips: [*(clips.training(12, 0) / 255)[..., 0]],
        lambda clips: clips.training(12, 0).repeat(3, axis=-1),
    ],
    ids=["list of gray floats", "array of colors"],
)
def test_clips_of_any_kind_are_fitted(clips, settings, frames):
    frames = frames(clips)
    network = NextFrame(**settings | {"epochs": 1}).fit(frames)
    known = np.asarray(frames)[:2, :3]
    forecast = network.predict(known)
    assert forecast.shape == (2, 4, *known.shape[2:])
    assert np.isfinite(forecast).all()
    if known.dtype != "uint8":
        with pytest.raises(DataError, match="knows float32 frames. Received: uint8.*frames / 255"):
            network.predict(clips.test)


def test_some_clips_must_choose_the_weights(clips, settings):
    with pytest.raises(ArgumentError, match="need `validation`"):
        NextFrame(**settings).fit(clips.training)
    with pytest.raises(ArgumentError, match="One clip cannot both"):
        NextFrame(**settings).fit(clips.training(1, 0))


def test_what_was_fitted_stays_whatever_is_set_later(tiny, clips, settings, tmp_path):
    network = NextFrame(**settings | {"epochs": 1, "clips_per_epoch": 4, "seed": 9}).fit(clips)
    # nor does a baseline hang on the settings of a network
    np.testing.assert_array_equal(network.mean_image_, tiny.mean_image_)
    before = network.predict(clips.test[:2, :3])
    network.set_params(filters=5, horizon=2, patch=4, cell="lstm")
    np.testing.assert_array_equal(network.predict(clips.test[:2, :3]), before)
    assert network.evaluate(clips).model == "conv_lstm"
    again = NextFrame.load(network.save(tmp_path / "model"))
    np.testing.assert_array_equal(again.predict(clips.test[:2, :3]), before)
    with pytest.raises(ArgumentError, match="next frames"):
        network.fit(clips)  # refused at once, what was learned is kept
    np.testing.assert_array_equal(network.predict(clips.test[:2, :3]), before)


def test_clips_made_anew_are_checked(clips, settings):
    def gray(count, seed):
        return [*clips.training(count, seed)[..., 0]]

    network = NextFrame(**settings | {"epochs": 1}).fit(gray, validation=clips.validation)
    assert network.predict(clips.test[:1, :3]).shape == (1, 4, 8, 8, 1)


def test_epochs_take_other_clips(clips, settings):
    for training in (clips.training, clips.training(20, 0)):
        batches = _Batches(training, typed(settings))
        assert len(batches) == 2
        first = batches[0][1]
        batches.on_epoch_end()
        assert not np.array_equal(first, batches[0][1])


REFUSED = {
    "too few frames": (lambda c: c[:, :2], r"at least 3 frames, the context. Received: 2 frames"),
    "no clips": (lambda c: c[:0], "There are no frames"),
    "another size": (lambda c: c[..., :6, :], r"\(8, 8, 1\).*Received: \(8, 6, 1\)"),
    "other channels": (lambda c: c.repeat(3, axis=-1), r"Received: \(8, 8, 3\)"),
    "floats for uint8": (lambda c: c / 255, r"knows uint8.*float32.*astype\('uint8'\)"),
    "not divisible": (lambda c: c[..., :7, :], "divisible by the patch, 2. Received.* 8 × 7"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_frames_that_do_not_fit(tiny, clips, fault):
    spoil, message = REFUSED[fault]
    with pytest.raises(DataError, match=message):
        tiny.predict(spoil(clips.test))


def test_clips_too_short_to_train_or_to_score(tiny, clips, settings):
    for use in (NextFrame(**settings).fit, tiny.evaluate):
        with pytest.raises(DataError, match="7 frames, 3 to read and 4 to forecast.*6 frames"):
            use(clips.test[:, :6])


SETTINGS: dict[str, list] = {
    "context": [0, -1],
    "horizon": [0],
    "filters": [0],
    "layers": [0],
    "patch": [0],
    "epochs": [0],
    "clips_per_epoch": [0],
    "batch_size": [0],
    "patience": [0],
    "seed": [-1, 2**32],
    "learning_rate": [0, -1.0, float("nan")],
    "cell": ["conv_lstmm", "lstm"],
    "cell_options": [{"filters": 3}, {"unheard_of": 1}, {"kernel_size": 0}],
}


@pytest.mark.parametrize(("name", "value"), [(k, v) for k, vs in SETTINGS.items() for v in vs])
def test_settings_that_cannot_be_used(clips, settings, name, value):
    with pytest.raises(ArgumentError, match=re.escape(str(name)) + "|next frames"):
        NextFrame(**settings | {name: value}).fit(clips)


@pytest.mark.parametrize("name", [*SETTINGS.keys() - {"cell"}])
def test_settings_of_another_kind(clips, settings, name):
    with pytest.raises(ArgumentTypeError, match=f"`{name}`"):
        NextFrame(**settings | {name: "3"}).fit(clips)


def test_divergence_is_told(clips, settings):
    wild = {"learning_rate": 1e30, "clips_per_epoch": 40}
    with pytest.raises(FitError, match="Training diverged in epoch"):
        NextFrame(**settings | wild).fit(clips)


def test_nothing_works_before_a_fit(clips, settings, tmp_path):
    new = NextFrame(**settings)
    for use in (new.predict, new.evaluate, lambda _: new.save(tmp_path / "model")):
        with pytest.raises(NotFittedError, match="call `fit` or `load` first"):
            use(clips.test)
    assert list(tmp_path.iterdir()) == []


def test_it_is_a_scikit_learn_estimator(tiny, settings):
    assert clone(tiny).get_params() == tiny.get_params()
    assert tiny.get_params() | settings == tiny.get_params()
