"""Compiles the kernels of the native engine when the package is built; the rest is in setup.cfg.

Without a C compiler the package is built without them, and runs everything by its other engines.
"""

import importlib.util
from pathlib import Path
from typing import Any, ClassVar

from setuptools import Command, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NATIVE = Path("zoo", "engines", "native")


def load_build() -> Any:
    """The module that compiles, by its path: the package itself cannot be imported yet."""
    spec = importlib.util.spec_from_file_location("native_build", ROOT / NATIVE / "build.py")
    assert spec is not None and spec.loader is not None  # noqa: S101 for type checkers
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


native = load_build()


def has_compiler() -> bool:
    try:
        native.compiler()
    except native.NoCompiler:
        return False
    return True


class BuildKernels(Command):
    """Writes the library next to the sources of its kernels, in the folder that is built."""

    description = "compile the kernels of the native engine"
    user_options: ClassVar[list] = []
    editable_mode = False

    def initialize_options(self) -> None:
        self.build_lib: Any = None

    def finalize_options(self) -> None:
        self.set_undefined_options("build", ("build_lib", "build_lib"))

    def run(self) -> None:
        try:
            native.compile_library(self.folder)
        except native.NoCompiler as why:
            self.warn(f"The kernels are not compiled, and everything runs without them: {why}")

    @property
    def folder(self) -> Path:
        return Path(self.build_lib, "rnnzoo", NATIVE, "kernels")

    def get_source_files(self) -> list[str]:
        sources = [*(ROOT / NATIVE / "kernels").glob("*.[ch]"), ROOT / NATIVE / "build.py"]
        return [path.relative_to(ROOT).as_posix() for path in sorted(sources)]

    def get_outputs(self) -> list[str]:
        return [str(path) for path in self.folder.glob("*.so")]

    def get_output_mapping(self) -> dict[str, str]:
        return {}


class Build(build):
    sub_commands: ClassVar = [*build.sub_commands, ("build_kernels", None)]


class Modules(build_py):
    """The modules of the package, whose folder is also the project's."""

    def find_package_modules(self, package: str, package_dir: Any) -> list[tuple[str, str, str]]:
        found = super().find_package_modules(package, package_dir)
        return [each for each in found if each[:2] != ("rnnzoo", "setup")]


class Wheel(bdist_wheel):
    """One wheel a platform where the kernels are compiled: they need no version of Python."""

    def get_tag(self) -> tuple[str, str, str]:
        editable = "editable_wheel" in self.distribution.command_obj  # stays on this machine
        if editable or not has_compiler():
            return super().get_tag()
        self.root_is_pure = False
        _, _, platform = super().get_tag()
        self.root_is_pure = True  # all files go into one folder
        return "py3", "none", platform


if __name__ == "__main__":
    commands = {"build": Build, "build_kernels": BuildKernels, "build_py": Modules}
    setup(cmdclass={**commands, "bdist_wheel": Wheel})
