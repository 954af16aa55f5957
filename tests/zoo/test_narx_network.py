"""Opened, closed and run early: one network, handed over in mid-series."""

import keras
import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import GRU, NARX
from rnnzoo.zoo.models import NARXNetwork

RNG = np.random.default_rng(1)
TIME, HALF = 30, 14
X = RNG.normal(size=(2, TIME, 3)).astype("float32")
TRUTH = RNG.normal(size=(2, TIME, 2)).astype("float32")

KINDS = {
    "plain": {"units": 4, "input_delays": [1, 2], "feedback_delays": [1, 2]},
    "gaps": {"units": 4, "input_delays": [1, 3], "feedback_delays": [1, 2, 24]},
    "deep": {"units": [4, 3, 5], "input_delays": [2], "feedback_delays": [2, 3]},
    "alone": {"units": [3, 4], "feedback_delays": [1, 4]},
}
EVERY_KIND = pytest.mark.parametrize("kind", ["gaps", "deep", "alone"])


@EVERY_KIND
def test_closed_in_mid_series_it_goes_on_with_its_own_output(kind):
    opened = network(kind)
    read = opened.run(**part(kind, 0, HALF))
    closed = opened.close_loop()
    rolled = roll(closed, kind, HALF, TIME)
    expected = by_loop(opened, kind, lambda t: t < HALF)
    np.testing.assert_allclose(np.concatenate([read, rolled], axis=1), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["deep"])
def test_opened_again_it_goes_on_with_the_truth(kind):
    opened = network(kind)
    parts = [opened.run(**part(kind, 0, HALF))]
    closed = opened.close_loop()
    parts.append(roll(closed, kind, HALF, HALF + 3))
    again = closed.open_loop()
    parts.append(again.run(**part(kind, HALF + 3, TIME)))
    expected = by_loop(opened, kind, lambda t: not HALF <= t < HALF + 3)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), expected, atol=1e-5)


@EVERY_KIND
def test_with_a_delay_removed_the_output_comes_a_step_early(kind):
    opened = network(kind)
    whole = opened.run(**part(kind, 0, TIME))
    opened.reset()
    early = opened.remove_delay().run(**part(kind, 0, TIME))
    np.testing.assert_allclose(early[:, :-1], whole[:, 1:], atol=1e-5)
    opened.run(**part(kind, 0, HALF))
    early = opened.remove_delay(1).run(**part(kind, HALF, TIME))
    np.testing.assert_allclose(early[:, :-1], whole[:, HALF + 1 :], atol=1e-5)


def test_as_many_delays_can_be_removed_as_the_shortest_is_long():
    opened = network("deep")
    whole = opened.run(**part("deep", 0, TIME))
    opened.reset()
    for early in (opened.remove_delay(2), opened.remove_delay().remove_delay()):
        outputs = early.run(**part("deep", 0, TIME))
        np.testing.assert_allclose(outputs[:, :-2], whole[:, 2:], atol=1e-5)
    received = r"k=3 with input_delays=\[2\], feedback_delays=\[2, 3\]"
    with pytest.raises(ArgumentError, match=f"`k`=3 needs every.* at least 3: .*{received}"):
        opened.remove_delay(3)


@pytest.mark.parametrize("kind", ["alone"])
def test_a_network_that_was_early_is_closed_where_it_stopped(kind):
    opened = network(kind)
    early = opened.remove_delay()
    read = early.run(**part(kind, 0, HALF))
    rolled = roll(early.close_loop(), kind, HALF, TIME)
    np.testing.assert_allclose(rolled[:, 0], read[:, -1], atol=1e-5)
    opened.run(**part(kind, 0, HALF))
    expected = roll(opened.close_loop(), kind, HALF, TIME)
    np.testing.assert_allclose(rolled, expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["deep", "alone"])
def test_run_in_parts_is_run_at_once(kind):
    for make in (lambda n: n, lambda n: n.remove_delay()):
        whole = make(network(kind)).run(**part(kind, 0, TIME))
        parts = make(network(kind))
        cuts = [(0, 2), (2, 3), (3, TIME)]  # shorter than the taps, too
        outputs = [parts.run(**part(kind, *cut)) for cut in cuts]
        np.testing.assert_allclose(np.concatenate(outputs, axis=1), whole, atol=1e-5)


