"""Errors of frames `(…, height, width, channels)`, floats in [0, 1]: one number for each frame."""

import numpy as np
from skimage.metrics import structural_similarity

BEST_PSNR = 100.0  # decibels, in place of the infinite PSNR of a perfect frame
WINDOW = 7  # pixels: side of the windows whose means and variances SSIM compares
FRAME = (-3, -2, -1)


def mse(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Squared error summed over the pixels of a frame, as is usual for Moving MNIST."""
    return np.square(forecast - truth, dtype="float64").sum(FRAME)


def mae(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Absolute error summed over the pixels of a frame."""
    return np.abs(forecast - truth, dtype="float64").sum(FRAME)


def psnr(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Peak signal-to-noise ratio in decibels for a peak of 1: −10 log10 of the mean
    squared error, `BEST_PSNR` at most."""
    mean = np.square(forecast - truth, dtype="float64").mean(FRAME)
    return -10 * np.log10(np.maximum(mean, 10 ** (-BEST_PSNR / 10)))


def ssim(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Structural similarity with `data_range=1`, the mean over windows of 7 × 7 pixels.

    Windows shrink to fit frames that are smaller; NaN for frames under 3 pixels. Some
    publications leave `data_range` to old versions of scikit-image, which took 2 for
    floats: their figures are higher.

    Reference: Wang et al. (2004), Image quality assessment: from error visibility to
    structural similarity, IEEE Transactions on Image Processing 13.
    """
    height, width = truth.shape[-3:-1]
    window = min(WINDOW, height - 1 + height % 2, width - 1 + width % 2)  # odd
    if window < 3:
        return np.full(truth.shape[:-3], np.nan)
    frames = (-1, *truth.shape[-3:])
    pairs = zip(truth.reshape(frames), forecast.reshape(frames), strict=True)
    values = [
        structural_similarity(*pair, data_range=1.0, channel_axis=-1, win_size=window)
        for pair in pairs
    ]
    return np.reshape(values, truth.shape[:-3])


METRICS = {"mse": mse, "mae": mae, "ssim": ssim, "psnr": psnr}
