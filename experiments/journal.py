"""The journal of a run: one list of events that whoever wants may follow."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from .files import slug, write_animation


@dataclass(frozen=True)
class Event:
    """Something that a run told.

    Attributes:
        kind: `start`, `parameters`, `metrics`, `series`, `image`, `artifact` or `end`.
        time: seconds since 1970.
        data: what was told, in plain values; artifacts and images by their path in
            the run's folder.
    """

    kind: str
    time: float
    data: dict[str, Any]


Listener = Callable[["Journal", Event], None]


@dataclass
class Journal:
    """A recorder that keeps what a run tells as one list of events, in order.

    Used as a context manager: the run starts on entry and ends `FINISHED`, `FAILED`,
    or `KILLED` by the user. Listeners get each event as it comes: MLflow, a progress
    display. The run's files lie in `folder` while it is open.

    Args:
        experiment: what the run belongs to, e.g. `"forecast/seattle-weather"`.
        run: name of the run.
        tags: short texts to find it by.
        listeners: called with the journal and each event.
    """

    experiment: str
    run: str
    tags: dict[str, str] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
    events: list[Event] = field(default_factory=list)

    def __enter__(self) -> "Journal":
        self.folder = Path(tempfile.mkdtemp(prefix="rnnzoo-run-"))
        try:
            self._tell("start", experiment=self.experiment, run=self.run, tags=self.tags)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        status = "FINISHED"
        if kind is not None:
            status = "KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED"
        try:
            self._tell("end", status=status, error="" if error is None else str(error))
        finally:
            shutil.rmtree(self.folder)

    def parameters(self, values: dict[str, Any]) -> None:
        self._tell("parameters", values=values)

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self._tell("metrics", values=values, step=step)

    def series(self, name: str, values: Any) -> None:
        self._tell("series", name=name, values=[float(value) for value in values])

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        if step is None:
            path = self.folder / f"{slug(name)}.png"
            figure.savefig(path)
            self.artifact(path)
        else:
            path = self.folder / f"{slug(name)}-{step:06d}.png"
            figure.savefig(path)
            self._tell("image", path=path.name, name=name, step=step)

    def animation(self, name: str, film: Any) -> None:
        path = self.folder / f"{slug(name)}.gif"
        write_animation(path, film)
        self.artifact(path)

    def text(self, name: str, content: str) -> None:
        path = self.folder / slug(name)
        path.write_text(content, encoding="utf-8")
        self.artifact(path)

    def artifact(self, path: Path) -> None:
        """A file or folder that lies in the run's folder."""
        self._tell("artifact", path=str(path.relative_to(self.folder)))

    def _tell(self, kind: str, **data: Any) -> None:
        event = Event(kind, time.time(), data)
        self.events.append(event)
        for listener in self.listeners:
            listener(self, event)
