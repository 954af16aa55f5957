"""What a run was made with: versions and platform."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

#: Whose versions change numbers or what is written. Nothing else of the machine is told.
PACKAGES = (
    *("rnnzoo", "keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "scipy", "pandas"),
    *("statsmodels", "scikit-learn", "scikit-image", "mlflow", "pyarrow"),
)


def environment() -> dict[str, Any]:
    """Python, platform, Keras's backend and the versions of the packages that are installed."""
    keras = sys.modules.get("keras")
    backend = os.environ.get("KERAS_BACKEND", "") if keras is None else keras.backend.backend()
    return {
        "python": platform.python_version(),
        # `platform.platform()` would run a program
        "platform": "-".join((platform.system(), platform.release(), platform.machine())),
        "processors": os.cpu_count(),
        "backend": backend,
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
