"""Keras's callbacks on our loop: what they are told, and what they may do."""

import csv
import math
import warnings

import keras
import numpy as np
import pytest
from keras.callbacks import (
    BackupAndRestore,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
    SwapEMAWeights,
    TerminateOnNaN,
)
from rnnzoo import ArgumentError, ArgumentTypeError, FitError
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.pipelines.training import loop as training
from rnnzoo.pipelines.training.callbacks import check_rates, checked_callbacks
from rnnzoo.pipelines.training.checkpoints import Checkpoint
from rnnzoo.pipelines.training.losses import MaskedLoss
from rnnzoo.pipelines.training.options import TrainingOptions
from rnnzoo.pipelines.training.state import ResampledBatches
from rnnzoo.zoo.cells import RNN
from rnnzoo.zoo.models import StateCarrier, stateful_network


class Batches(ResampledBatches):
    """Two an epoch."""

    def __init__(self, y=1.0):
        super().__init__(np.random.default_rng(0))
        self.y = y
        self.on_epoch_end()

    def __len__(self):
        return 2

    def __getitem__(self, k):
        return np.ones((2, 1), "float32"), np.full((2, 1), self.y, "float32")

    def draw(self):
        pass


class Rates(NullRecorder):
    """A recorder that takes note of the learning rates."""

    def __init__(self):
        self.rates = []

    def metrics(self, values, step=None):
        self.rates.append(values["train/learning_rate"])


