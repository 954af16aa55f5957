"""Compiles the kernels with the system's C compiler.

    python zoo/engines/native/build.py [FOLDER]

writes the library into FOLDER, by default `kernels` next to this file, where `library.py` looks for
it. Installing the package does the same (`setup.py`). The file needs the standard library only, for
it runs before anything is installed.
"""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KERNELS = Path(__file__).parent / "kernels"  # not resolved: an editable install is of links
FLAGS = ("-std=gnu11", "-O3", "-fno-math-errno", "-fPIC", "-Wno-psabi", "-fvisibility=default")
X86 = ("x86_64", "amd64")
SECONDS = 300  # for a compiler that hangs


class NoCompiler(Exception):
    """There is no compiler, or it cannot compile the kernels; the message says what it printed."""


def source_hash(kernels: Path = KERNELS) -> str:
    """The hash of the sources, which a library bears in its name and inside."""
    digest = hashlib.sha256()
    for path in sorted([*kernels.glob("*.c"), *kernels.glob("*.h")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def library_name(kernels: Path = KERNELS) -> str:
    """The name of the library of these sources for this kind of machine."""
    return f"kernels-{platform.machine().lower()}-{source_hash(kernels)}.so"


def compiler() -> list[str]:
    """The command of the C compiler: `CC`, or the first of cc, gcc and clang.

    Raises:
        NoCompiler: none is there.
    """
    if os.name == "nt":
        raise NoCompiler("the kernels need POSIX threads, which Windows does not have")
    if given := shlex.split(os.environ.get("CC", "")):
        return given
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    raise NoCompiler("there is no C compiler: cc, gcc or clang")


def variants() -> dict[str, tuple[str, ...]]:
    """The variants of this kind of machine by name, with the flags of each; the best one last."""
    plain: dict[str, tuple[str, ...]] = {"baseline": ()}
    if platform.machine().lower() in X86:
        plain["avx2"] = ("-mavx2", "-mfma")
    return plain


def compile_library(folder: Path, extra: tuple[str, ...] = ()) -> Path:
    """Compiles every variant and links them into one library.

    Args:
        folder: where to write it; older libraries there are removed.
        extra: further flags, for compiler and linker.

    Returns:
        The path of the library.

    Raises:
        NoCompiler: it could not be compiled.
    """
    command, target = compiler(), folder / library_name()
    with tempfile.TemporaryDirectory() as scratch:
        objects = []
        for name, flags in variants().items():
            objects.append(str(Path(scratch) / f"{name}.o"))
            source, output = str(KERNELS / "driver.c"), objects[-1]
            _run(
                [*command, *FLAGS, *flags, *extra, f"-DVARIANT={name}", "-c", source, "-o", output]
            )
        objects.append(str(Path(scratch) / "about.o"))
        about = [f'-DSOURCES="{source_hash()}"', "-c", str(KERNELS / "about.c"), "-o", objects[-1]]
        _run([*command, *FLAGS, *extra, *about])
        linked = str(Path(scratch) / target.name)
        _run([*command, "-shared", *extra, *objects, "-o", linked, "-pthread", "-lm"])
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("kernels-*.so"):
            old.unlink()
        written = target.with_suffix(".new")
        shutil.copyfile(linked, written)
        written.replace(target)
    return target


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCompiler(f"{shlex.join(command)}: {error}") from error
    if done.returncode:
        raise NoCompiler(f"{shlex.join(command)}:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    print(compile_library(Path(sys.argv[1]) if sys.argv[1:] else KERNELS))
