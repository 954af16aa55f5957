"""What all commands share: their common options, and how their errors are shown."""

import functools
import os
import socket
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...errors import ArgumentError, RnnzooError
from ..locations import check_runs, check_uri, runs_folder, tracking_uri
from ..reports.terminal import console
from ..study.outputs import OutputOptions
from .process import Stopped, say, stopped_by_signals

if TYPE_CHECKING:
    from ..tracking import Store, Tracker

INTERRUPTED = 130  # exit status after Ctrl-C
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Tracking = Annotated[
    bool,
    typer.Option(
        "--tracking/--no-tracking",
        help="Save the runs, and log them to MLflow: MLFLOW_TRACKING_URI, or mlflow.db here.",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop if the tracking store fails, instead of continuing.")
]


Checkpoints = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        help="Folder for the state of each fit; the same command continues from it.",
    ),
]


def report_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Turns an error into one message and exit code 2; `--debug` shows where it was.

    Warnings for the user are one line each, shown once.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, debug: bool = False, **kwargs: Any) -> None:
        try:
            with stopped_by_signals(), _plain_warnings():
                _check_working_directory()
                if kwargs.get("tracking"):
                    _check_places()  # before data are read and Keras is loaded
                command(*args, debug=debug, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt as stop:
            saved = kwargs.get("checkpoint")
            there = saved and saved.exists()
            remedy = f" The same command continues from {saved}." if there else ""
            say(f"Interrupted.{remedy}")
            status = stop.status if isinstance(stop, Stopped) else INTERRUPTED
            raise typer.Exit(status) from None
        except Exception as error:
            if debug:  # not Python's own: it would show passwords that errors below hold
                say("".join(traceback.format_exception(error)))
                raise typer.Exit(2) from None
            expected = isinstance(error, (RnnzooError, OSError))
            text = str(error) if expected else f"{type(error).__name__}: {error} (see --debug)"
            say(f"Error: {text}")
            raise typer.Exit(2) from None

    return wrapped


@contextmanager
def _plain_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        python, seen = warnings.showwarning, set[str]()

        def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, UserWarning):
                if str(message) not in seen:  # Python forgets when a library changes its filters
                    seen.add(str(message))
                    say(f"Warning: {message}")
            else:
                python(message, category, *where, **more)

        warnings.simplefilter("once", UserWarning)
        warnings.showwarning = show
        yield


def _check_working_directory() -> None:
    try:
        os.getcwd()
    except OSError as error:
        named = os.environ.get("PWD", "")
        raise ArgumentError(
            f"The working directory{f' {named}' if named else ''} is not there any more: it was "
            "deleted or moved. Change to a folder that is there, and run the command again."
        ) from error


def _check_places() -> None:
    """Sees whether runs can be saved, as far as that takes no time."""
    check_uri(tracking_uri())
    check_runs(runs_folder())


def check_port(port: int) -> None:
    """Sees whether a server can listen on a port of this machine.

    Raises:
        ArgumentError: it is no port, or something listens there.
    """
    if not 0 < port < 2**16:
        raise ArgumentError(f"A port is a number from 1 to 65535. Received: port={port}.")
    with socket.socket() as tried:
        if os.name == "posix":  # a server that ended a moment ago is no obstacle
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", port))
        except OSError as error:
            raise ArgumentError(
                f"Port {port} of this machine cannot be used: {error.strerror}. "
                "Name another with --port."
            ) from error


def become(command: list[str], environment: dict[str, str]) -> None:
    """Puts a program in the place of this process, so that signals reach it.

    It runs in the folder of Python: of a working directory it would import what is called as a
    module that it needs.
    """
    sys.stdout.flush()
    if os.name == "posix":
        os.chdir(sys.prefix)
        os.execve(command[0], command, environment)
    done = subprocess.run(command, env=environment, cwd=sys.prefix, check=False)
    raise typer.Exit(done.returncode)


def keep(
    tracking: bool, strict: bool, save: Path | None, checkpoints: Path | None
) -> OutputOptions:
    """What the common options ask for."""
    return OutputOptions(
        functools.partial(tracker, strict) if tracking else None, save, checkpoints
    )


def tracker(strict: bool) -> "Tracker":
    """What brings runs to the tracking store; with `strict`, one that fails is an error."""
    from ..tracking import Tracker, silence_libraries

    silence_libraries()
    return Tracker(strict=strict, say=functools.partial(console().print, soft_wrap=True))


def existing_store() -> "Store":
    """The tracking store, which must be there, to be read."""
    from ..tracking import existing_store as opened
    from ..tracking import silence_libraries

    silence_libraries()
    return opened()
