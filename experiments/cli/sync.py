"""`rnnzoo sync`: what was uploaded to the tracking store, and what could not be."""

from pathlib import Path

from ...errors import ArgumentError
from ..journal.records import folders, lost
from ..locations import runs_folder
from ..reports.terminal import console
from .process import say


def print_sync(runs: Path | None) -> int:
    """Uploads the runs in a folder to the store and prints what was done.

    Args:
        runs: Folder of the journals, by default that of the store.

    Returns:
        The exit status: 2 if a run cannot be uploaded, else 0.

    Raises:
        ArgumentError: there is no run in the folder.
        TrackingError: the store cannot be used.
    """
    from ..tracking import silence_libraries, sync

    silence_libraries()
    runs = runs or runs_folder()
    if not any(folders(runs)) and not any(lost(runs)):
        raise ArgumentError(f"There are no runs in {runs}: name their folder with --runs.")
    out = console()
    done = sync(runs)
    out.print(f"{done.events} events of {_runs(done.runs)} were uploaded to {done.uri}.")
    if done.complete:
        out.print(f"{_runs(done.complete)} {_were(done.complete)} complete there before.")
    for folder in done.killed:
        out.print(f"{folder}: its process died; the run is KILLED now.", soft_wrap=True)
    for folder in done.running:
        out.print(f"{folder}: still written by another process, and left alone.", soft_wrap=True)
    for folder in done.deleted:
        out.print(f"{folder}: deleted in the store, and left alone.", soft_wrap=True)
    for folder in done.torn:
        out.print(f"{folder}: the last event was not written to its end.", soft_wrap=True)
    for error in done.damaged:
        say(f"Error: {error}")
    return 2 if done.damaged else 0


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
