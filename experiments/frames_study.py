"""Next-frame studies: several networks on the same clips, each a run."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..datasets import Clips
from ..pipelines.next_frame import Evaluation, NextFrame
from ..pipelines.next_frame.charts import animation, lead_chart, lead_picture, strip
from ..pipelines.next_frame.evaluation import combine, record
from .files import slug, write_all, write_animation
from .journal import Journal
from .run import Listeners, Runs, errors_by_lead, nobody

LEADS = 20  # pictures of leads, at most, after that of lead 0


@dataclass(frozen=True)
class FramesStudy:
    """What a study found.

    Attributes:
        clips: what was forecast.
        predictors: the fitted networks, by cell.
        evaluations: their scores on the test clips, by cell.
    """

    clips: Clips
    predictors: dict[str, NextFrame]
    evaluations: dict[str, Evaluation]

    @property
    def leaderboard(self) -> pd.DataFrame:
        """All networks and baselines, best mean squared error first."""
        return combine(list(self.evaluations.values()))

    @property
    def by_lead(self) -> pd.DataFrame:
        """Errors of all networks and baselines at each lead, in the leaderboard's order."""
        return errors_by_lead([e.by_lead for e in self.evaluations.values()], self.leaderboard)

    @property
    def best(self) -> str:
        """The cell with the smallest error."""
        return next(m for m in self.leaderboard["model"] if m in self.evaluations)

    def write(self, folder: Path) -> list[Path]:
        """Pictures and tables into a folder; returns the files."""
        name, best = slug(self.clips.name), self.best
        sample = self.evaluations[best].samples[0]
        return write_all(
            folder,
            {
                f"{name}-roll-out.png": strip(sample, best, self.clips.name).savefig,
                f"{name}-roll-out.gif": lambda path: write_animation(path, animation(sample, best)),
                f"{name}-error-by-lead.png": lead_chart([*self.evaluations.values()]).savefig,
                f"{name}-leaderboard.csv": partial(self.leaderboard.to_csv, index=False),
                f"{name}-error-by-lead.csv": partial(self.by_lead.to_csv, index=False),
            },
        )


def frames_study(
    clips: Clips, predictors: dict[str, NextFrame], listeners: Listeners = nobody
) -> FramesStudy:
    """Fits each network and scores it on the test clips.

    Args:
        clips: in their three parts.
        predictors: by cell.
        listeners: of each run.

    Raises:
        DataError: clips that the networks cannot read.
    """
    runs = Runs("video", clips.name, listeners)
    split = {"split.test_clips": len(clips.test)}
    evaluations: dict[str, Evaluation] = {}
    for cell, predictor in predictors.items():
        with runs.network(cell, predictor.seed) as journal:
            journal.parameters(split | {"dataset": clips.name})
            predictor.fit(clips, recorder=journal)
            evaluation = evaluations[cell] = predictor.evaluate(clips, recorder=journal)
            journal.metrics({"time/fit_s": evaluation.seconds})
            _pictures(evaluation, cell, journal)
            journal.artifact(predictor.save(journal.folder / "model"))
    _baseline_runs(runs, next(iter(evaluations.values())), split)
    return FramesStudy(clips, predictors, evaluations)


def _pictures(evaluation: Evaluation, model: str, journal: Journal) -> None:
    sample = evaluation.samples[0]
    _test_by_lead(evaluation, model, journal)
    journal.picture("roll-out", strip(sample, model, evaluation.name))
    journal.animation("roll-out", animation(sample, model))
    journal.picture("error-by-lead", lead_chart([evaluation]))
    journal.text("leaderboard.csv", evaluation.leaderboard.to_csv(index=False))


def _test_by_lead(evaluation: Evaluation, model: str, journal: Journal) -> None:
    """One picture a lead, through which a dashboard can step."""
    sample = evaluation.samples[0]
    last = evaluation.horizon
    for lead in np.unique(np.linspace(0, last, min(last, LEADS) + 1).round()).astype(int).tolist():
        journal.picture("frames/test-by-lead", lead_picture(sample, model, lead), step=lead)


def _baseline_runs(runs: Runs, evaluation: Evaluation, split: dict[str, Any]) -> None:
    """Each baseline is a run of its own, so that charts show it beside the networks."""
    height, width, channels = evaluation.samples[0].truth.shape[1:]
    frame = {"frame": f"{height}x{width}x{channels}"}
    for place, name in enumerate(evaluation.baselines):
        with runs.baseline(name, place) as journal:
            task = {"cell": name, "dataset": runs.dataset, "context": evaluation.context}
            journal.parameters(task | {"horizon": evaluation.horizon} | split | frame)
            record(evaluation, journal, model=name)
            _test_by_lead(evaluation, name, journal)