def test_a_network_fed_with_its_error_is_read_on_and_never_closed():
    erring = network("plain", feedback="error")
    whole = erring.run(**part("plain", 0, TIME))
    erring.reset()
    erring.run(**part("plain", 0, HALF))
    again = erring.open_loop()
    np.testing.assert_allclose(again.run(**part("plain", HALF, TIME)), whole[:, HALF:], atol=1e-5)
    with pytest.raises(ArgumentError, match='errors.*Received: feedback="error"'):
        erring.close_loop()
    with pytest.raises(ArgumentError, match='not known yet.*Received: feedback="error"'):
        erring.remove_delay()


def test_what_was_learned_goes_along():
    opened = network("plain")
    before = opened.cell.get_weights()
    opened.model.compile(keras.optimizers.Adam(0.01), "mse")
    losses = opened.model.fit([X, TRUTH], TRUTH, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    learned = opened.cell.get_weights()
    assert not any(np.array_equal(*pair) for pair in zip(before, learned, strict=True))
    opened.run(X[:, :HALF], TRUTH[:, :HALF])
    np.testing.assert_allclose(
        opened.close_loop().run(X[:, HALF:]),
        by_loop(opened, "plain", lambda t: t < HALF)[:, HALF:],
        atol=1e-5,
    )


def test_the_model_is_what_is_run_from_the_start():
    opened = network("plain")
    expected = opened.run(X, TRUTH)
    np.testing.assert_allclose(opened.model.predict([X, TRUTH], verbose=0), expected, atol=1e-5)
    closed = opened.close_loop()
    closed.reset()
    expected = closed.run(X)
    np.testing.assert_allclose(closed.model.predict(X, verbose=0), expected, atol=1e-5)


def test_each_network_keeps_taps_and_weights_of_its_own():
    opened = network("plain")
    opened.run(X[:, :HALF], TRUTH[:, :HALF])
    before = [*opened.state]
    closed = opened.close_loop()
    closed.run(X[:, HALF:])
    closed.cell.b.assign(np.zeros(4))
    for one, other in zip(opened.state, before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert opened.cell.get_weights()[3].any()
    opened.state[0][:] = 0
    assert closed.state[0].any()


def test_a_state_can_be_kept_and_given_back():
    opened = network("plain")
    opened.run(X[:, :HALF], TRUTH[:, :HALF])
    state = opened.state
    expected = opened.run(X[:, HALF:], TRUTH[:, HALF:])
    opened.state = state
    np.testing.assert_array_equal(opened.run(X[:, HALF:], TRUTH[:, HALF:]), expected)
    wanted = r"hold 3 arrays of shape \(2, 2\) and 2 arrays of shape \(2, 3\)"
    with pytest.raises(ArgumentError, match=f"{wanted}.*Received: 2 arrays"):
        opened.state = state[1:]
    with pytest.raises(ArgumentError, match=rf"{wanted}.* and 1 arrays of shape \(1, 3\)"):
        opened.state = [*state[:-1], state[-1][:1]]
    for nothing in (5, ["a"]):
        with pytest.raises(ArgumentTypeError, match="`state` must be a list of arrays"):
            opened.state = nothing


def test_closed_from_the_start_it_rolls_out_one_series():
    closed = network("alone").close_loop()
    assert closed.run(steps=5).shape == (1, 5, 2)
    assert closed.run(steps=1).shape == (1, 1, 2)


BAD = {
    "a missing x": (lambda n: n.run(truth=TRUTH), ArgumentTypeError, "x=None"),
    "no truth": (lambda n: n.run(X), ArgumentTypeError, "truth=None"),
    "steps": (lambda n: n.run(X, TRUTH, steps=3), ArgumentError, "steps of int"),
    "truth, closed": (lambda n: n.close_loop().run(X, TRUTH), ArgumentError, "truth of ndarray"),
    "no steps": (lambda n: network("alone").close_loop().run(), ArgumentTypeError, "steps=None"),
    "0 steps": (lambda n: network("alone").close_loop().run(steps=0), ArgumentError, "steps=0"),
    "words": (lambda n: n.run("x", TRUTH), ArgumentTypeError, "x='x'"),
    "rank": (lambda n: n.run(X[0], TRUTH), ArgumentError, r"shape=\(30, 3\)"),
    "width": (lambda n: n.run(X, TRUTH[..., :1]), ArgumentError, r"shape=\(2, 30, 1\)"),
    "empty": (lambda n: n.run(X[:, :0], TRUTH[:, :0]), ArgumentError, r"shape=\(2, 0, 3\)"),
    "a gap": (lambda n: n.run(X * np.nan, TRUTH), ArgumentError, "180 values"),
    "lengths": (lambda n: n.run(X, TRUTH[:, 1:]), ArgumentError, "shapes"),
    "k": (lambda n: n.remove_delay(0), ArgumentError, "k=0"),
    "half a k": (lambda n: n.remove_delay(0.5), ArgumentTypeError, "k=0.5"),
    "too large a k": (lambda n: n.remove_delay(2), ArgumentError, "k=2"),
    "closed": (lambda n: n.close_loop().remove_delay(), ArgumentError, 'feedback="prediction"'),
    "another cell": (lambda n: NARXNetwork(GRU(4)), ArgumentTypeError, "cell=<GRU"),
    "inputs": (lambda n: NARXNetwork(NARX(4), -1), ArgumentError, "inputs=-1"),
    "other inputs": (lambda n: NARXNetwork(n.cell, 2), ArgumentError, "inputs=2"),
}


@pytest.mark.parametrize("call, error, received", BAD.values(), ids=BAD.keys())
def test_what_it_cannot_use_is_refused(call, error, received):
    with pytest.raises(error, match=f"Received: .*{received}"):
        call(network("plain"))


def test_another_batch_needs_a_new_start():
    opened = network("plain")
    opened.run(X, TRUTH)
    with pytest.raises(ArgumentError, match=r"batch of 2.*Received: a batch of 1"):
        opened.run(X[:1], TRUTH[:1])
    opened.reset()
    assert opened.run(X[:1], TRUTH[:1]).shape == (1, TIME, 2)


def network(kind, feedback="truth"):
    """A network with random weights, biases too."""
    made = NARXNetwork(NARX(outputs=2, feedback=feedback, **KINDS[kind]), 3 * (kind != "alone"))
    rng = np.random.default_rng(2)
    made.cell.set_weights([rng.normal(size=w.shape) / 3 for w in made.cell.get_weights()])
    return made


def part(kind, start, end):
    given = {"x": X[:, start:end], "truth": TRUTH[:, start:end]}
    return given if kind != "alone" else {"truth": given["truth"]}


def roll(closed, kind, start, end):
    if kind == "alone":
        return closed.run(steps=end - start)
    return closed.run(X[:, start:end])


def by_loop(made, kind, true):
    """All outputs by a loop in NumPy, the truth fed back from the steps where `true(t)`."""
    Dy = KINDS[kind]["feedback_delays"]
    Dx = KINDS[kind]["input_delays"] if kind != "alone" else []
    weights = iter(made.cell.get_weights())
    W = {i: next(weights) for i in Dx}
    V = dict(zip(Dy, np.split(next(weights), len(Dy)), strict=True))
    b, *further, O, d = weights
    y, f = {}, {}
    for t in range(TIME):
        z = b + sum(X[:, t - i] @ W[i] for i in Dx if t >= i)
        h = np.tanh(z + sum(f[t - j] @ V[j] for j in Dy if t >= j))
        h = np.broadcast_to(h, (2, h.shape[-1]))
        for H, c in zip(further[::2], further[1::2], strict=True):
            h = np.tanh(h @ H + c)
        y[t] = h @ O + d
        f[t] = TRUTH[:, t] if true(t) else y[t]
    return np.stack([*y.values()], axis=1)
