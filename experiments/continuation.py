"""A study that was killed goes on: with its fits, and with the runs that tell of them."""

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import ArgumentError, CheckpointError
from ..pipelines.checkpoints import (
    FORMAT,
    LOCK,
    alone_in,
    holds_fits,
    identity,
    require_same,
    sealed_in,
)
from ..pipelines.durable import sealed, write_whole
from .files import Names
from .journal import Journal, Listener
from .records import EVENTS, Kept, read

logger = logging.getLogger("rnnzoo")

NOTE = "study.json"
KIND = "study"
BRINGING = 60.0  # seconds that a run may be held by who brings to the store what is left of it
ANEW = "what was done of it before is told in a new run."
DELETE = "Delete this file: the fits go on, and their runs are new ones."


@dataclass
class Continuation:
    """The folder in which the fits of a study keep where they stand, with a note of its runs.

    Without a folder nothing is kept, and nothing is gone on with.

    Args:
        folder: named by the user, or `None`.
        study: what all its runs have in common, as plain values.
        networks: what each network is, by the name of its run, as plain values.

    Raises:
        ArgumentError: two networks would keep where they stand in one folder.
    """

    folder: Path | None = None
    study: Mapping[str, Any] = field(default_factory=dict)
    networks: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = Names(NOTE, LOCK)
        self._places = {} if self.folder is None else {run: named(run) for run in self.networks}

    @contextmanager
    def of(
        self, began: str, uid: str, root: Path | None, data: Callable[[], str]
    ) -> Iterator[tuple[str, str]]:
        """Inside, nobody else goes on with the study.

        Args:
            began, uid: of a new study.
            root: folder of the journals; `None` if they are not kept.
            data: gives the digest of all that the study reads.

        Returns:
            `began` and `uid` of the study that was killed, if one was, else those of the new one.

        Raises:
            ArgumentError: the folder holds something else.
            CheckpointError: it holds another study, is damaged, in use, or cannot be written to. No
                run has begun then.
        """
        if self.folder is None:
            yield began, uid
            return
        folder = self._used(self.folder.expanduser())
        with alone_in(folder):
            self._path = folder / NOTE
            fit = self._identity(data())
            self._note: dict[str, Any] = {"began": began, "uid": uid, "runs": {}, "fit": fit}
            self._take_up(root)
            self._write()
            yield self._note["began"], self._note["uid"]

    def place(self, run: str) -> Path | None:
        """Where the fit of a network keeps where it stands."""
        return None if self.folder is None else self.folder / self._places[run]

    def journal(
        self,
        run: str,
        fresh: Journal,
        bring: Callable[[Kept], None],
        shown: tuple[Listener, ...] = (),
    ) -> Journal:
        """The journal of a run: of the run that was cut short, if one was.

        A run that had ended is not told anew: `bring` sees to it that the store has it, and only
        those to whom it is `shown` look on.

        Args:
            run: its name, `""` for the study itself, which ends after its runs.
            fresh: that of a new run.
            bring: told of a run that had ended.
            shown: of the listeners, those to whom it is shown.
        """
        if self.folder is None or fresh.root is None:
            return fresh
        runs = self._note["runs"]
        kept = _kept(fresh.root, runs.get(run))
        if kept is None:
            if run in runs:
                logger.warning("There is no journal of %s in %s: %s", run, fresh.root, ANEW)
            runs[run] = fresh.uid
            self._write()
            return fresh
        if kept.status == "FINISHED" and (run or set(self.networks) <= set(runs)):
            bring(kept)
            return replace(fresh, listeners=shown, root=None)
        return Journal.reopened(kept.folder, fresh.listeners, BRINGING)

    def _identity(self, data: str) -> dict[str, Any]:
        settings = {"study": dict(self.study), "networks": dict(self.networks)}
        return identity(KIND, settings, ()) | {"data": data}

    def _take_up(self, root: Path | None) -> None:
        """Reads what was noted; networks that are not asked for now stay in the note."""
        before = sealed_in(self._path, KIND, DELETE)
        if before is None:
            return
        fit = self._note["fit"]
        known, asked = (one["settings"]["networks"] for one in (before["fit"], fit))
        require_same(
            before["fit"] | {"settings": _only(before["fit"]["settings"], asked)},
            fit | {"settings": _only(fit["settings"], known)},
            f"{self._path.parent} holds the checkpoints of another study",
        )
        fit["settings"]["networks"] = known | asked
        if root is None or _kept(root, before["uid"]) is not None:
            self._note |= {name: before[name] for name in ("began", "uid", "runs")}
        elif before["runs"]:
            logger.warning("There is no journal of the study in %s: %s", root, ANEW)

    def _write(self) -> None:
        try:
            write_whole(self._path, sealed({"format": FORMAT, "kind": KIND} | self._note))
        except OSError as error:
            raise CheckpointError(
                f"{self._path} could not be written: {error.strerror}. Make room, or name another "
                "folder."
            ) from error

    def _used(self, folder: Path) -> Path:
        """The folder, made if it is not there."""
        if folder.exists() and not folder.is_dir():
            raise ArgumentError(f"{folder} is a file: checkpoints are a folder. Name a new one.")
        others = [
            one.name
            for one in (folder.iterdir() if folder.is_dir() else ())
            if one.name not in (NOTE, f".{NOTE}.tmp", LOCK) and not holds_fits(one)
        ]
        if others:
            raise ArgumentError(
                f"{folder} holds more than checkpoints ({', '.join(sorted(others)[:3])}): nothing "
                "is written there. Name a new folder, or move them away."
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"{folder} could not be made: {error.strerror}.") from error
        return folder


def _only(settings: dict[str, Any], networks: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with no other networks than some."""
    kept = {run: one for run, one in settings["networks"].items() if run in networks}
    return settings | {"networks": kept}


def _kept(root: Path, uid: str | None) -> Kept | None:
    """The journal of a run among those of all.

    A folder that was made, and in which nothing was told before the process died, is removed.
    """
    for folder in [] if uid is None else root.glob(f"*-{uid[:12]}"):
        if (folder / EVENTS).exists() and (kept := read(folder)).events:
            return kept
        if {path.name for path in folder.iterdir()} <= {EVENTS, LOCK}:
            shutil.rmtree(folder)
    return None