@pytest.fixture(scope="module")
def line():
    """A model of one weight; TensorFlow traces it once."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.125), "mse")
    return model


@pytest.fixture
def fit(line):
    """Fits it from weight 0, the validation errors being said; returns history and rates."""

    def fitted(*callbacks, scores=(4.0, 3.0, 5.0, 6.0), y=1.0, epochs=None, **settings):
        line.set_weights([np.zeros((1, 1))])
        line.optimizer.learning_rate = 0.125
        told, heard = iter(scores), Rates()
        options = TrainingOptions(
            epochs or len(scores), patience=9, batch_size=1, seed=0, optimizer=keras.optimizers.SGD,
            recorder=heard, callbacks=checked_callbacks(list(callbacks), "mae"), **settings,
        )  # fmt: skip
        history = training.fit(line, Batches(y), lambda: next(told), "mae", options)
        return history, heard.rates

    return fitted


def noting(notes):
    """A callback that takes note of all it is told."""
    names = [
        f"on_{what}_{when}" for what in ("train", "epoch", "train_batch", "test")
        for when in ("begin", "end")
    ]  # fmt: skip

    class Notes(keras.callbacks.Callback):
        pass

    def note(name):
        def noted(self, *told, logs=None):
            numbers = [one for one in told if isinstance(one, int)]
            logs = next((one for one in told if isinstance(one, dict)), logs)
            notes.append((name.removeprefix("on_"), *numbers, logs))

        return noted

    for name in names:
        setattr(Notes, name, note(name))
    return Notes()


def test_order_and_logs_are_those_of_keras(fit, line):
    """But for the batches of validation, which are not its own."""
    ours, theirs = [], []
    fit(noting(ours), scores=(4.0, 3.0))
    line.set_weights([np.zeros((1, 1))])
    batches = Batches()
    line.fit(
        batches, epochs=2, validation_data=batches, callbacks=[noting(theirs)], verbose=0,
        shuffle=False,
    )  # fmt: skip

    def steps(notes):
        return [tuple(one for one in note if isinstance(one, (str, int))) for note in notes]

    assert steps(ours) == steps(theirs)
    assert ours[0] == ("train_begin", {})
    epochs = [note for note in ours if note[0] == "epoch_end"]
    for (_, epoch, logs), score in zip(epochs, (4.0, 3.0), strict=True):
        assert logs["val_loss"] == logs["val_mae"] == score
        assert set(logs) == {"loss", "val_loss", "val_mae"} and epoch in (0, 1)
    assert ours[-1][-1]["val_loss"] == 3.0
    batch = next(note for note in ours if note[0] == "train_batch_end")
    assert batch[1] == 0 and batch[2] == {"loss": 1.0}  # (0 − 1)²


def test_a_callback_changes_no_bits(fit, line):
    plain, _ = fit()
    weights = line.get_weights()
    seen, _ = fit(History(), LambdaCallback(on_epoch_end=lambda epoch, logs: None))
    assert (plain.loss, plain.score, plain.best_epoch) == (seen.loss, seen.score, seen.best_epoch)
    np.testing.assert_array_equal(weights, line.get_weights())


def test_early_stopping_ends_the_fit_with_its_best_weights(fit, line):
    kept = []
    keep = LambdaCallback(on_epoch_end=lambda epoch, logs: kept.append(line.get_weights()))
    in_the_end = LambdaCallback(on_train_end=lambda logs: kept.append(line.get_weights()))
    for monitor in ("val_loss", "val_mae"):
        kept.clear()
        stop = EarlyStopping(monitor, patience=1)
        history, _ = fit(stop, keep, in_the_end, scores=(4.0, 3.0, 5.0, 6.0, 7.0))
        assert history.score == [4.0, 3.0, 5.0] and history.best_epoch == 2
        np.testing.assert_array_equal(line.get_weights(), kept[1])
        np.testing.assert_array_equal(kept[-1], kept[1])  # they are there when training ends


def test_the_weights_of_a_callback_are_not_those_of_the_fit(fit, line):
    """It may restore what it holds for best, by another measure: the validation error chooses."""
    history, _ = fit(EarlyStopping("loss", patience=9, restore_best_weights=True))
    weight = float(line.get_weights()[0][0, 0])
    plain, _ = fit()
    assert history.loss == plain.loss
    assert weight == float(line.get_weights()[0][0, 0])


def test_a_stop_in_the_middle_of_an_epoch(fit, line):
    def stop(batch, logs):
        line.stop_training = True

    notes = []
    history, _ = fit(LambdaCallback(on_train_batch_end=stop), noting(notes))
    assert history.score == [4.0]
    assert [note[0] for note in notes].count("train_batch_end") == 1
    assert [note[0] for note in notes][-2:] == ["epoch_end", "train_end"]


def test_what_is_no_number_ends_a_fit_that_is_to_end_there(fit, line):
    """The weights before are kept; without such a callback, and in the first epoch, it raises."""

    class Turn(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.set_weights([np.full((1, 1), np.nan)])

    notes = []
    history, _ = fit(Turn(), TerminateOnNaN(), noting(notes))
    assert history.score == [4.0, 3.0] and np.isfinite(line.get_weights()).all()
    name, epoch, logs = notes[-2]
    assert (name, epoch) == ("epoch_end", 2) and math.isnan(logs["loss"])
    with pytest.raises(FitError, match="diverged in epoch 3"):
        fit(Turn())
    with pytest.raises(FitError, match="diverged in epoch 1"):
        fit(TerminateOnNaN(), y=np.nan)


SCORES = (4.0, *[5.0] * 7)


def test_our_rule_halves_the_rate_where_no_callback_sets_it(fit):
    _, rates = fit(History(), scores=SCORES)
    assert rates == [0.125] * 4 + [0.0625] * 3 + [0.03125]  # after a third of 9 epochs


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (lambda: ReduceLROnPlateau(factor=0.5, patience=5), [0.125] * 6 + [0.0625] * 2),
        (lambda: LearningRateScheduler(lambda epoch, rate: 1.0 / 2**epoch),
         [1.0 / 2**epoch for epoch in range(8)]),
        (lambda: Sets(5, 0.5), [0.125] * 4 + [0.0625] + [0.5] * 3),
    ],
    ids=["on a plateau", "by a schedule", "once"],
)  # fmt: skip
def test_a_rate_that_a_callback_sets_is_left_to_it(fit, callback, expected):
    _, rates = fit(callback(), scores=SCORES)
    assert rates == expected


class Sets(keras.callbacks.Callback):
    """One of a user's own, that sets the learning rate once."""

    def __init__(self, epoch, rate):
        super().__init__()
        self.epoch, self.value = epoch, rate

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            self.model.optimizer.learning_rate = self.value


