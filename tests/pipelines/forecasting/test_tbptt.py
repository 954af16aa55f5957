from functools import partial

import keras
import numpy as np
import pytest
from rnnzoo.pipelines.forecasting.strategies.tbptt import STREAMS, WIDE, Chunks, _Spans, train
from rnnzoo.pipelines.training.loop import seeded
from rnnzoo.pipelines.training.losses import mean_absolute_error
from rnnzoo.pipelines.training.optimizers import new_optimizer
from rnnzoo.pipelines.training.options import TrainingOptions
from rnnzoo.zoo.cells import GRU
from rnnzoo.zoo.models import StateCarrier, stateful_network

ROWS = 200
X = np.random.default_rng(0).normal(size=(ROWS, 2)).astype("float32")
Y = np.roll(X[:, :1], 1, axis=0)  # the first input, a step later


def chunks(**changes):
    settings = {"batch": lambda at: ((X[at],), Y[at]), "length": 10, "burn_in": 4}
    return Chunks(**settings | {"lengths": np.array([ROWS])} | changes)


def spans(**changes):
    cut = chunks(**changes)
    return _Spans(cut, STREAMS if len(cut.lengths) == 1 else WIDE, np.random.default_rng(0))


def adam(rate):
    return partial(new_optimizer, None, rate)


def network():
    return stateful_network([GRU(5)], inputs=2, horizon=1).network


def test_targets_that_are_nan_are_outside_the_loss():
    truth = np.array([[1.0, np.nan], [np.nan, 4.0]], "float32")
    forecast = np.array([[2.0, 9.0], [9.0, 1.0]], "float32")
    assert float(mean_absolute_error(truth, forecast)) == pytest.approx((1 + 3) / 2)
    assert float(mean_absolute_error(truth * np.nan, forecast)) == 0


def read_by(spans, group=0):
    """What one group of spans reads: inputs and targets `(streams, rows, …)`."""
    first = group * spans.chunks_a_span
    batches = [spans[first + k] for k in range(spans.chunks_a_span)]
    inputs = np.concatenate([x for (x,), _ in batches], axis=1)
    return inputs, np.concatenate([y for _, y in batches], axis=1)


def test_chunks_follow_one_another_and_the_burn_in_is_outside_the_loss():
    found = spans()
    assert len(found) == found.chunks_a_span == 2
    inputs, targets = read_by(found)
    assert len(inputs) == found.streams == 13  # 16 fresh rows each: one pass over the 200
    for read, wanted, first in zip(inputs, targets, found.starts[0], strict=True):
        np.testing.assert_array_equal(read, X[first : first + 20])
        assert np.isnan(wanted[:4]).all()
        np.testing.assert_array_equal(wanted[4:], Y[first + 4 : first + 20])
    assert not np.isnan(Y).any()  # a copy was blanked, not the series


def test_a_burn_in_longer_than_a_chunk():
    found = spans(burn_in=13)
    _, targets = read_by(found)
    assert np.isnan(targets[:, :13]).all()
    assert not np.isnan(targets[:, 13:]).any()


def test_spans_of_several_series_lie_inside_them_and_cover_their_rows():
    lengths = np.array([30, 70, 100])
    found = spans(lengths=lengths)
    ends = np.cumsum(lengths)
    seen = np.zeros(ROWS, int)
    for _ in range(20):  # epochs: the cuts move
        for first in found.starts.ravel():
            series = np.searchsorted(ends, first, side="right")
            assert first + found.length <= ends[series]
            seen[first + 4 : first + found.length] += 1
        found.on_epoch_end()
    assert (seen[4:30] > 0).all() and (seen[34:100] > 0).all() and (seen[104:] > 0).all()


def test_many_series_are_read_in_groups():
    found = spans(lengths=np.full(20, 10), burn_in=0)
    assert (found.streams, len(found)) == (20, 1)
    rows = np.random.default_rng(1).normal(size=(1000, 2))
    many = spans(batch=lambda at: ((rows[at],), rows[at]), lengths=np.full(100, 10), burn_in=0)
    assert many.starts.shape == (2, 64)
    assert set(many.starts.ravel()) == set(range(0, 1000, 10))  # each once, some again


def test_each_chunk_starts_where_the_one_before_ended():
    model = network()
    learner = StateCarrier(model, inputs=1, batch=2)
    pieces = X[:40].reshape(2, 20, 2)
    zeros = np.zeros((2, 5), "float32")
    whole = keras.ops.convert_to_numpy(model([pieces, zeros])[0])
    for _ in range(2):  # the second time after a reset
        halves = [learner([pieces[:, :8]]), learner([pieces[:, 8:]])]
        found = np.concatenate([keras.ops.convert_to_numpy(h) for h in halves], axis=1)
        np.testing.assert_allclose(found, whole, atol=1e-6)
        learner.reset_state()


def trained(model):
    return [np.array(keras.ops.convert_to_numpy(w)) for w in model.trainable_weights]


def test_the_weights_with_the_best_score_are_kept():
    told = iter([5.0, 2.0, 3.0, 4.0])
    seen = []
    with seeded(0):
        model = network()

        def score():
            seen.append(trained(model))
            return next(told)

        options = TrainingOptions(4, 9, STREAMS, seed=0, optimizer=adam(0.05))
        history = train(model, chunks(), score, options)
    assert history.score == [5.0, 2.0, 3.0, 4.0]
    assert history.best_epoch == 2
    for kept, best, last in zip(trained(model), seen[1], seen[3], strict=True):
        np.testing.assert_array_equal(kept, best)
        assert not np.array_equal(kept, last)


def test_training_ends_when_patience_does():
    told = iter([1.0, 2.0, 2.0, 2.0, 2.0])
    with seeded(0):
        options = TrainingOptions(5, 2, STREAMS, seed=0, optimizer=adam(0.01))
        history = train(network(), chunks(), lambda: next(told), options)
    assert history.score == [1.0, 2.0, 2.0]


def test_a_series_is_learned():
    told = iter(range(30, 0, -1))
    with seeded(0):
        options = TrainingOptions(30, 30, STREAMS, seed=0, optimizer=adam(0.02))
        score = lambda: float(next(told))  # noqa: E731
        history = train(network(), chunks(), score, options)
    assert history.loss[-1] < history.loss[0] / 2


def test_dropout_is_for_training_alone():
    """What the learner puts out differs from call to call in training, and in no other."""
    learner = StateCarrier(stateful_network([GRU(3)], 2, 1, dropout=0.5).network, 1, STREAMS)
    x = np.tile(X[:10], (STREAMS, 1, 1))

    def told(training):
        learner.reset_state()
        return keras.ops.convert_to_numpy(learner((x,), training=training))

    assert not np.allclose(told(True), told(True))
    np.testing.assert_array_equal(told(False), told(False))
