"""Moving digits, from scikit-learn's small images of digits."""

import numpy as np

from ..clips import Clips
from .moving import sampler

FRAMES = 20
CANVAS, SIZE = 32, 14  # pixels, in the proportion of Moving MNIST
PARTS = (1200, 1500)  # where the digits of validation and of the test begin
VALIDATION_CLIPS, TEST_CLIPS = 64, 200


def load() -> Clips:
    """Two small hand-written digits that bounce on a canvas of 32 × 32.

    Clips of 20 frames, 10 to read and 10 to forecast, `uint8`. Training clips are made
    as they are needed, without end, from 1,200 images of digits; 64 clips for validation
    and 200 for the test are always the same and show other images.

    Source: the 1,797 digits of 8 × 8 inside the installed package scikit-learn, from the
    UCI data set Optical Recognition of Handwritten Digits (CC BY 4.0), enlarged to
    14 × 14. No network is used.
    """
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    small = load_digits().images / 16
    large = resize(small, (len(small), SIZE, SIZE), order=1)
    parts = np.split(np.round(255 * large).astype("uint8"), PARTS)
    training, validation, test = (sampler(part, FRAMES, CANVAS) for part in parts)
    return Clips(
        name="moving-digits",
        training=training,
        validation=validation(VALIDATION_CLIPS, 0),
        test=test(TEST_CLIPS, 0),
    )
