"""Pictures, tables and reports of next frames: those of a run, and those of a study."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ....pipelines.next_frame import Evaluation
from ....pipelines.next_frame.charts import animation, lead_chart, lead_picture, strip
from ....pipelines.storage.animation import write_animation
from ....pipelines.storage.names import slug
from ...comparison.paired import FILE, FRAMES, frames_of, of_evaluation
from ...journal.journal import Journal
from ...reports.csv_cells import for_csv
from ...reports.run import run_page
from ...reports.style import markdown
from ..base import Files, Study

LEADS = 20  # pictures of leads, at most, after that of lead 0
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


def of_study(found: Study) -> Files:
    """Pictures and tables of a study, by name."""
    dataset, best = found.task.dataset, found.best
    name, sample = slug(dataset), found.tests[best].samples[0]
    return {
        f"{name}-roll-out.png": strip(sample, best, dataset).savefig,
        f"{name}-roll-out.gif": lambda path: write_animation(path, animation(sample, best)),
        f"{name}-error-by-lead.png": lead_chart([*found.tests.values()]).savefig,
        f"{name}-leaderboard.csv": partial(for_csv(found.leaderboard).to_csv, index=False),
        f"{name}-error-by-lead.csv": partial(for_csv(found.by_lead).to_csv, index=False),
    }


def write_run(evaluation: Evaluation, journal: Journal) -> None:
    """Writes tables and pictures of a network into the journal of its run."""
    sample, model = evaluation.samples[0], evaluation.model
    write_model(evaluation, model, journal)
    journal.picture("roll-out", strip(sample, model, evaluation.name))
    journal.animation("roll-out", animation(sample, model))
    journal.picture("error-by-lead", lead_chart([evaluation]))
    journal.text("leaderboard.csv", for_csv(evaluation.leaderboard).to_csv(index=False))
    journal.note(
        f"{evaluation.name}: {evaluation.horizon} frames rolled out freely after "
        f"{evaluation.context}, {evaluation.clips:,} test clips. Skill is the share of the MSE of "
        f"{evaluation.reference} that is avoided.\n\n{markdown(evaluation.leaderboard)}"
    )


def write_model(evaluation: Evaluation, model: str, journal: Journal) -> None:
    """Writes what networks and baselines have alike."""
    _kept(evaluation, model, journal)
    _test_by_lead(evaluation, model, journal)


def run_report(
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


def _kept(evaluation: Evaluation, model: str, journal: Journal) -> None:
    """What later comparisons need: the error of each clip, and the first clip itself."""
    journal.text(FILE, of_evaluation(evaluation, model).text())
    frames = frames_of(evaluation, model)
    journal.file(FRAMES, lambda path: np.savez_compressed(path, **frames))


def _test_by_lead(evaluation: Evaluation, model: str, journal: Journal) -> None:
    """One picture a lead, through which a dashboard can step."""
    sample = evaluation.samples[0]
    last = evaluation.horizon
    for lead in np.unique(np.linspace(0, last, min(last, LEADS) + 1).round()).astype(int).tolist():
        journal.picture("frames/test-by-lead", lead_picture(sample, model, lead), step=lead)
