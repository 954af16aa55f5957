import numpy as np
from rnnzoo.pipelines.forecasting.preprocessing.scaling import Scaler
from rnnzoo.pipelines.forecasting.preprocessing.stored import StoredScaler
from sklearn.preprocessing import StandardScaler


def test_as_scikit_learn():
    values = np.random.default_rng(0).normal([3, -200], [0.1, 50], (80, 2))
    ours = Scaler().fit(values).transform(values)
    np.testing.assert_allclose(ours, StandardScaler().fit_transform(values), rtol=1e-12)


def test_back_and_forth_through_plain_values():
    values = np.random.default_rng(1).normal(size=(20, 3))
    stored = Scaler().fit(values).to_dict()
    scaler = StoredScaler(**stored).restored(len(stored["mean"]))
    np.testing.assert_allclose(scaler.inverse(scaler.transform(values)), values, rtol=1e-14)


def test_a_constant_column_keeps_its_size():
    values = np.full((10, 1), 0.1)  # the standard deviation of these is 1e-17, not 0
    scaler = Scaler().fit(values)
    assert scaler.scale_.tolist() == [1.0]
    np.testing.assert_allclose(scaler.transform(values), 0, atol=1e-12)


def test_small_steps_on_a_huge_level_survive():
    values = np.array([[1e16], [1e16 + 2], [1e16 + 4]])
    scaled = Scaler().fit(values).transform(values)[:, 0]
    assert np.all(np.diff(scaled) > 0.5)