def test_files_of_callbacks(fit, line, tmp_path):
    log, best = CSVLogger(tmp_path / "log.csv"), tmp_path / "best.weights.h5"
    keep = ModelCheckpoint(best, save_best_only=True, save_weights_only=True)
    fit(ReduceLROnPlateau(), log, keep)
    with open(tmp_path / "log.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert [float(row["val_mae"]) for row in rows] == [4.0, 3.0, 5.0, 6.0]
    assert {float(row["learning_rate"]) for row in rows} == {0.125}
    kept = line.get_weights()
    line.set_weights([np.zeros((1, 1))])
    line.load_weights(best)
    np.testing.assert_array_equal(line.get_weights(), kept)


def test_a_learner_that_carries_its_state_is_saved_whole(tmp_path):
    """What `ModelCheckpoint` writes of a forecaster in training, loss and optimizer included."""
    learner = StateCarrier(
        stateful_network([RNN(2)], inputs=2, horizon=3).network, inputs=1, batch=2
    )
    learner.compile("adam", MaskedLoss(keras.losses.Huber(2.0), size=[1.0, 2.0, 3.0]))
    x = np.random.default_rng(0).normal(size=(2, 4, 2)).astype("float32")
    expected = keras.ops.convert_to_numpy(learner([x]))
    learner.optimizer.build(learner.trainable_variables)
    learner.save(tmp_path / "whole.keras")
    learner.save_weights(tmp_path / "one.weights.h5")
    again = keras.models.load_model(tmp_path / "whole.keras")
    for one, other in zip(learner.variables, again.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert again.loss.get_config() == learner.loss.get_config()
    assert again.loss.get_config()["loss"]["config"]["delta"] == 2.0
    again.load_weights(tmp_path / "one.weights.h5")
    again.reset_state()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(again([x])), expected)


def test_a_fit_that_continues_says_what_callbacks_do_not_know(fit, tmp_path):
    class Broken(Exception):
        pass

    def break_off(epoch, logs):
        if epoch == 2:
            raise Broken

    notes = []
    kept = Checkpoint(tmp_path, {})
    with pytest.raises(Broken):
        fit(Sets(1, 0.5), LambdaCallback(on_epoch_end=break_off), checkpoint=kept, scores=SCORES)
    with pytest.warns(UserWarning, match="continues after epoch 2 of its checkpoint: callbacks be"):
        history, rates = fit(noting(notes), checkpoint=kept, scores=SCORES[2:], epochs=8)
    assert history.score == list(SCORES)
    assert [note[1] for note in notes if note[0] == "epoch_begin"] == [2, 3, 4, 5, 6, 7]
    assert rates == [0.125] + [0.5] * 7  # the rate that was set is left as it is
    notes.clear()
    with pytest.warns(UserWarning, match="finished in an earlier call.*callbacks are not called"):
        fit(noting(notes), checkpoint=kept, scores=SCORES)
    assert not notes
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(checkpoint=kept, scores=SCORES)  # without callbacks nothing is said


@pytest.mark.parametrize(
    ("callbacks", "error", "message"),
    [
        (7, ArgumentTypeError, "`callbacks` must be a list"),
        ("EarlyStopping", ArgumentTypeError, "`callbacks` must be a list"),
        ([print], ArgumentTypeError, "Received: <built-in function print>, a builtins.builtin"),
        ([EarlyStopping], ArgumentTypeError, "It is a class: give an object, EarlyStopping"),
        ([SwapEMAWeights()], ArgumentError, "must not hold a SwapEMAWeights: .*leave it out"),
        ([BackupAndRestore("x")], ArgumentError, "BackupAndRestore.*checkpoint=folder"),
        ([EarlyStopping("val_acc")], ArgumentError, "'val_acc'.*they hold loss, val_loss, val_mae"),
    ],
    ids=str,
)
def test_what_is_no_callback(callbacks, error, message):
    with pytest.raises(error, match=message):
        checked_callbacks(callbacks, "mae")


def test_one_callback_and_a_list_of_keras_are_taken():
    one = History()
    assert checked_callbacks(one, "mae") == [one]
    assert checked_callbacks(keras.callbacks.CallbackList([one]), "mae") == [one]
    assert checked_callbacks(None, "mae") == []


def test_a_rate_that_follows_a_schedule_is_not_set():
    for one in (ReduceLROnPlateau(), LearningRateScheduler(lambda epoch: 0.1)):
        check_rates([one], "plateau")
        with pytest.raises(ArgumentError, match=f'{type(one).__name__}.*"cosine".*Give schedule='):
            check_rates([one], "cosine")
