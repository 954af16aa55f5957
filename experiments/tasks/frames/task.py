"""Frames rolled out after the beginning of clips that no fit saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from ....datasets import Clips
from ....errors import ArgumentError, whole_number
from ....pipelines.next_frame import Evaluation, NextFrame
from ....pipelines.next_frame.evaluation import record
from ....pipelines.recorder import Recorder
from ...comparison.paired import Errors, of_evaluation
from ...journal.journal import Journal
from ...study.digests import Used
from ..base import Files, Study, Task
from . import files, output
from .data import named_clips, of_clips


@dataclass(frozen=True)
class Frames(Task[NextFrame, Evaluation]):
    """Next frames of the test clips by networks that were fitted to the others.

    Attributes:
        clips: in their three parts.
    """

    clips: Clips

    name = "frames"
    baselines = ("repeat-last", "mean-image", "zeros")
    saves = "Models, pictures and tables"

    @classmethod
    def read(
        cls, experiment: dict[str, Any], networks: Mapping[str, NextFrame], where: Path
    ) -> "Frames":
        data = experiment["data"]
        folder = data.get("folder")
        length = max(one.context + one.horizon for one in networks.values())
        clips = named_clips(
            data.get("set") or data["path"], None if folder is None else Path(folder), length
        )
        wanted = experiment.get("split", {}).get("test_clips")
        if wanted is not None:
            if whole_number("split.test_clips", wanted) > len(clips.test):
                raise ArgumentError(
                    f"{where}: split.test_clips: {clips.name} has {len(clips.test)} test clips. "
                    f"Received: {wanted}"
                )
            clips = replace(clips, test=clips.test[:wanted])
        return cls(clips)

    @classmethod
    def make(cls, settings: dict[str, Any], seeds: Sequence[int]) -> NextFrame:
        return NextFrame(**settings)

    @property
    def dataset(self) -> str:
        return self.clips.name

    @property
    def split(self) -> dict[str, Any]:
        return {"test_clips": len(self.clips.test)}

    @property
    def parameters(self) -> dict[str, Any]:
        return super().parameters | {"dataset": self.dataset}

    def test_parameters(self, result: Evaluation) -> dict[str, Any]:
        height, width, channels = result.samples[0].truth.shape[1:]
        frame = f"{height}x{width}x{channels}"
        return {"context": result.context, "horizon": result.horizon, "frame": frame}

    def checked(self, networks: Mapping[str, NextFrame]) -> "Frames":
        for network in networks.values():
            network.check_clips(self.clips)
        return self

    def digests(self) -> Sequence[Used]:
        return of_clips(self.clips)

    def fit(self, network: NextFrame, journal: Recorder, checkpoint: Path | None) -> None:
        network.fit(self.clips, recorder=journal, checkpoint=checkpoint)

    def score(self, network: NextFrame, label: str, first: Evaluation | None) -> Evaluation:
        return _called(label, network.evaluate(self.clips))

    def used(self, network: NextFrame) -> dict[str, Any]:
        return network.fitted_.settings.as_used()

    def error(self, result: Evaluation) -> str:
        return "mse"

    def errors_of(self, result: Evaluation, name: str) -> Errors:
        return of_evaluation(result, name)

    def log(self, result: Evaluation, name: str, journal: Journal) -> None:
        record(result, journal, model=name)

    def write_run(self, result: Evaluation, color: str, journal: Journal) -> None:
        files.write_run(result, journal)

    def write_baseline(self, result: Evaluation, name: str, best: bool, journal: Journal) -> None:
        files.write_model(result, name, journal)

    def report(
        self, result: Evaluation, color: str, folder: Path, settings: Mapping[str, Any]
    ) -> str:
        return files.run_report(result, color, folder, settings)

    def files(self, found: Study) -> Files:
        return files.of_study(found)

    def show_scores(self, found: Study, out: Console) -> None:
        output.print_leaderboard(found, out)


TASK = Frames


def _called(label: str, evaluation: Evaluation) -> Evaluation:
    """The same under the label of its network."""

    def renamed(by_model: dict[str, Any]) -> dict[str, Any]:
        return {label if k == evaluation.model else k: v for k, v in by_model.items()}

    samples = [replace(one, forecasts=renamed(one.forecasts)) for one in evaluation.samples]
    return replace(evaluation, model=label, errors=renamed(evaluation.errors), samples=samples)
