"""What a fit finds is one value that a fit sets at its very end, and its settings are typed."""

from dataclasses import FrozenInstanceError

import keras
import numpy as np
import pytest
from rnnzoo import FitError, NextFrame
from rnnzoo.pipelines.next_frame.settings import Settings
from rnnzoo.pipelines.recorder import NullRecorder
from sklearn.exceptions import NotFittedError

LEARNED = ["settings_", "network_", "frame_spec_", "mean_image_", "history_", "parameters_"]


class Full(NullRecorder):
    """A recorder whose disk is full by the last epoch."""

    def metrics(self, values, step=None):
        if step == 2:
            raise OSError("No space left on device")


def interrupt(epoch, logs):
    raise KeyboardInterrupt


CALLBACK = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
FAULTS = {
    "interrupted": (KeyboardInterrupt, {}, {"callbacks": [CALLBACK]}),
    "diverged": (FitError, {"learning_rate": 1e30, "clips_per_epoch": 40}, {}),
    "failed after its last epoch": (OSError, {}, {"recorder": Full()}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fit_that_fails_leaves_the_one_before(clips, settings, fault, tmp_path):
    error, changes, how = FAULTS[fault]
    network = NextFrame(**settings | {"epochs": 1}).fit(clips)
    before, forecast = network.fitted_, network.predict(clips.test[:2, :3])
    network.set_params(filters=3, horizon=2, epochs=2, **changes)
    with pytest.raises(error):
        network.fit(clips, **how)
    assert network.fitted_ is before
    assert network.settings_["filters"] == settings["filters"]
    np.testing.assert_array_equal(network.predict(clips.test[:2, :3]), forecast)
    twin = NextFrame.load(network.save(tmp_path / "model"))
    np.testing.assert_array_equal(twin.predict(clips.test[:2, :3]), forecast)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_first_fit_that_fails_leaves_nothing(clips, settings, fault):
    error, changes, how = FAULTS[fault]
    network = NextFrame(**settings | changes)
    before = dict(vars(network))
    with pytest.raises(error):
        network.fit(clips, **how)
    assert vars(network) == before
    with pytest.raises(NotFittedError):
        network.predict(clips.test[:2, :3])


def test_what_was_learned_is_read_only(tiny):
    for name in LEARNED:
        with pytest.raises(AttributeError):
            setattr(tiny, name, getattr(tiny, name))
    with pytest.raises(FrozenInstanceError):
        tiny.fitted_.history = None
    with pytest.raises(FrozenInstanceError):
        tiny.fitted_.settings.patch = 4
    assert tiny.settings_ == tiny.get_params()


@pytest.mark.parametrize("name", LEARNED)
def test_nothing_is_learned_before_a_fit(settings, name):
    new = NextFrame(**settings)
    with pytest.raises(NotFittedError, match="call `fit` or `load` first"):
        getattr(new, name)
    assert not hasattr(new, name)


def test_settings_are_typed_and_their_own(settings):
    options: dict[str, object] = {"peepholes": True}
    given = NextFrame(**settings).set_params(
        patch=np.int8(12), learning_rate=np.float32(0.5), cell_options=options
    )
    found = Settings.from_params(given.get_params())
    options["kernel_size"] = 5
    assert (type(found.patch), type(found.rate)) == (int, float)
    assert found.cell_options == {"peepholes": True}
    assert found.to_dict() == given.get_params() | {"cell_options": {"peepholes": True}}
    assert list(found.to_dict()) == list(given.get_params())
