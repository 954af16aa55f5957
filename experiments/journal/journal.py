"""The journal of a run: one list of events, on the disk first, that listeners may follow."""

import contextlib
import logging
import shutil
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from ...errors import ArgumentError, FitError, JournalError
from ...pipelines.storage.animation import write_animation
from ...pipelines.storage.files import replacing
from ...pipelines.storage.names import Names, short, slug
from ...pipelines.storage.redact import redacted
from .lock import LOCK, RunLock
from .places import require_no_links
from .records import EVENTS, FORMAT, Event, first_event, read, reason, remedy
from .seen import SeenKeys
from .shapes import FILE
from .writer import Writer, checked_body

logger = logging.getLogger("rnnzoo")

NAME = 100  # bytes of a run's name in that of its folder
PATIENCE = 1.0  # seconds that a run waits for a `sync` that looks whether anybody holds it
TRACEBACK = 6000  # characters that are saved of one, from its end

Listener = Callable[["Journal", Event], None]


@dataclass
class Journal:
    """A recorder that writes a run as one list of events, in order.

    Used as a context manager: the run starts on entry and ends `FINISHED`, `FAILED`,
    or `KILLED` by the user. Each event is in the file before anybody sees it; then it is handed to
    the listeners: the tracker, a progress display.

    The run's files lie in `folder`, which is named by time, run and `uid` and made on entry.
    Without a `root` it is a temporary one, gone with the run.

    Args:
        experiment: Name of what the run belongs to, e.g. `"forecast/seattle-weather"`.
        run: Name of the run.
        tags: Short texts to find it by; `mlflow.…`, `run_uid` and `rnnzoo.events` are the store's.
        listeners: Called with the journal and each event.
        root: Where the folder is made.
        parent: The `uid` of the study that the run belongs to.
        uid: Identity of the run, in the folder's name and in a store.

    Attributes:
        folder: Folder of the run.
        lock: Held from entry until the run ends, and as long as it is uploaded.
        events: All that was written, in order.

    Raises:
        JournalError: on entry and by every method, if the journal cannot be written.
        ArgumentError: by what writes a file, if another has its name; on entry and by every method,
            if something has a type or a name that no journal holds.
    """

    experiment: str
    run: str
    tags: dict[str, str] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    root: Path | None = None
    parent: str | None = None
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)
    folder: Path = field(init=False)
    lock: RunLock = field(init=False)
    events: list[Event] = field(default_factory=list)
    _reopened: Path | None = None
    _patience: float = PATIENCE
    _writer: Writer | None = None
    _names: Names = field(default_factory=lambda: Names(EVENTS, LOCK))
    _seen: SeenKeys = field(default_factory=SeenKeys)

    def __post_init__(self) -> None:
        self.folder = self._reopened or self._new_folder()
        self.lock = RunLock(self.folder)

    @classmethod
    def reopened(
        cls, folder: Path, listeners: tuple[Listener, ...] = (), patience: float = PATIENCE
    ) -> "Journal":
        """The journal of a run that ended or died, to be continued: on entry it writes `resume`.

        What it holds already, by name and step, is not written again.

        Args:
            folder: Folder of the run.
            listeners: Called with the journal and each event.
            patience: Seconds that it waits on entry for others who hold the run.

        Raises:
            JournalError: it holds no event; on entry also if it is damaged, or held by others.
        """
        start = first_event(folder)
        if start is None:
            raise JournalError(f"The journal in {folder} holds no event: begin a new run.")
        about = start.data
        return cls(
            *(about["experiment"], about["run"], about["tags"], listeners, folder.parent),
            *(about["parent"], about["uid"]),
            _reopened=folder,
            _patience=patience,
        )

    def __enter__(self) -> "Journal":
        if self._reopened is None:
            checked_body(0, "start", self._start)  # before anything is written
            self._make_folder()
        else:
            require_no_links(self.folder)
        if not self.lock.hold(self._patience):
            raise JournalError(f"The run in {self.folder} is still written by another process.")
        try:
            self._begin()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def _begin(self) -> None:
        if self._reopened is not None:
            stored = read(self.folder)
            self.events, self._seen = list(stored.events), SeenKeys(stored.events)
            self._writer = Writer(self.folder, len(stored.events), stored.size)
            self._append("resume")
            return
        self._writer = Writer(self.folder, durable=self.root is not None)
        self._append("start", **self._start)

    @property
    def _start(self) -> dict[str, Any]:
        about = {"experiment": self.experiment, "run": self.run, "tags": self.tags}
        return about | {"uid": self.uid, "parent": self.parent, "format": FORMAT}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        status = "FINISHED"
        if kind is not None:
            status = "KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED"
        text = "" if error is None else redacted(str(error))
        try:
            if self._writer is not None and self.events:
                diverged = isinstance(error, FitError)
                self._append("end", status=status, error=text, diverged=diverged, **_origin(error))
        except Exception as another:
            if error is None:
                raise
            if str(another) != str(error):  # what came first is what the user has to know
                logger.warning("%s", another)
        finally:
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self.lock.release()
            if self.root is None:
                shutil.rmtree(self.folder)

    @property
    def is_saved(self) -> bool:
        """Whether it outlives the run: else nobody will see its files."""
        return self.root is not None

    def parameters(self, values: dict[str, Any]) -> None:
        self._append("parameters", values=values)

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self._append("metrics", values=values, step=step)

    def series(self, name: str, values: Any) -> None:
        self._append("series", name=name, values=[float(value) for value in values])

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        if step is None:
            self._file(self._names(name, ".png"), figure.savefig)
        else:
            path = self._written(self._names(name, ".png", step), figure.savefig)
            self._append("image", path=path.name, name=name, step=step)

    def animation(self, name: str, film: Any) -> None:
        self._file(self._names(name, ".gif"), lambda path: write_animation(path, film))

    def text(self, name: str, content: str) -> None:
        self.file(name, lambda path: path.write_text(content, encoding="utf-8"))

    def note(self, markdown: str) -> None:
        """What a reader has to know about the run; the last one counts."""
        self._append("note", text=markdown)

    def dataset(self, name: str, digest: str, use: str, about: dict[str, Any]) -> None:
        """Data that the run reads.

        Args:
            name: Name of the data set.
            digest: Digest of all its values.
            use: `"training"` or `"test"`.
            about: Plain values, e.g. the number of rows.
        """
        self._append("dataset", name=name, digest=digest, use=use, about=about)

    def file(self, name: str, write: Callable[[Path], Any]) -> None:
        """A file in the run's folder, which `write` writes at the path it is given."""
        self._file(self._names(name), write)

    def saved(self, name: str, save: Callable[[Path], Any]) -> None:
        """A folder in the run's folder, which `save` writes at the path it is given."""
        with self._naming(self.folder / self._names(name)) as path:
            save(path)
        self.artifact(path)

    def artifact(self, path: Path) -> None:
        """A file or folder that lies in the run's folder."""
        inside = path.resolve()
        if not inside.is_relative_to(self.folder.resolve()):
            raise ArgumentError(f"{path} does not lie in the run's folder {self.folder}: copy it.")
        named = inside.relative_to(self.folder.resolve()).as_posix()
        if not FILE.fullmatch(named):
            raise ArgumentError(
                f"{named!r} cannot be the name of a file of the run: letters, digits, spaces and "
                "_ . - + = , @ ( ) are allowed, and a letter or digit first. Rename it."
            )
        self._append("artifact", path=named)

    def _file(self, name: str, write: Callable[[Path], Any]) -> None:
        self.artifact(self._written(name, write))

    def _written(self, name: str, write: Callable[[Path], Any]) -> Path:
        with self._naming(self.folder / name) as path, replacing(path) as fresh:
            write(fresh)
        return path

    @contextlib.contextmanager
    def _naming(self, path: Path) -> Iterator[Path]:
        """Says which file could not be written."""
        try:
            yield path
        except OSError as error:
            raise JournalError(
                f"{path} cannot be written: {reason(error)}. {remedy(error)}"
            ) from error

    def _new_folder(self) -> Path:
        if self.root is None:
            # not by `uid`, the same each time for a study: a killed process leaves its folder
            return Path(tempfile.gettempdir()) / f"rnnzoo-run-{uuid.uuid4().hex}"
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())  # in order wherever they were made
        return self.root / f"{stamp}-{short(slug(self.run), NAME)}-{self.uid[:12]}"

    def _make_folder(self) -> None:
        with self._naming(self.folder):
            self.folder.mkdir(parents=True, mode=0o700 if self.root is None else 0o777)

    def _append(self, kind: str, **data: Any) -> None:
        """Writes what is new of an event, then hands it to the listeners."""
        if self._writer is None:
            raise JournalError(f"The run {self.run} is not open: use the journal in a `with`.")
        fresh = self._seen.fresh(kind, data)
        if fresh is None:
            return
        event = self._writer.append(kind, fresh)
        self.events.append(event)
        for listener in self.listeners:
            listener(self, event)


def _origin(error: BaseException | None) -> dict[str, str]:
    """Which error it was, and where it came from."""
    if error is None:
        return {}
    where = redacted("".join(traceback.format_exception(error)))
    return {"type": type(error).__name__, "traceback": where[-TRACEBACK:]}
