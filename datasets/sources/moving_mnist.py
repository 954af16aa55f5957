"""Moving MNIST, made by the published procedure from MNIST's own files."""

from pathlib import Path

from ...errors import DataError
from ..clips import Clips
from ..files import open_idx
from .moving import sampler

FRAMES = 20
CANVAS, DIGIT = 64, 28  # pixels
VALIDATION_DIGITS = 5_000  # the last of the train images
VALIDATION_CLIPS, TEST_CLIPS = 200, 1_000


def load(folder: str | Path) -> Clips:
    """Two digits of MNIST that bounce on a canvas of 64 × 64; from files in --folder.

    Clips of 20 frames, 10 to read and 10 to forecast, `uint8`. Training clips are made
    as they are needed, without end, from the first 55,000 train images; the 200 clips for
    validation are always the same and show the last 5,000.

    The 1,000 test clips are always the same and made from the t10k images, which no
    training clip shows. They are not the published file `mnist_test_seq.npy`: say so
    with a score. The t10k digits carry 1.7 % more energy than the train digits.

    Args:
        folder: holds `train-images-idx3-ubyte` and `t10k-images-idx3-ubyte`, packed by
            gzip or not.

    Raises:
        DataError: the files are missing or damaged.
    """
    train, t10k = (open_idx(folder, f"{name}-images-idx3-ubyte") for name in ("train", "t10k"))
    if len(train) <= VALIDATION_DIGITS or not len(t10k):
        raise DataError(
            f"{folder}: More than {VALIDATION_DIGITS:,} train images are needed, and one t10k "
            f"image. Received: {len(train):,} and {len(t10k):,}"
        )
    if {train.shape[1:], t10k.shape[1:]} != {(DIGIT, DIGIT)}:
        raise DataError(
            f"{folder}: Images must be of {DIGIT} × {DIGIT} pixels. "
            f"Received: {train.shape[1:]} and {t10k.shape[1:]}"
        )
    parts = (train[:-VALIDATION_DIGITS], train[-VALIDATION_DIGITS:], t10k)
    training, validation, test = (sampler(part, FRAMES, CANVAS) for part in parts)
    return Clips(
        name="moving-mnist",
        training=training,
        validation=validation(VALIDATION_CLIPS, 0),
        test=test(TEST_CLIPS, 0),
    )
