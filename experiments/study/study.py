"""Runs of one study: one experiment, one time, the same tags."""

import json
import shlex
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api.types import is_numeric_dtype
from rich.console import Console

from ...errors import JournalError
from ..journal.journal import Journal, Listener
from ..journal.records import StoredRun
from ..reports.csv_cells import for_csv, from_csv
from ..reports.style import GRAYS, color_of, markdown
from .commit import git_tags
from .digests import Used, of_all
from .environment import environment
from .provenance import Provenance
from .result import StudyResult
from .resume import StudyResume

if TYPE_CHECKING:
    from ..tracking import Tracker


ROLE, STUDY = "role", "study"  # the tag of the run that a study's runs belong to
STUDY_UID = "study.uid"  # which study a run belongs to: two may begin in the same second
DATA = "data.digest"  # of all that the run reads: scores on other data are not set against it


@dataclass(frozen=True)
class Listeners:
    """Who follows each run of a study: a display, a tracker, both or nobody.

    Attributes:
        follow: makes a listener from the name of a run.
        tracker: uploads the runs to a store; their journals are then saved.
    """

    follow: Callable[[str], Listener] | None = None
    tracker: "Tracker | None" = None

    def __call__(self, run: str) -> tuple[Listener, ...]:
        """The listeners of a run."""
        return self.shown(run) + self.trackers

    def shown(self, run: str) -> tuple[Listener, ...]:
        """Those that show it to the user."""
        return () if self.follow is None else (self.follow(run),)

    def upload(self, run: StoredRun) -> None:
        """Brings to the store what is not there of a run that had ended."""
        if self.tracker is not None:
            self.tracker.upload(run)

    @property
    def trackers(self) -> tuple[Listener, ...]:
        return () if self.tracker is None else (self.tracker.listener(),)

    @property
    def root(self) -> Path | None:
        """The folder of the journals; without a tracker they are not saved."""
        return None if self.tracker is None else self.tracker.root


nobody = Listeners()


@contextmanager
def wait_for_uploads(
    tracker: "Tracker | None", out: Console, origin: Provenance | None = None
) -> Iterator[None]:
    """Waits at the end for what is on its way to the store, and says where the runs are.

    Args:
        tracker: brings them, if anything does.
        out: where it is said.
        origin: what a study was made from: by its name it is found again.
    """
    if tracker is None:
        yield
        return
    with tracker:
        yield
    out.print(f"\n{tracker.outcome}", soft_wrap=True)
    if not tracker.pending:
        named = f" --study {shlex.quote(origin.name)}" if origin and origin.name else ""
        out.print(f"See them with: rnnzoo compare{named} --html FILE, or rnnzoo ui", soft_wrap=True)


