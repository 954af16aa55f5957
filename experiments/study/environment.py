"""What a run was made with: versions, platform, commit."""

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

#: Whose versions change numbers or what is written. Nothing else of the machine is told.
PACKAGES = (
    *("rnnzoo", "keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "scipy", "pandas"),
    *("statsmodels", "scikit-learn", "scikit-image", "mlflow", "pyarrow"),
)
PATIENCE = 10  # seconds for git


def environment() -> dict[str, Any]:
    """Python, platform, Keras's backend and the versions of the packages that are installed."""
    keras = sys.modules.get("keras")
    backend = os.environ.get("KERAS_BACKEND", "") if keras is None else keras.backend.backend()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "backend": backend,
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def git_tags() -> dict[str, str]:
    """The `commit` of the working directory, if it has one; `dirty` where files differ from it."""
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return {}
    dirty = _git("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit} | ({"dirty": "true"} if dirty else {})


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):  # no git: then there is no commit to tell
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
