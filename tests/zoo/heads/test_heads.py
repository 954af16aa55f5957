"""Heads against scipy.stats, and the laws that every head keeps."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.heads import HEADS
from rnnzoo.zoo.heads.gamma import log_rising
from rnnzoo.zoo.heads.layers import HeadLoss
from rnnzoo.zoo.heads.quantiles import LEVELS
from scipy import special, stats

EVERY = pytest.mark.parametrize("name", HEADS)
COUNTS = [name for name, head in HEADS.items() if head.counts]
REAL = [name for name in HEADS if name not in COUNTS]
MANY = (0.001, 0.01, 0.03, 0.1, 0.17, 0.5, 0.6, 0.9, 0.99, 0.9995)


def parameters(name, shape=(5, 4), seed=1, size=1.5):
    head = HEADS[name]()
    raw = size * np.random.default_rng(seed).normal(size=(*shape, head.outputs))
    return ops.convert_to_numpy(head.parameters(ops.convert_to_tensor(raw.astype("float32"))))


def truth(name, shape=(5, 4), seed=2):
    rng = np.random.default_rng(seed)
    values = rng.poisson(2, shape) if name in COUNTS else 2 * rng.normal(size=shape)
    return values.astype("float32")


def scipy_of(name, p):
    """The distribution in scipy.stats, or of zero-inflated counts those that are not extra."""
    p = np.moveaxis(p.astype("float64"), -1, 0)
    if name == "normal":
        return stats.norm(*p)
    if name == "student_t":
        return stats.t(p[2], p[0], p[1])
    return stats.nbinom(1 / p[1], 1 / (1 + p[0] * p[1]))


def reference_loss(name, y, p):
    if name == "quantiles":
        α, above = np.array(LEVELS), y[..., None] - p
        return 2 * np.mean(np.where(above > 0, α * above, (α - 1) * above), axis=-1)
    given = scipy_of(name, p)
    if name == "zero_inflated":
        return -np.log((1 - p[..., 2]) * given.pmf(y) + p[..., 2] * (y == 0))
    return -(given.logpmf(y) if name in COUNTS else given.logpdf(y))


def loss_of(name, y, p):
    tensors = [ops.convert_to_tensor(array, "float32") for array in (y, p)]
    return ops.convert_to_numpy(HEADS[name]().loss(*tensors))


@EVERY
def test_the_loss_is_that_of_scipy(name):
    p, y = parameters(name), truth(name)
    np.testing.assert_allclose(loss_of(name, y, p), reference_loss(name, y, p), rtol=2e-4)


@pytest.mark.parametrize("y", [0.5, 1.0, 3.0, 250.0])
def test_the_rising_factorial(y):
    x = np.geomspace(0.01, 1000, 60).astype("float32")
    found = ops.convert_to_numpy(log_rising(ops.convert_to_tensor(x), y * ops.ones(60)))
    exact = special.gammaln(x.astype("float64") + y) - special.gammaln(x.astype("float64"))
    np.testing.assert_allclose(found, exact, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["normal", "student_t", "negative_binomial"])
def test_quantiles_and_mean_are_those_of_scipy(name):
    p = parameters(name)
    head, given = HEADS[name](), scipy_of(name, p)
    expected = np.stack([given.ppf(level) for level in MANY])
    np.testing.assert_allclose(head.quantile(p, MANY), expected, rtol=1e-6)
    np.testing.assert_allclose(head.mean(p), given.mean(), rtol=1e-5)
    np.testing.assert_array_equal(head.median(p), head.quantile(p, [0.5])[0])


def test_quantiles_of_counts_with_extra_zeros_are_the_smallest_that_reach_their_level():
    p = parameters("zero_inflated")
    head, given, π = HEADS["zero_inflated"](), scipy_of("zero_inflated", p), p[..., 2]
    for level, q in zip(MANY, head.quantile(p, MANY), strict=True):
        reached = π + (1 - π) * given.cdf(q)
        before = np.where(q > 0, π + (1 - π) * given.cdf(q - 1), 0)
        assert (reached >= level - 1e-9).all() and (before < level + 1e-9).all()
    drawn = head.sample(p, np.random.default_rng(3), 4000)
    np.testing.assert_allclose(drawn.mean(axis=0), head.mean(p), rtol=0.2, atol=0.2)
    np.testing.assert_allclose((drawn == 0).mean(axis=0), π + (1 - π) * given.pmf(0), atol=0.04)


def test_quantiles_at_their_own_levels_are_the_parameters():
    p, head = parameters("quantiles"), HEADS["quantiles"]()
    np.testing.assert_allclose(np.moveaxis(head.quantile(p, LEVELS), 0, -1), p, rtol=1e-6)
    np.testing.assert_array_equal(head.median(p), p[..., LEVELS.index(0.5)])
    raw = ops.zeros((1, head.outputs))  # before training, a standard normal distribution
    start = ops.convert_to_numpy(head.parameters(raw))
    np.testing.assert_allclose(head.quantile(start, MANY)[:, 0], special.ndtri(MANY), rtol=3e-3)


def test_the_mean_of_quantiles_is_their_integral():
    p, head = parameters("quantiles", (3,)), HEADS["quantiles"]()
    middles = (np.arange(20_000) + 0.5) / 20_000
    total = head.ppf(middles[:, None], p).mean(axis=0)
    np.testing.assert_allclose(head.mean(p), total, atol=1e-3)


@EVERY
def test_quantiles_do_not_cross(name):
    levels = np.linspace(0.001, 0.999, 57)
    for seed in range(30):  # also from raw outputs far from those of a trained network
        p = parameters(name, (20,), seed, size=10 ** np.random.default_rng(seed).uniform(-2, 1.3))
        assert (np.diff(HEADS[name]().quantile(p, levels), axis=0) >= 0).all()


@EVERY
def test_samples_have_the_quantiles(name):
    p, head = parameters(name, (3,)), HEADS[name]()
    drawn = head.sample(p, np.random.default_rng(5), 20_000)
    assert drawn.shape == (20_000, 3)
    for level, q in zip((0.2, 0.5, 0.8), head.quantile(p, (0.2, 0.5, 0.8)), strict=True):
        assert ((drawn <= q).mean(axis=0) > level - 0.015).all()
        assert ((drawn < q).mean(axis=0) < level + 0.015).all()
    np.testing.assert_array_equal(drawn, head.sample(p, np.random.default_rng(5), 20_000))


def test_the_parameters_of_one_value_change_the_draws_of_no_other():
    p, head = parameters("student_t", (3,)), HEADS["student_t"]()
    other = p.copy()
    other[0] *= 2
    one, two = (head.sample(each, np.random.default_rng(5), 10) for each in (p, other))
    np.testing.assert_array_equal(one[:, 1:], two[:, 1:])


@pytest.mark.parametrize("name", REAL)
def test_quantiles_of_a_shifted_and_scaled_value_are_shifted_and_scaled(name):
    p, head = parameters(name), HEADS[name]()
    there = head.placed(p, np.full((5, 4, 1), 3.0), np.full((5, 4, 1), 2.5))
    expected = 3 + 2.5 * head.quantile(p, MANY)
    np.testing.assert_allclose(head.quantile(there, MANY), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", COUNTS)
def test_a_level_multiplies_the_mean_of_a_count(name):
    p, head = parameters(name), HEADS[name]()
    there = head.placed(p, 0.0, np.full((5, 4, 1), 7.0))
    np.testing.assert_allclose(head.mean(there), 7 * head.mean(p), rtol=1e-6)
    np.testing.assert_array_equal(there[..., 1:], p[..., 1:])


@EVERY
def test_the_gradient_is_that_of_finite_differences(name):
    head, y = HEADS[name](), truth(name, (6,))
    raw = np.random.default_rng(4).normal(size=(6, head.outputs)).astype("float32")
    variable = keras.Variable(raw)

    def total():
        p = head.parameters(ops.convert_to_tensor(variable))
        return ops.sum(head.loss(ops.convert_to_tensor(y), p))

    (slope,) = gradient(total, [variable])
    h = 1e-2
    for place in np.ndindex(raw.shape):
        values = []
        for sign in (1, -1):
            there = raw.copy()
            there[place] += sign * h
            p = ops.convert_to_numpy(head.parameters(ops.convert_to_tensor(there)))
            values.append(reference_loss(name, y[place[0]], p[place[0]].astype("float64")))
        numeric = (values[0] - values[1]) / (2 * h)
        # the pinball loss has a kink where a quantile meets the truth
        assert slope[place] == pytest.approx(numeric, rel=0.02, abs=0.02)


@EVERY
def test_extreme_raw_outputs_have_a_finite_loss_and_gradient(name):
    head = HEADS[name]()
    raw = keras.Variable(np.array([[-40.0], [0.0], [40.0]], "float32").repeat(head.outputs, 1))
    y = ops.convert_to_tensor(np.array([0.0, 3.0, 1000.0], "float32"))
    (slope,) = gradient(
        lambda: ops.sum(head.loss(y, head.parameters(ops.convert_to_tensor(raw)))), [raw]
    )
    assert np.isfinite(slope).all()


@EVERY
def test_a_missing_target_changes_neither_loss_nor_gradient(name):
    head, y, p = HEADS[name](), truth(name), parameters(name)
    if head.counts:
        y = np.stack([y, np.full_like(y, 2.0)], axis=-1)
        known = head.placed(p, 0.0, np.array([2.0]))
    else:
        known = p
    expected = loss_of(name, y[..., 0] if head.counts else y, known)
    y[1:3, 2] = np.nan
    keep = ~np.isnan(y[..., 0] if head.counts else y)
    loss, variable = HeadLoss(name), keras.Variable(p)
    assert float(loss(y, p)) == pytest.approx(expected[keep].mean(), rel=1e-4)
    (slope,) = gradient(lambda: loss(y, ops.convert_to_tensor(variable)), [variable])
    assert np.isfinite(slope).all() and not slope[1:3, 2].any() and slope[0].any()


@EVERY
def test_weights_multiply_the_losses(name):
    y, p = truth(name), parameters(name)
    if HEADS[name].counts:
        y = np.stack([y, np.ones_like(y)], axis=-1)
    weights = np.zeros_like(y)
    weights[0] = 2.0
    alone = y.copy()
    alone[1:] = np.nan
    loss = HeadLoss(name)
    # of five items one has a weight, 2
    assert float(loss(y, p, weights)) == pytest.approx(2 / 5 * float(loss(alone, p)), rel=1e-4)


@pytest.mark.parametrize("name", REAL)
def test_the_loss_is_that_of_targets_in_units_of_their_size(name):
    y, p, head = truth(name), parameters(name), HEADS[name]()
    size = np.array([0.5, 1.0, 2.0, 4.0], "float32")
    there = head.placed(p, 0.0, size[:, None])
    whole = float(HeadLoss(name, size)(y * size, there))
    assert whole == pytest.approx(loss_of(name, y, p).mean(), rel=1e-4)


@EVERY
def test_a_loss_comes_back_from_its_config(name):
    size = None if HEADS[name].counts else [1.0, 2.0]
    loss = HeadLoss.from_config(HeadLoss(name, size).get_config())
    assert loss.head == name and (size is None or loss.size.tolist() == size)
