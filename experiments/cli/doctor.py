"""`rnnzoo doctor`: what is installed, what computes, and how to mend what is wrong."""

import platform
from importlib import metadata

import typer

from ...errors import TrackingError
from .terminal import Debug, existing_store

LIBRARIES = ("rnnzoo", "keras", "tensorflow", "jax", "torch", "numpy", "pandas", "mlflow")


def doctor(debug: Debug = False) -> None:
    """Say what is installed, what computes, where runs are, and how to mend what is wrong."""
    from ..reports.terminal import console

    out, wrong = console(), []
    out.print(f"{'python':<11} {platform.python_version()}, {platform.platform()}")
    for name in LIBRARIES:
        out.print(f"{name:<11} {version(name) or 'not installed'}")
    for title, (state, remedy) in (
        ("backend", backend()),
        ("kernels", kernels()),
        ("store", store()),
    ):
        out.print(f"{title:<11} {state}", soft_wrap=True)
        wrong += [f"{title}: {remedy}"] if remedy else []
    for each in wrong:
        out.print(f"! {each}", soft_wrap=True)
    if not wrong:
        out.print("Nothing is wrong.")
    raise typer.Exit(1 if wrong else 0)


def version(name: str) -> str | None:
    """The version of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def backend() -> tuple[str, str | None]:
    """What computes, and a remedy where it cannot."""
    from ... import zoo  # noqa: F401  first: keeps the backend's start-up off the screen

    import keras  # isort: skip

    name = keras.backend.backend()
    try:
        found = float(keras.ops.sum(keras.ops.ones((2, 3))))
    except Exception as error:  # whatever the backend raises: it is reported
        return name, f"it cannot compute: {error}"
    return name, None if found == 6 else f"it computes {found} where 6 is right"


def kernels() -> tuple[str, str | None]:
    """Which compiled kernels there are, and a remedy where there should be some."""
    from ...zoo.backend import foreign
    from ...zoo.engines.native import library
    from ...zoo.engines.native.kernel import number_of_threads

    if (other := foreign.why_not_here()) is not None:
        return f"none are used: {other[0].lower()}{other[1:]}", None
    if (why := library.why_missing()) is not None:
        return "none: everything runs by the loop, which is slower", why
    threads = number_of_threads(foreign.threads_of_backend())
    used = "not by themselves beside an accelerator" if foreign.has_accelerator() else "used"
    return f"{library.library().variant}, {threads} threads, {used}", None


def store() -> tuple[str, str | None]:
    """Where runs are logged, and a remedy where the store cannot be opened."""
    from ...pipelines.storage.redact import redacted
    from ..locations import tracking_uri
    from ..tracking.database import database_of

    uri = tracking_uri()
    database = database_of(uri)
    if database is not None and not database.exists():
        return f"{redacted(uri)}: no runs yet", None
    try:
        existing_store()
    except TrackingError as error:
        return redacted(uri), str(error)
    return redacted(uri), None
