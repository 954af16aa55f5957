import keras
import numpy as np
import pytest
from rnnzoo.pipelines.forecasting.chunks import (
    Chunks,
    _Spans,
    _StateCarrier,
    mean_absolute_error,
    train,
)
from rnnzoo.pipelines.recorder import Silence
from rnnzoo.pipelines.training import seeded
from rnnzoo.zoo.cells import GRU
from rnnzoo.zoo.models import carried

ROWS = 200
X = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("float32")
Y = np.roll(X[:, :1], 1, axis=0)  # the first input, a step later


def chunks(**changes):
    settings = {"inputs": [X], "targets": Y, "length": 10, "burn_in": 4}
    return Chunks(**settings | changes)


def network():
    return carried([GRU(5)], inputs=2, horizon=1).network


def test_targets_that_are_nan_are_outside_the_loss():
    truth = np.array([[1.0, np.nan], [np.nan, 4.0]], "float32")
    forecast = np.array([[2.0, 9.0], [9.0, 1.0]], "float32")
    assert float(mean_absolute_error(truth, forecast)) == pytest.approx((1 + 3) / 2)
    assert float(mean_absolute_error(truth * np.nan, forecast)) == 0


def test_chunks_follow_one_another_and_the_burn_in_is_outside_the_loss():
    spans = _Spans(chunks(), streams=3, length=40, rng=np.random.default_rng(0))
    assert len(spans) == 4
    for stream, first in enumerate(spans.starts):
        read = np.concatenate([spans[k][0][0][stream] for k in range(4)])
        np.testing.assert_array_equal(read, X[first : first + 40])
        targets = np.concatenate([spans[k][1][stream] for k in range(4)])
        assert np.isnan(targets[:4]).all()
        np.testing.assert_array_equal(targets[4:], Y[first + 4 : first + 40])
    assert not np.isnan(Y).any()  # a copy was blanked, not the series


def test_a_burn_in_longer_than_a_chunk():
    spans = _Spans(chunks(burn_in=13), streams=2, length=40, rng=np.random.default_rng(0))
    targets = np.concatenate([spans[k][1] for k in range(4)], axis=1)
    assert np.isnan(targets[:, :13]).all()
    assert not np.isnan(targets[:, 13:]).any()


def test_each_chunk_starts_where_the_one_before_ended():
    model = network()
    learner = _StateCarrier(model, inputs=1, batch=2)
    pieces = X[:40].reshape(2, 20, 2)
    zeros = np.zeros((2, 5), "float32")
    whole = keras.ops.convert_to_numpy(model([pieces, zeros])[0])
    for _ in range(2):  # the second time after a reset
        halves = [learner([pieces[:, :8]]), learner([pieces[:, 8:]])]
        found = np.concatenate([keras.ops.convert_to_numpy(h) for h in halves], axis=1)
        np.testing.assert_allclose(found, whole, atol=1e-6)
        learner.reset_state()


def test_the_weights_with_the_best_score_are_kept():
    told = iter([5.0, 2.0, 3.0, 4.0])
    seen = []
    with seeded(0):
        model = network()

        def score():
            seen.append(model.get_weights())
            return next(told)

        settings = {"epochs": 4, "patience": 9, "learning_rate": 0.05, "seed": 0}
        history = train(model, chunks(), score, recorder=Silence(), **settings)
    assert history.score == [5.0, 2.0, 3.0, 4.0]
    assert history.best_epoch == 2
    for kept, best, last in zip(model.get_weights(), seen[1], seen[3], strict=True):
        np.testing.assert_array_equal(kept, best)
        assert not np.array_equal(kept, last)


def test_training_ends_when_patience_does():
    told = iter([1.0, 2.0, 2.0, 2.0, 2.0])
    with seeded(0):
        settings = {"epochs": 5, "patience": 2, "learning_rate": 0.01, "seed": 0}
        history = train(network(), chunks(), lambda: next(told), recorder=Silence(), **settings)
    assert history.score == [1.0, 2.0, 2.0]


def test_a_series_is_learned():
    told = iter(range(30, 0, -1))
    with seeded(0):
        settings = {"epochs": 30, "patience": 30, "learning_rate": 0.02, "seed": 0}
        score = lambda: float(next(told))  # noqa: E731
        history = train(network(), chunks(), score, recorder=Silence(), **settings)
    assert history.loss[-1] < history.loss[0] / 2
