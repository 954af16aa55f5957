"""What a task has to define, so that studies, experiment files and commands can run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from rich.console import Console

from ...pipelines.recorder import Recorder
from ...pipelines.training.keras_settings import plain_settings
from ..comparison.paired import Errors
from ..journal.journal import Journal
from ..reports.run import Tested
from ..study.digests import Used
from ..study.outputs import write_all
from ..study.result import StudyResult

Files = dict[str, Callable[[Path], Any]]  # by name, what writes the file to a path


class Network(Protocol):
    """An estimator of a task, unfitted or fitted."""

    @property
    def cell_name(self) -> str: ...

    @property
    def seed(self) -> int: ...

    def check(self) -> None: ...

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...

    def save(self, folder: str | Path) -> Path: ...


class Scores(Tested, Protocol):
    """The test of one network, with the time that its fit took."""

    @property
    def seconds(self) -> float: ...


N = TypeVar("N", bound=Network)
R = TypeVar("R", bound=Scores)


class Task(ABC, Generic[N, R]):
    """A task on its data: what is fitted, how it is scored, what is written and printed of it.

    Attributes:
        name: key in `TASKS`; experiments are called `name/dataset`.
        baselines: names that no network may have.
        saves: what `--save` writes, in words.
    """

    name: ClassVar[str]
    baselines: ClassVar[tuple[str, ...]]
    saves: ClassVar[str]

    # From an experiment file

    @classmethod
    @abstractmethod
    def read(cls, experiment: dict[str, Any], networks: Mapping[str, N], where: Path) -> Self:
        """The task that an experiment describes, with its data.

        Args:
            experiment: its keys, checked; its paths are absolute.
            networks: by label.
            where: the file, for messages.

        Raises:
            ArgumentError, DataError: data that are not there, or cannot be used.
        """

    @classmethod
    @abstractmethod
    def make(cls, settings: dict[str, Any], seeds: Sequence[int]) -> N:
        """An unfitted network.

        Args:
            settings: of one model, with its cell and seed.
            seeds: seeds of all runs of the model.

        Raises:
            ArgumentError: settings that contradict each other.
        """

    @staticmethod
    def made_from(network: N) -> dict[str, Any]:
        """The settings that `make` gives this network for."""
        return network.get_params(deep=False)

    # The data

    @property
    @abstractmethod
    def dataset(self) -> str:
        """Name of the data."""

    @property
    def unit(self) -> str:
        """Unit of what is forecast, if known."""
        return ""

    @property
    @abstractmethod
    def split(self) -> dict[str, Any]:
        """How much is tested on, as an experiment file says it."""

    @property
    def split_parameters(self) -> dict[str, Any]:
        """The split as parameters of all runs, which reports show too."""
        return {f"split.{key}": value for key, value in self.split.items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of all runs that no fit logs."""
        return self.split_parameters | ({"unit": self.unit} if self.unit else {})

    @property
    def identity(self) -> dict[str, Any]:
        """What checkpoints of a study must agree in, besides its data and its networks."""
        return self.split_parameters

    @abstractmethod
    def test_parameters(self, result: R) -> dict[str, Any]:
        """Parameters that networks have from their settings, and baselines share."""

    @property
    def repairs(self) -> Sequence[str]:
        """What was changed in the data as they were read."""
        return ()

    @abstractmethod
    def checked(self, networks: Mapping[str, N]) -> Self:
        """The same with all settled that follows from the data and the networks.

        Raises:
            ArgumentError: a setting that cannot be used.
            DataError: data that the networks cannot read.
        """

    @abstractmethod
    def digests(self) -> Sequence[Used]:
        """What the runs read."""

    # One network

    @abstractmethod
    def fit(self, network: N, journal: Recorder, checkpoint: Path | None) -> None:
        """Fits a network on what is not tested on.

        The journal gets the settings of the network, the number of `epochs` at most among them:
        a display counts up to it.
        """

    @abstractmethod
    def score(self, network: N, label: str, first: R | None) -> R:
        """The test of a fitted network.

        Args:
            network: fitted.
            label: what the network is called in it.
            first: the test of another network of the study, with the baselines; `None` for the
                first one.
        """

    def requested(self, network: N) -> dict[str, Any]:
        """Every setting as it was given, as plain values."""
        return plain_settings(network.get_params(deep=False))

    @abstractmethod
    def used(self, network: N) -> dict[str, Any]:
        """Every setting as it was used, also those that follow from the data."""

    # One result

    @abstractmethod
    def error(self, result: R) -> str:
        """The column of the leaderboard that ranks, the smaller the better."""

    @abstractmethod
    def errors_of(self, result: R, name: str) -> Errors:
        """Errors of a network or a baseline, one per origin or clip."""

    @abstractmethod
    def log(self, result: R, name: str, journal: Journal) -> None:
        """Logs the scores of a network or a baseline."""

    @abstractmethod
    def write_run(self, result: R, color: str, journal: Journal) -> None:
        """Writes tables and pictures of a network into the journal of its run."""

    @abstractmethod
    def write_baseline(self, result: R, name: str, best: bool, journal: Journal) -> None:
        """Writes those of a baseline; `best` is that with the smallest error."""

    @abstractmethod
    def report(self, result: R, color: str, folder: Path, settings: Mapping[str, Any]) -> str:
        """The report of a run as one HTML page.

        Args:
            result: the test of its network.
            color: color of the network in charts.
            folder: folder with the pictures that `write_run` wrote.
            settings: settings of the network and of the split.
        """

    # The study

    @abstractmethod
    def files(self, found: "Study[N, R]") -> Files:
        """Charts and tables of a study."""

    @abstractmethod
    def show_scores(self, found: "Study[N, R]", out: Console) -> None:
        """Prints the leaderboard, and how to read it."""

    def final(self, found: "Study[N, R]") -> "Final[N]":
        """What a command makes, besides the tested networks and `files`, before it prints."""
        return Final()

    def show(self, found: "Study[N, R]", final: "Final[N]", out: Console) -> None:
        """Prints all that a command shows; everything has been saved before."""
        self.show_scores(found, out)


@dataclass(frozen=True)
class Final(Generic[N]):
    """What a command adds to a study.

    Attributes:
        files: by name, what writes each file; the run of the study has them too.
        networks: by label, networks that are saved in place of the tested ones.
        forecast: what the task shows of it.
    """

    files: Files = field(default_factory=dict)
    networks: Mapping[str, N] = field(default_factory=dict)
    forecast: Any = None


@dataclass(frozen=True, repr=False)
class Study(StudyResult, Generic[N, R]):
    """What a study found.

    Attributes:
        task: with its data.
        networks: fitted, by cell or other label.
        tests: results of their tests, by the same.
        models: name of the model of networks that differ by their seed alone, by the same.
        colors: color of each network in charts, by the same.
    """

    task: Task[N, R]
    networks: Mapping[str, N]
    tests: dict[str, R]
    models: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> R:
        """One test of all, which share the baselines and what is tested on."""
        return next(iter(self.tests.values()))

    @property
    def error(self) -> str:
        return self.task.error(self.first)

    @property
    def unit(self) -> str:
        return self.task.unit

    @property
    def results(self) -> dict[str, R]:
        return self.tests

    def errors_of(self, name: str) -> Errors:
        return self.task.errors_of(self.tests.get(name, self.first), name)

    def write(self, folder: Path) -> list[Path]:
        """Charts and tables into a folder; returns the files."""
        return write_all(folder, self.task.files(self))
