"""The compiled library: finds it, checks that it is of these sources, and calls it."""

import ctypes
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from . import build
from .plan import OPTIONS, STAGES, Plan

#: Set to 1 to run everything without the kernels.
OFF = "RNNZOO_NO_NATIVE"
REMEDY = "install the package anew where there is a C compiler (cc, gcc or clang)"


ARRAYS = ("x", "mask", "drop", "saved", "dx")  # of a call, and lists of arrays
LISTS = ("weight", "first", "last", "every", "dfirst", "dweight")


class Missing(Exception):
    """There is no library that can be used; the message says why, and the remedy."""


class _Block(ctypes.Structure):
    names = ("kind", "stage", "weight", "offset", "stride", "rows", "columns", "row", "column")
    _fields_ = tuple((name, ctypes.c_int32) for name in names)


class _Piece(ctypes.Structure):
    names = ("state", "offset", "width", "column")
    _fields_ = tuple((name, ctypes.c_int32) for name in names)


class _Stage(ctypes.Structure):
    names = ("width", "reading", "read", "stored", "input")
    _fields_ = tuple((name, ctypes.c_int32) for name in names)


class _Plan(ctypes.Structure):
    names = (
        "cell",
        "features",
        "stages",
        "blocks",
        "pieces",
        "states",
        "state_width",
        "parameters",
    )
    _fields_ = (
        *((name, ctypes.c_int32) for name in names),
        ("options", ctypes.c_int32 * OPTIONS),
        ("constants", ctypes.c_float * 4),
        ("stage", _Stage * STAGES),
        ("block", ctypes.POINTER(_Block)),
        ("piece", ctypes.POINTER(_Piece)),
        ("channels", ctypes.POINTER(ctypes.c_int32)),
    )


class _Call(ctypes.Structure):
    _fields_ = (
        ("plan", ctypes.POINTER(_Plan)),
        *((name, ctypes.c_int32) for name in ("batch", "time", "threads", "keep", "dropped")),
        *((name, ctypes.c_void_p) for name in ("x", "mask", "drop")),
        *((name, ctypes.POINTER(ctypes.c_void_p)) for name in LISTS[:4]),
        *((name, ctypes.c_void_p) for name in ("saved", "dx")),
        *((name, ctypes.POINTER(ctypes.c_void_p)) for name in LISTS[4:]),
    )


class Library:
    """A loaded library, by the variant that this processor can run."""

    def __init__(self, path: Path, variant: str | None = None):
        loaded = ctypes.CDLL(str(path))
        loaded.rnnzoo_sources.restype = loaded.rnnzoo_variant.restype = ctypes.c_char_p
        self.path = path
        self.sources = loaded.rnnzoo_sources().decode()
        self.variant = variant or loaded.rnnzoo_variant().decode()
        self._saved = loaded[f"rnnzoo_saved_{self.variant}"]
        self._saved.restype = ctypes.c_long
        self._forward = loaded[f"rnnzoo_forward_{self.variant}"]
        self._backward = loaded[f"rnnzoo_backward_{self.variant}"]

    def saved_size(self, plan: Plan, batch: int, time: int, threads: int) -> int:
        """How many floats the backward pass needs of the forward pass."""
        call = _Call(ctypes.pointer(_structure(plan)), batch, time, threads, 1)
        return int(self._saved(ctypes.byref(call)))

    def run(self, plan: Plan, size: Sequence[int], backward: bool, **arrays: Any) -> None:
        """Runs `forward` or `backward` of the kernels on arrays whose shapes are right.

        Args:
            plan: what the cell computes.
            size: batch, time, threads.
            backward: which of the two passes.
            arrays: by the names in `_Call`; an array or `None`, or a list of them.

        Raises:
            MemoryError: there is not enough memory.
        """
        call = _Call(ctypes.pointer(_structure(plan)), *size, arrays["saved"] is not None)
        for name in ARRAYS:
            setattr(call, name, _address(arrays.get(name)))
        for name in LISTS:
            given = arrays.get(name, [])
            setattr(call, name, (ctypes.c_void_p * max(1, len(given)))(*map(_address, given)))
        drop = arrays.get("drop")
        call.dropped = 0 if drop is None else drop.shape[1]
        if (self._backward if backward else self._forward)(ctypes.byref(call)):
            raise MemoryError("The kernels found no memory: use smaller batches.")


def _address(array: Any) -> int | None:
    return None if array is None else array.ctypes.data


def _structure(plan: Plan) -> _Plan:
    if plan.structure is not None:
        return plan.structure
    values = [len(plan.stages), len(plan.blocks), len(plan.pieces), len(plan.channels)]
    made = _Plan(plan.cell, plan.features, *values, plan.state_width, plan.parameters)
    made.options[: len(plan.options)] = plan.options
    made.constants[: len(plan.constants)] = plan.constants
    for k, stage in enumerate(plan.stages):
        made.stage[k] = _Stage(*(int(getattr(stage, name)) for name in _Stage.names))
    made.block = (_Block * len(plan.blocks))(*(_Block(*block) for block in plan.blocks))
    made.piece = (_Piece * len(plan.pieces))(*(_Piece(*piece) for piece in plan.pieces))
    made.channels = (ctypes.c_int32 * len(plan.channels))(*plan.channels)
    plan.structure = made
    return made


@cache
def library() -> Library:
    """The library of these sources for this machine.

    Raises:
        Missing: there is none, or it cannot be loaded.
    """
    if os.environ.get(OFF, "") not in ("", "0"):
        raise Missing(f"The environment variable {OFF} is set: unset it")
    folder = build.KERNELS
    wanted = build.library_name(folder)
    if not (folder / wanted).exists():
        others = sorted(path.name for path in folder.glob("kernels-*.so"))
        found = f"those there are of other sources or machines: {', '.join(others)}"
        raise Missing(
            f"The compiled kernels, {wanted}, are not there: {REMEDY}"
            + (f"; {found}" if others else "")
        )
    try:
        found_library = Library(folder / wanted)
    except (OSError, AttributeError) as error:
        raise Missing(f"The compiled kernels cannot be loaded: {REMEDY}. {error}") from error
    if found_library.sources != build.source_hash(folder):
        raise Missing(f"The compiled kernels, {wanted}, are of other sources: {REMEDY}")
    return found_library


def why_missing() -> str | None:
    """Why there is no library, with the remedy, or `None`."""
    try:
        library()
    except Missing as error:
        return str(error)
    return None


def available_cores() -> int:
    """The number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def as_floats(array: Any) -> np.ndarray:
    """The array as the kernels read it: float32, in C order."""
    return np.ascontiguousarray(array, dtype=np.float32)
