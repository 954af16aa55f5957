"""A recorder for a fit that is to end even if its journal cannot be written any more."""

from collections.abc import Callable
from typing import Any

from ...errors import JournalError
from ...pipelines.recorder import Recorder


class PatientRecorder:
    """Passes everything on to a journal, and keeps its first fault for later.

    A fit may take hours, and the disk of its journal be full meanwhile. What comes after the fault
    is not logged: it would leave a gap that nobody sees.

    Args:
        journal: where to log.
    """

    def __init__(self, journal: Recorder):
        self._journal = journal
        self._fault: JournalError | None = None

    def complain(self) -> None:
        """Raises JournalError if anything could not be logged."""
        if self._fault is not None:
            raise self._fault

    def parameters(self, values: dict[str, Any]) -> None:
        self._log(lambda: self._journal.parameters(values))

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self._log(lambda: self._journal.metrics(values, step))

    def series(self, name: str, values: Any) -> None:
        self._log(lambda: self._journal.series(name, values))

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        self._log(lambda: self._journal.picture(name, figure, step))

    def animation(self, name: str, film: Any) -> None:
        self._log(lambda: self._journal.animation(name, film))

    def text(self, name: str, content: str) -> None:
        self._log(lambda: self._journal.text(name, content))

    def _log(self, call: Callable[[], None]) -> None:
        if self._fault is None:
            try:
                call()
            except JournalError as error:
                self._fault = error
