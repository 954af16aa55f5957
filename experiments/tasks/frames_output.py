"""`rnnzoo frames`: some clips, several networks, a leaderboard, and what they saw coming."""

from typing import Any

from rich.console import Console

from ...datasets import Clips
from ...pipelines.next_frame import NextFrame
from ..config.own_cells import labelled
from ..reports.tables import print_comparison
from ..reports.terminal import Display, console, leaderboard_table, print_table
from ..study.outputs import OutputOptions, check_folder, model_folder
from ..study.provenance import Provenance
from ..study.study import Listeners, wait_for_uploads
from .frames import FramesStudy, frames_study

FEW = 10  # test clips: below, the scores are told to be uncertain


def frames(clips: Clips, cells: list[str], settings: dict[str, Any], keep: OutputOptions) -> None:
    """Tries some cells with the same settings, as `compete` does.

    Args:
        clips: in their three parts.
        cells: names of cells, or `module:Class` of a user's own.
        settings: arguments of every `NextFrame`.
        keep: what is kept.
    """
    predictors = {label: NextFrame(cell, **settings) for label, cell in labelled(cells).items()}
    compete(clips, predictors, keep)


def compete(
    clips: Clips,
    predictors: dict[str, NextFrame],
    keep: OutputOptions,
    origin: Provenance | None = None,
) -> FramesStudy:
    """Fits, scores, prints, and saves. Nothing is written before all inputs are checked.

    Args:
        clips: in their three parts.
        predictors: by label.
        keep: what is kept.
        origin: what the study was made from.
    """
    for predictor in predictors.values():
        predictor.check_clips(clips)
    if keep.save is not None:
        check_folder(keep.save, predictors)
    out = console()
    tracker = keep.tracker()
    with wait_for_uploads(tracker, out, origin):
        with Display(out) as display:
            follow = Listeners(display.follow, tracker)
            found = frames_study(clips, predictors, follow, origin, keep.checkpoints)
        print_frames(found, out)
        if keep.save is not None:
            found.write(keep.save)
            for name, predictor in found.predictors.items():
                predictor.save(model_folder(keep.save, name))
            out.print(f"\nModels, pictures and tables are in {keep.save}")
    return found


def print_frames(found: FramesStudy, out: Console) -> None:
    """The leaderboard of a study, and how to read it."""
    first = next(iter(found.evaluations.values()))
    title = (
        f"\n{found.clips.name}: {first.horizon} frames rolled out freely after {first.context}, "
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
