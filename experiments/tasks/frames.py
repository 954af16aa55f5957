"""Next-frame studies: several networks on the same clips, each a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...datasets import Clips
from ...pipelines.next_frame import Evaluation, NextFrame
from ...pipelines.next_frame.charts import animation, lead_chart, lead_picture, strip
from ...pipelines.next_frame.evaluation import record
from ...pipelines.next_frame.settings import used
from ...pipelines.storage.animation import write_animation
from ...pipelines.storage.names import slug
from ...pipelines.training.keras_settings import plain_settings
from ..comparison.paired import FILE, FRAMES, Errors, frames_of, of_evaluation
from ..comparison.ranking import ByModel
from ..journal.journal import Journal
from ..reports.run import FILE as REPORT
from ..reports.run import frames_report
from ..reports.style import markdown
from ..study.digests import of_clips
from ..study.outputs import write_all
from ..study.provenance import Provenance
from ..study.resume import StudyResume
from ..study.study import Listeners, StudyRuns, nobody, run_name

LEADS = 20  # pictures of leads, at most, after that of lead 0


@dataclass(frozen=True)
class FramesStudy(ByModel):
    """What a study found.

    Attributes:
        clips: what was forecast.
        predictors: the fitted networks, by cell or other label.
        evaluations: their scores on the test clips, by the same.
        models: what those that differ by their seed are called together, by the same.
    """

    clips: Clips
    predictors: dict[str, NextFrame]
    evaluations: dict[str, Evaluation]
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str:
        return "mse"

    @property
    def results(self) -> dict[str, Evaluation]:
        return self.evaluations

    def errors_of(self, name: str) -> Errors:
        first = next(iter(self.evaluations.values()))
        return of_evaluation(self.evaluations.get(name, first), name)

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
    clips: Clips,
    predictors: dict[str, NextFrame],
    listeners: Listeners = nobody,
    origin: Provenance | None = None,
    checkpoints: Path | None = None,
) -> FramesStudy:
    """Fits each network and scores it on the test clips.

    Args:
        clips: in their three parts.
        predictors: by cell, or by another label where a cell is tried more than once.
        listeners: of each run.
        origin: what the study was made from.
        checkpoints: folder in which each fit keeps where it stands, as of the forecasting `study`.

    Raises:
        CheckpointError: what is there is damaged, in use, or of another study or fit.
        DataError: clips that the networks cannot read.
    """
    split = {"split.test_clips": len(clips.test)}
    evaluations: dict[str, Evaluation] = {}
    origin = origin or Provenance()
    settings = {label: one.get_params(deep=False) for label, one in predictors.items()}
    asked = {label: plain_settings(one) for label, one in settings.items()}
    about: dict[str, Any] = {"name": origin.name, "dataset": clips.name} | split
    networks = [(run_name(label, one.seed), asked[label]) for label, one in predictors.items()]
    goes_on = StudyResume(checkpoints, about, networks)
    with StudyRuns(
        "frames", clips.name, listeners, lambda: of_clips(clips), origin, goes_on
    ) as runs:
        for label, predictor in predictors.items():
            with runs.network(predictor.cell_name, predictor.seed, label) as journal:
                journal.parameters(split | {"dataset": clips.name})
                predictor.fit(clips, recorder=journal, checkpoint=goes_on.place(journal.run))
                evaluation = _called(label, predictor.evaluate(clips, recorder=journal))
                evaluations[label] = evaluation
                journal.metrics({"time/fit_s": evaluation.seconds})
                if journal.kept:
                    _files(evaluation, label, journal)
                    told = split | used(settings[label]) | dict(origin.parameters)
                    color = runs.color(predictor.cell_name, label)
                    report = frames_report(evaluation, color, journal.folder, told)
                    journal.text(REPORT, report)
                    journal.saved("model", predictor.save)
        found = FramesStudy(clips, predictors, evaluations, origin.models)
        _baselines(runs, found, split)
        runs.conclude(found)
    return found


def _baselines(runs: StudyRuns, found: FramesStudy, split: dict[str, Any]) -> None:
    first = next(iter(found.evaluations.values()))

    def tell(name: str, journal: Journal) -> None:
        record(first, journal, model=name)
        if journal.kept:
            _kept(first, name, journal)
            _test_by_lead(first, name, journal)

    height, width, channels = first.samples[0].truth.shape[1:]
    task: dict[str, Any] = {"context": first.context, "horizon": first.horizon}
    task |= {"frame": f"{height}x{width}x{channels}"} | split
    runs.baselines(first.baselines, task, tell)


def _called(label: str, evaluation: Evaluation) -> Evaluation:
    """The same under the label of its network."""

    def renamed(by_model: dict[str, Any]) -> dict[str, Any]:
        return {label if k == evaluation.model else k: v for k, v in by_model.items()}

    samples = [replace(one, forecasts=renamed(one.forecasts)) for one in evaluation.samples]
    return replace(evaluation, model=label, errors=renamed(evaluation.errors), samples=samples)


def _files(evaluation: Evaluation, model: str, journal: Journal) -> None:
    sample = evaluation.samples[0]
    _kept(evaluation, model, journal)
    _test_by_lead(evaluation, model, journal)
    journal.picture("roll-out", strip(sample, model, evaluation.name))
    journal.animation("roll-out", animation(sample, model))
    journal.picture("error-by-lead", lead_chart([evaluation]))
    journal.text("leaderboard.csv", evaluation.leaderboard.to_csv(index=False))
    journal.note(
        f"{evaluation.name}: {evaluation.horizon} frames rolled out freely after "
        f"{evaluation.context}, {evaluation.clips:,} test clips. Skill is the share of the MSE of "
        f"{evaluation.reference} that is avoided.\n\n{markdown(evaluation.leaderboard)}"
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
