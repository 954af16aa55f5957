"""Next frames on the terminal: a leaderboard, and how to read it."""

from rich.console import Console

from ....pipelines.next_frame import Evaluation, NextFrame
from ...reports.tables import print_comparison
from ...reports.terminal import leaderboard_table, print_table
from ..base import Study

FEW = 10  # test clips: below, the scores are said to be uncertain


def print_leaderboard(found: Study[NextFrame, Evaluation], out: Console) -> None:
    """The leaderboard of a study, and how to read it."""
    first = found.first
    title = (
        f"\n{found.task.dataset}: {first.horizon} frames rolled out freely after {first.context}, "
        f"{first.clips:,} test clip{'s' if first.clips > 1 else ''}"
    )
    table = leaderboard_table(
        found.leaderboard,
        found.by_lead,
        out.width,
        error="mse",
        heading="MSE",
        others={"mae": "MAE", "ssim": "SSIM", "psnr": "PSNR, dB"},
    )
    print_table(out, title, table)
    print_comparison(found.comparison, out)
    if first.clips < FEW:
        out.print(f"Fewer than {FEW} test clips: the scores are uncertain, give more frames.")
    out.print(
        "MSE, MAE: summed over a frame, values 0 to 1. lead k: MSE k frames ahead. SSIM: data "
        f"range 1.\nskill: share of the MSE of {first.reference} that is avoided."
    )
