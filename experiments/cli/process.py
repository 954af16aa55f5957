"""What the process of a command is set to: its output, its signals, where it looks for programs.

A fit takes long, and what happens around it must not cost it: a reader of the output that goes
away, a terminal without Greek letters. And the working directory may be a stranger's: no program
and no settings are taken from it.
"""

import errno
import io
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from ...pipelines.storage.redact import redacted
from ..reports.plain import visible

STOPS = ("SIGTERM", "SIGHUP")  # what ends a command as Ctrl-C does
NOT_WRITTEN = 2  # exit status where the output could not be written to its end


class Stopped(KeyboardInterrupt):
    """A signal asked the process to end.

    Attributes:
        status: the exit status that says so.
    """

    def __init__(self, number: int):
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Output(io.RawIOBase):
    """Standard output, or error, whose reader may go away: what cannot be written is left out.

    Attributes:
        fault: why something could not be written.
    """

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self.fault: OSError | None = None

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        if self.fault is None:
            try:
                return os.write(self._descriptor, content)
            except BlockingIOError:
                select.select([], [self._descriptor], [])
                return 0
            except OSError as error:
                self.fault = error
        return len(content)


def prepare() -> list[Output]:
    """Sets up the process of a command; returns where it writes to."""
    _search_absolute_folders()
    _leave_out_matplotlibrc()
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Visible())
    outputs = []
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if stream is None:  # it was closed
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif os.name == "nt":  # a console there is no file
            stream.reconfigure(errors="replace")
        else:
            outputs.append(Output(descriptor))
            setattr(sys, name, _text(outputs[-1], stream))
    return outputs


def conclude(outputs: list[Output]) -> int:
    """Writes what is left of the output; returns the exit status that follows from its faults."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    fault = outputs[0].fault if outputs else None
    if fault is None:
        return 0
    if fault.errno == errno.EPIPE:  # `| head` has seen enough, and says so itself
        return 128 + signal.SIGPIPE
    print(
        f"Error: Not all of the output could be written: {fault.strerror}. What was to be saved is "
        "saved.",
        file=sys.stderr,
    )
    sys.stderr.flush()
    return NOT_WRITTEN


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Inside, the first of SIGTERM and SIGHUP raises `Stopped`. After it a SIGTERM ends the process
    at once, and a SIGHUP, which a closing terminal sends as well, is ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in STOPS if hasattr(signal, name)]
    # what is ignored, as by nohup, stays so
    before = {one: signal.getsignal(one) for one in numbers}
    ours = [one for one in numbers if before[one] is signal.SIG_DFL]

    def stop(number: int, _: Any) -> None:
        for one in ours:
            signal.signal(one, signal.SIG_DFL if one == signal.SIGTERM else signal.SIG_IGN)
        raise Stopped(number)

    for one in ours:
        signal.signal(one, stop)
    try:
        yield
    finally:
        for one in ours:
            signal.signal(one, before[one])


def say(text: str) -> None:
    """Writes a message to standard error, without secrets and what would control the terminal."""
    print(visible(redacted(text)), file=sys.stderr)


class _Visible(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return visible(redacted(super().format(record)))


def _text(output: Output, before: TextIO) -> TextIO:
    """A text stream like the one before, on which every character can be written."""
    lines = bool(getattr(before, "line_buffering", False)) or output.isatty()
    return io.TextIOWrapper(
        io.BufferedWriter(output),
        encoding=before.encoding,
        errors="replace",
        line_buffering=lines,
    )


def _search_absolute_folders() -> None:
    """A program in the working directory is not run for one of the same name."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(one for one in folders if os.path.isabs(one))


def _leave_out_matplotlibrc() -> None:
    """Loads matplotlib elsewhere if the working directory has settings for it, which it would take:
    a style, a backend that is a module, a picture of any size."""
    if not os.path.lexists("matplotlibrc"):
        return
    here = os.getcwd()
    try:
        os.chdir(os.path.dirname(sys.executable))
        import matplotlib  # noqa: F401
    finally:
        os.chdir(here)
