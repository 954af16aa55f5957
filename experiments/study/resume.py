"""A study that was killed continues: its fits, and the runs that log them."""

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import ArgumentError, CheckpointError
from ...pipelines.storage.files import write_whole
from ...pipelines.storage.names import Names
from ...pipelines.storage.sealing import seal
from ...pipelines.training.checkpoints import (
    FORMAT,
    LOCK,
    holds_fit,
    holds_only_fits,
    lock_folder,
    prepare_folder,
    read_sealed,
)
from ...pipelines.training.identity import identity, require_same
from ..journal.journal import Journal, Listener
from ..journal.places import require_folder
from ..journal.records import EVENTS, StoredRun, read
from ..journal.shapes import UID

logger = logging.getLogger("rnnzoo")

NOTE = "study.json"
KIND = "study"
BRINGING = 60.0  # seconds that a run may be held by who brings to the store what is left of it
REMEDY = "Delete this file to continue the fits, with new runs; or the whole folder to begin anew."


class StudyResume:
    """The folder of the checkpoints of a study's fits, with a note of its runs.

    Without a folder nothing is saved, and nothing continues.

    Args:
        folder: named by the user, or `None`.
        study: what all its runs have in common, as plain values.
        networks: name of each network's run, and its settings as plain values.
    """

    def __init__(
        self,
        folder: Path | None = None,
        study: Mapping[str, Any] | None = None,
        networks: Sequence[tuple[str, Any]] = (),
    ):
        self.folder, self.study, self.networks = folder, study or {}, networks

    @contextmanager
    def of(
        self, began: str, uid: str, root: Path | None, data: Callable[[], str]
    ) -> Iterator[tuple[str, str]]:
        """Inside, nobody else continues the study.

        Args:
            began, uid: start and id of a new study.
            root: folder of the journals; `None` if they are not saved.
            data: gives the digest of all that the study reads.

        Returns:
            `began` and `uid` of the study that was killed, if one was, else those of the new one.

        Raises:
            ArgumentError: the folder holds something else, or two networks would keep where they
                stand in one place.
            CheckpointError: it holds another study, is damaged, in use, or cannot be written to. No
                run has begun then.
        """
        if self.folder is None:
            yield began, uid
            return
        folder = prepare_folder(self.folder, _belongs)
        with lock_folder(folder):
            self._path: Path = folder / NOTE
            settings = {"study": dict(self.study), "networks": dict(self.networks)}
            fit = identity(KIND, settings, ()) | {"data": data()}
            self._note: dict[str, Any] = {"began": began, "runs": {}, "ranked": [], "fit": fit}
            self._take_up(root)
            self._places: dict[str, Path] = self._placed(folder)
            self._write()
            yield self._note["began"], self._note["runs"].get("", uid)

    def place(self, run: str) -> Path | None:
        """The checkpoint of a network's fit."""
        return None if self.folder is None else self._places[run]

    def journal(
        self,
        run: str,
        fresh: Journal,
        upload: Callable[[StoredRun], None],
        shown: tuple[Listener, ...] = (),
    ) -> Journal:
        """The journal of a run: of the run that was cut short, if one was.

        A run that had ended is not logged again: `upload` makes sure that the store has it, and
        only the listeners in `shown` follow it.

        Args:
            run: its name, `""` for the study itself.
            fresh: that of a new run.
            upload: called with a run that had ended.
            shown: listeners that only show a run.
        """
        if self.folder is None or fresh.root is None:
            return fresh
        runs = self._note["runs"]
        stored = _found(fresh.root, runs.get(run))
        if stored is None:
            if run in runs and run in self._places and holds_fit(self._places[run]):
                logger.warning(
                    "There is no journal of %s in %s: what it did before is logged in a new run.",
                    *(run, fresh.root),
                )
            runs[run] = fresh.uid
            self._write()
            return fresh
        ranked = {name for name, _ in self.networks} <= set(self._note["ranked"])
        if stored.status == "FINISHED" and (run or ranked):
            upload(stored)
            return replace(fresh, listeners=shown, root=None)
        return Journal.reopened(stored.folder, fresh.listeners, BRINGING)

    def ended(self, root: Path | None) -> Path | None:
        """The folder of the study's own run, if there is one of a process before."""
        if self.folder is None or root is None:
            return None
        stored = _found(root, self._note["runs"].get(""))
        return None if stored is None else stored.folder

    def ranked(self) -> None:
        """Notes that the study's leaderboard holds its networks."""
        if self.folder is not None:
            names = [*self._note["ranked"], *(name for name, _ in self.networks)]
            self._note["ranked"] = list(dict.fromkeys(names))
            self._write()

    def _take_up(self, root: Path | None) -> None:
        """Continues from what was noted; networks that are not requested now stay in the note."""
        before = read_sealed(self._path, KIND, REMEDY)
        if before is None:
            return
        _require_note(before, self._path)
        fit = self._note["fit"]
        known, asked = (one["settings"]["networks"] for one in (before["fit"], fit))
        require_same(
            before["fit"] | {"settings": _only(before["fit"]["settings"], asked)},
            fit | {"settings": _only(fit["settings"], known)},
            f"{self._path.parent} holds the checkpoints of another study",
        )
        fit["settings"]["networks"] = known | asked
        if root is None or _found(root, before["runs"].get("")) is not None:
            self._note |= {name: before[name] for name in ("began", "runs", "ranked")}
        elif before["ranked"]:
            logger.warning(
                "There is no journal of the study in %s: all its runs are logged anew. Those that "
                "were uploaded stay in the store.",
                root,
            )

    def _placed(self, folder: Path) -> dict[str, Path]:
        """The checkpoint of each network; no two in one place."""
        if len(dict(self.networks)) < len(self.networks):
            names = [name for name, _ in self.networks]
            twice = next(name for name in names if names.count(name) > 1)
            raise ArgumentError(f"Two networks have a run {twice!r}: give one of them a name.")
        named = Names(NOTE, LOCK)
        return {run: folder / named(run) for run in self._note["fit"]["settings"]["networks"]}

    def _write(self) -> None:
        try:
            write_whole(self._path, seal({"format": FORMAT, "kind": KIND} | self._note))
        except OSError as error:
            raise CheckpointError(
                f"{self._path} could not be written: {error.strerror}. Make room, or name another "
                "folder."
            ) from error


