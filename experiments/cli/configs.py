"""`rnnzoo run --list`: the experiments that come with rnnzoo."""

from ..config.schema import CONFIGS, packaged
from ..reports.terminal import console


def print_packaged() -> None:
    """Lists the experiments that come with rnnzoo, each with the first line of its file."""
    out = console()
    width = max(map(len, packaged()), default=0)
    for name, path in packaged().items():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        out.print(f"{name:<{width}}  {first.removeprefix('#').strip()}", soft_wrap=True)
    out.print(f"\nRun one: rnnzoo run NAME. Read one, or change a copy: {CONFIGS}", soft_wrap=True)