@dataclass
class StudyRuns:
    """Opens the journals of a study's runs.

    Used as a context manager: the study itself is a run, the parent of the others.

    Attributes:
        task: name in `TASKS`; the experiment is `task/dataset`.
        dataset: what the networks are tried on.
        listeners: what follows the journal of each run.
        data: makes the digests of what the runs read; called once, if the runs are saved.
        origin: what the study was made from.
        continuation: continues the runs of a study that was killed.
        began: when the study did, in UTC, to be shown and put in order.
        uid: id of the study's own run; two studies may begin in the same second.
    """

    task: str
    dataset: str
    listeners: Listeners = nobody
    data: Callable[[], Sequence[Used]] = tuple
    origin: Provenance = field(default_factory=Provenance)
    continuation: StudyResume = field(default_factory=StudyResume)
    began: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()))
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __enter__(self) -> "StudyRuns":
        root = self.listeners.root
        self._commit = git_tags()
        self._used = () if root is None else tuple(self.data())
        self._environment = "" if root is None else json.dumps(environment(), indent=1)
        resume = self.continuation
        with ExitStack() as stack:
            self.began, self.uid = stack.enter_context(
                resume.of(self.began, self.uid, root, self._digest)
            )
            name = f"{self.origin.name or 'study'} {self.began}"
            parent = replace(self._new(name, {ROLE: STUDY}, self.listeners.trackers), uid=self.uid)
            self._parent = stack.enter_context(resume.journal("", parent, self.listeners.upload))
            self._log_sources(self._parent)
            self.origin.tell(self._parent, "")
            self._stack = stack.pop_all()
        return self

    def _digest(self) -> str:
        return of_all(self._used or self.data())

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    @contextmanager
    def network(self, cell: str, seed: int, label: str | None = None) -> Iterator[Journal]:
        """The journal of a network's run."""
        label = label or cell
        with self._child(run_name(label, seed), cell, self.color(cell, label), label) as journal:
            self._log_sources(journal)
            self.origin.tell(journal, label)
            yield journal

    def color(self, cell: str, label: str) -> str:
        """Of a network in every chart."""
        return self.origin.colors.get(label) or color_of(cell)

    def baselines(
        self, names: Iterable[str], task: dict[str, Any], tell: Callable[[str, Journal], None]
    ) -> None:
        """Makes each baseline a run of its own, so that charts compare it with the networks.

        Args:
            names: names of the baselines.
            task: parameters that they share with the networks.
            tell: tells the journal of a baseline what there is to tell.
        """
        for place, name in enumerate(names):
            with self._child(name, name, GRAYS[place % len(GRAYS)], name) as journal:
                self._tell_data(journal)
                self.origin.tell(journal, name)
                journal.parameters({"cell": name, "dataset": self.dataset} | task)
                tell(name, journal)

    def write(self, files: Mapping[str, Callable[[Path], Any]]) -> dict[str, Path]:
        """Writes files into the journal of the study's own run, if that is saved; one that had
        ended before has them.

        Args:
            files: by name, what writes to the path it is given.

        Returns:
            The paths of the files that are there, by their names.
        """
        if self._parent.is_saved:
            for name, write in files.items():
                self._parent.file(name, write)
            return {name: self._parent.folder / name for name in files}
        folder = self.continuation.ended(self.listeners.root)
        if folder is None:
            return {}
        return {name: folder / name for name in files if (folder / name).exists()}

    def conclude(self, found: StudyResult) -> None:
        """Tells the study's own run the leaderboard, as a file and in its note.

        In a study that continues, networks that were not requested again keep their rows.
        """
        board = found.leaderboard
        before = self._parent.folder / "leaderboard.csv"
        if before.exists():
            known = _leaderboard(before, found.error)
            # alone, a network's label lacks its seed: by its seconds the same fit is known again
            again = known["model"].isin(board["model"])
            again |= known["seconds"].isin(board["seconds"].dropna())
            others = known[~again]
            board = pd.concat([board, others]).sort_values(found.error, ignore_index=True)
        if self._parent.is_saved:
            self.continuation.ranked()
        self._parent.text("leaderboard.csv", for_csv(board).to_csv(index=False))
        self._parent.note(f"**{self.dataset}**, best first\n\n{markdown(board)}")

    def _child(self, run: str, cell: str, color: str, label: str) -> Journal:
        model = self.origin.models.get(label, label)
        tags = {"cell": cell, "color": color, "model": model}
        fresh = replace(self._new(run, tags, self.listeners(label)), parent=self.uid)
        shown = self.listeners.shown(label)
        return self.continuation.journal(run, fresh, self.listeners.upload, shown)

    def _new(self, run: str, tags: dict[str, str], listeners: tuple[Listener, ...]) -> Journal:
        tags = {"task": self.task, "dataset": self.dataset, "study": self.began} | tags
        tags |= {STUDY_UID: self.uid, "rnnzoo.version": version("rnnzoo")} | self._commit
        if self._used:
            tags[DATA] = of_all(self._used)
        if self.origin.name:
            tags["study.name"] = self.origin.name
        experiment = f"{self.task}/{self.dataset}"
        return Journal(experiment, run, tags, listeners, self.listeners.root)

    def _log_sources(self, journal: Journal) -> None:
        """Data and environment, from which the run could be made again."""
        self._tell_data(journal)
        if self._environment:
            journal.text("environment.json", self._environment)

    def _tell_data(self, journal: Journal) -> None:
        for used in self._used:
            journal.dataset(self.dataset, used.digest, used.use, used.about)


def run_name(label: str, seed: int) -> str:
    """The name of a network's run; a label that ends in the seed is one."""
    return label if label.endswith(f"-{seed}") else f"{label}-{seed}"


def _leaderboard(path: Path, error: str) -> pd.DataFrame:
    """The leaderboard that the study has written before.

    Raises:
        JournalError: it is none.
    """
    known = from_csv(path, dtype={"parameters": "Int64"})
    numbers = ("seconds", error)
    there = {"model", *numbers} <= set(known)
    if not there or not all(is_numeric_dtype(known[name]) for name in numbers):
        raise JournalError(f"{path} is no leaderboard of this study. Delete it, and run again.")
    return known