def _belongs(path: Path) -> bool:
    """Whether it may lie among the checkpoints of a study; hidden files of others may."""
    return path.name == NOTE or path.name.startswith(".") or holds_only_fits(path)


def _require_note(note: dict[str, Any], path: Path) -> None:
    """Sees that a note has the shape of ours: by its ids folders are looked for and cleared.

    Its hash says that nothing was lost, not who wrote it.
    """
    began, runs, ranked = (note.get(key) for key in ("began", "runs", "ranked"))
    settings = fit.get("settings") if isinstance(fit := note.get("fit"), dict) else None
    networks = settings.get("networks") if isinstance(settings, dict) else None
    if not (
        isinstance(began, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", began)
        and isinstance(runs, dict)
        and all(isinstance(uid, str) and UID.fullmatch(uid) for uid in runs.values())
        and isinstance(ranked, list)
        and all(isinstance(name, str) for name in ranked)
        and isinstance(networks, dict)
    ):
        raise CheckpointError(f"{path} is not the note of a study: a value in it is odd. {REMEDY}")


def _only(settings: dict[str, Any], networks: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with no other networks than some."""
    stored = {run: one for run, one in settings["networks"].items() if run in networks}
    return settings | {"networks": stored}


def _found(root: Path, uid: str | None) -> StoredRun | None:
    """The journal of a run among those of all; a folder in which nothing was logged is removed."""
    for folder in [] if uid is None else root.glob(f"*-{uid[:12]}"):
        require_folder(folder)
        if (folder / EVENTS).exists() and (stored := read(folder)).events:
            return stored
        _clear(folder)
    return None


def _clear(folder: Path) -> None:
    """Removes the folder of a run in which nothing was logged before its process died."""
    if {path.name for path in folder.iterdir()} <= {EVENTS, LOCK}:
        shutil.rmtree(folder)
