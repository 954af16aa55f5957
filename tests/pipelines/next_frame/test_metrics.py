"""Each metric against a case worked by hand, or against scikit-image."""

import numpy as np
import pytest
from rnnzoo.pipelines.next_frame.baselines import baselines, mean_image
from rnnzoo.pipelines.next_frame.metrics import mae, mse, psnr, ssim
from rnnzoo.pipelines.next_frame.patches import to_frames, to_patches, to_unit_interval
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

RNG = np.random.default_rng(0)
TRUTH, FORECAST = RNG.random((2, 2, 3, 10, 9, 1)).astype("float32")


def test_errors_are_summed_over_a_frame():
    truth = np.zeros((1, 2, 3, 4, 1), "float32")
    forecast = truth.copy()
    forecast[0, 1, :2] = 0.5
    np.testing.assert_allclose(mse(truth, forecast), [[0, 8 * 0.25]])
    np.testing.assert_allclose(mae(truth, forecast), [[0, 8 * 0.5]])


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_and_psnr_are_those_of_scikit_image(channels):
    truth, forecast = RNG.random((2, 2, 3, 10, 9, channels)).astype("float32")
    for i, j in np.ndindex(2, 3):
        pair = truth[i, j], forecast[i, j]
        assert psnr(truth, forecast)[i, j] == pytest.approx(
            peak_signal_noise_ratio(*pair, data_range=1.0), abs=1e-4
        )
        assert ssim(truth, forecast)[i, j] == pytest.approx(
            structural_similarity(*pair, data_range=1.0, channel_axis=-1)
        )


def test_perfect_frames():
    assert (ssim(TRUTH, TRUTH) == 1).all()
    assert (psnr(TRUTH, TRUTH) == 100).all()  # not infinite: means stay finite
    assert not mse(TRUTH, TRUTH).any()


def test_ssim_of_small_frames():
    assert np.isfinite(ssim(TRUTH[..., :4, :4, :], FORECAST[..., :4, :4, :])).all()
    assert np.isnan(ssim(TRUTH[..., :2, :4, :], FORECAST[..., :2, :4, :])).all()


def test_patches_are_taken_apart_and_put_together():
    frames = RNG.integers(0, 256, (2, 3, 6, 4, 3), "uint8")
    patches = to_patches(frames, 2)
    assert patches.shape == (2, 3, 3, 2, 12)
    np.testing.assert_array_equal(to_frames(patches, 2), to_unit_interval(frames))
    corner = to_unit_interval(frames)[1, 2, 4:6, 2:4]  # the last patch, row by row
    np.testing.assert_array_equal(patches[1, 2, 2, 1], corner.reshape(-1))


def test_baselines():
    known = RNG.integers(0, 256, (2, 3, 4, 4, 1), "uint8")
    mean = mean_image(known)
    np.testing.assert_allclose(mean, (known / 255).mean(axis=(0, 1)), rtol=1e-6)
    found = baselines(known, 5, mean)
    assert {name: forecast.shape for name, forecast in found.items()} == dict.fromkeys(
        ("repeat-last", "mean-image", "zeros"), (2, 5, 4, 4, 1)
    )
    for k in range(5):
        np.testing.assert_array_equal(found["repeat-last"][:, k], to_unit_interval(known[:, -1]))
        np.testing.assert_array_equal(found["mean-image"][:, k], [mean, mean])
    assert not found["zeros"].any()
