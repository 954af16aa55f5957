"""The report of a next-frame run."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ....pipelines.next_frame import Evaluation
from ...comparison.paired import of_evaluation
from ...reports.run import run_page

#: Title and explanation of a run's pictures, by file name.
PICTURES = {
    "roll-out.png": (
        "Frames rolled out",
        "The first test clip: what was read, what followed, what was forecast, and the difference.",
    ),
    "roll-out.gif": (
        "The same, moving",
        "Truth on the left, forecast on the right. Both sides are the same until the network is "
        "on its own.",
    ),
}


def frames_report(
    evaluation: Evaluation, color: str, folder: Path, settings: Mapping[str, Any]
) -> str:
    """The report of a next-frame run as one HTML page.

    Args:
        evaluation: the evaluation of the run's network.
        color: color of the network in charts.
        folder: folder with the run's pictures; those that are missing are left out.
        settings: settings of the network and of the split.
    """
    clips = f"{evaluation.clips:,} test clips"
    return run_page(
        evaluation,
        partial(of_evaluation, evaluation),
        error="mse",
        subtitle=f"{evaluation.horizon} frames rolled out after {evaluation.context}, {clips}",
        ahead="frames ahead",
        lead_text="that many frames after the last one that was read",
        note=f"skill: the share of the error of {evaluation.reference} that is avoided. ssim: "
        "likeness of structure, 1 is the same. psnr: in dB, larger is better.",
        color=color,
        folder=folder,
        pictures=PICTURES,
        facts=settings,
    )
