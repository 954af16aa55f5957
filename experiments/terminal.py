"""What all commands share: their common options, and how their errors are shown."""

import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import RnnzooError

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Tracking = Annotated[
    bool,
    typer.Option(
        "--tracking/--no-tracking",
        help="Keep the runs, and log them to MLflow: MLFLOW_TRACKING_URI, or mlflow.db here.",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Stop if the tracking store fails, instead of going on.")
]


Checkpoints = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        help="Folder in which fits keep where they stand: the same command goes on from there.",
    ),
]


def clearly(command: Callable[..., None]) -> Callable[..., None]:
    """Turns an error into one message and exit code 2; `--debug` shows where it was.

    Warnings for the user are one line each, told once.
    """

    @functools.wraps(command)
    def wrapped(*args: Any, debug: bool = False, **kwargs: Any) -> None:
        try:
            with _plain_warnings():
                command(*args, debug=debug, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            print("Interrupted.", file=sys.stderr)
            raise typer.Exit(130) from None
        except Exception as error:
            if debug:
                raise
            expected = isinstance(error, (RnnzooError, OSError))
            text = str(error) if expected else f"{type(error).__name__}: {error} (see --debug)"
            print(f"Error: {text}", file=sys.stderr)
            raise typer.Exit(2) from None

    return wrapped


@contextmanager
def _plain_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        python, told = warnings.showwarning, set[str]()

        def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, UserWarning):
                if str(message) not in told:  # Python forgets when a library changes its filters
                    told.add(str(message))
                    print(f"Warning: {message}", file=sys.stderr)
            else:
                python(message, category, *where, **more)

        warnings.simplefilter("once", UserWarning)
        warnings.showwarning = show
        yield


def open_store(existing: bool = False, strict: bool = False) -> Any:
    """What brings runs to the tracking store; or the store itself, if there must be an `existing`
    one to read.

    Args:
        existing: the store is read.
        strict: a store that fails is an error.
    """
    from .tracking import Tracker, existing_store

    return existing_store() if existing else Tracker(strict=strict)
