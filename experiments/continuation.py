"""A study that was killed goes on: with its fits, and with the runs that tell of them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import CheckpointError
from ..pipelines.checkpoints import FORMAT, alone_in, identity, require_same, sealed_in
from ..pipelines.durable import sealed, write_whole
from .files import slug
from .journal import Journal, Listener
from .records import Kept, read

FILE = "study.json"
KIND = "study"
BRINGING = 60.0  # seconds that a run may be held by who brings to the store what is left of it

Over = Callable[[Kept], tuple[Listener, ...]]


@dataclass
class Continuation:
    """The folder in which the fits of a study keep where they stand, with a note of its runs.

    Without a folder nothing is kept, and nothing is gone on with.

    Args:
        folder: named by the user, or `None`.
        networks: what each network is, by label, as plain values.

    Attributes:
        began: when the study did, as its runs are tagged.
        uid: of the study's own run.
        runs: the `uid` of each run, by label; that of the study itself under `""`.
    """

    folder: Path | None = None
    networks: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    uid: str = ""
    runs: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def of(
        self, began: str, uid: str, root: Path | None, data: Callable[[], str]
    ) -> Iterator[None]:
        """Inside, `began` and `uid` are those of the study: of the one that was killed, if one was.

        Args:
            began, uid: of a new study.
            root: folder of the journals; `None` if they are not kept.
            data: gives the digest of all that the study reads.

        Raises:
            CheckpointError: the folder holds another study, is damaged, in use, or cannot be
                written to. No run has begun then.
        """
        self.began, self.uid = began, uid
        if self.folder is None:
            yield
            return
        folder = self.folder.expanduser()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CheckpointError(f"{folder} could not be made: {error.strerror}.") from error
        with alone_in(folder):
            self._fit = identity(KIND, dict(self.networks), ()) | {"data": data()}
            self._take_up(folder / FILE, root)
            self._write()
            yield

    def place(self, label: str) -> Path | None:
        """Where the fit of a network keeps where it stands."""
        return None if self.folder is None else self.folder / slug(label)

    def journal(self, label: str, fresh: Journal, over: Over = lambda kept: ()) -> Journal:
        """The journal of a run: of the run that was cut short, if one was.

        Args:
            label: of the run, `""` for the study itself.
            fresh: that of a new run.
            over: told of a run that is over, and is not told anew; gives who looks on.
        """
        if self.folder is None or fresh.root is None:
            return fresh
        folder = _folder(fresh.root, self.runs.get(label))
        kept = None if folder is None else read(folder)
        if kept is None or not kept.events:
            self.runs[label] = fresh.uid
            self._write()
            return fresh
        if label and kept.status == "FINISHED":
            return replace(fresh, listeners=over(kept), root=None)
        return Journal.reopened(kept.folder, fresh.listeners, BRINGING)

    def _take_up(self, path: Path, root: Path | None) -> None:
        """Reads what was kept of the same study; its networks stay, whatever is asked for now."""
        there = sealed_in(path, KIND)
        if there is None:
            return
        kept = dict(there["fit"]["settings"])
        asked = self._fit["settings"]
        common = {label: kept[label] for label in kept if label in asked}
        mine = {label: asked[label] for label in common}
        require_same(
            there["fit"] | {"settings": common},
            self._fit | {"settings": mine},
            f"{path.parent} holds the checkpoints of another study",
        )
        self._fit["settings"] = kept | asked
        if root is None or _folder(root, there["runs"].get("")) is not None:
            self.began, self.uid, self.runs = there["began"], there["uid"], there["runs"]

    def _write(self) -> None:
        if self.folder is None:
            return
        path = self.folder.expanduser() / FILE
        about = {"began": self.began, "uid": self.uid, "runs": self.runs}
        content = sealed({"format": FORMAT, "kind": KIND, "fit": self._fit} | about)
        try:
            write_whole(path, content)
        except OSError as error:
            raise CheckpointError(f"{path} could not be written: {error.strerror}.") from error


def _folder(root: Path, uid: str | None) -> Path | None:
    """The folder of a run among those of all."""
    return None if uid is None else next(root.glob(f"*-{uid[:12]}"), None)
