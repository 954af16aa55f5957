import numpy as np
import pytest
from rnnzoo.pipelines.evaluation import metrics
from rnnzoo.pipelines.evaluation.calibration import by_group, calibration_table, judged, worst_part

RNG = np.random.default_rng(0)
DRAWS, TRUTH = RNG.normal(size=(60, 40, 3)), RNG.normal(size=(40, 3))
LEVELS = (np.arange(60) + 0.5) / 60


def test_crps_of_an_empirical_distribution_in_closed_form():
    """E|X − y| − ½ E|X − X′|: at the levels (i − ½)/n the quantile form is the same number."""
    ours = metrics.crps(TRUTH, np.sort(DRAWS, axis=0), LEVELS, axis=0)
    spread = np.abs(DRAWS[:, None] - DRAWS[None]).mean(axis=(0, 1))
    closed = np.abs(DRAWS - TRUTH).mean(axis=0) - spread / 2
    np.testing.assert_allclose(ours, closed.mean(axis=0))


def test_crps_of_an_ensemble_is_that_of_properscoring():
    properscoring = pytest.importorskip("properscoring")
    theirs = properscoring.crps_ensemble(TRUTH, np.moveaxis(DRAWS, 0, -1))
    ours = metrics.crps(TRUTH, np.sort(DRAWS, axis=0), LEVELS, axis=0)
    np.testing.assert_allclose(ours, theirs.mean(axis=0))


def test_interval_score_is_its_formula_and_that_of_its_pinball_losses():
    low, high = np.full_like(TRUTH, -0.5), np.full_like(TRUTH, 1.0)
    expected = 1.5 + 10 * (np.maximum(-0.5 - TRUTH, 0) + np.maximum(TRUTH - 1, 0))
    found = metrics.interval_score(TRUTH, low, high, 0.8, axis=0)
    np.testing.assert_allclose(found, expected.mean(axis=0))
    losses = metrics.pinball(TRUTH, low, 0.1, axis=0) + metrics.pinball(TRUTH, high, 0.9, axis=0)
    np.testing.assert_allclose(found, losses / 0.1)


def test_the_worst_part_is_that_of_the_least_coverage():
    truth = np.zeros((100, 2))
    low, high = -np.ones_like(truth), np.ones_like(truth)
    low[30:36] = 0.5
    assert worst_part(truth, low, high) == pytest.approx(0.4)
    assert np.isnan(worst_part(truth, np.nan * low, high))
    table = calibration_table(truth, np.stack([low, high]), (0.1, 0.9), parts=True)
    assert table.loc[0, "worst"] == pytest.approx(0.4)
    assert table.loc[0, "coverage"] == pytest.approx(0.94)
    assert "worst" not in calibration_table(truth, np.stack([low, high]), (0.1, 0.9))


def test_a_distribution_is_judged_in_the_unit_of_each_series():
    levels, scale = np.array([0.1, 0.5, 0.9]), np.array([1.0, 100.0])
    truth = np.array([[1.0, 2.0], [100.0, 200.0]])
    quantiles = truth + levels[:, None, None] * scale[:, None] - 0.5 * scale[:, None]
    found = judged(truth, quantiles, levels, scale)
    one = metrics.crps(truth[:1], quantiles[:, :1], levels)
    assert found["crps"] == pytest.approx(float(one))
    assert found["reliability"]["share"].tolist() == [0.0, 1.0, 1.0]


def test_groups():
    truth, group = np.zeros((4, 2)), np.array([[0, 1]] * 4)
    low, high = np.where(group, 1.0, -1.0), np.full((4, 2), 2.0)
    low[0, 0] = np.nan
    table = by_group(truth, low, high, group)
    assert table["coverage"].tolist() == [1.0, 0.0]
    assert table["width"].tolist() == [3.0, 1.0] and table["count"].tolist() == [3, 4]
