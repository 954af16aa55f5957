"""Lists of arrays as the content of an `.npz`, without pickle or compression."""

import io
import math
import zipfile

import numpy as np
from numpy.lib import format as npy

KINDS = "biuf"  # of the arrays: truth values, whole numbers and floating-point numbers


def pack_arrays(arrays: list[np.ndarray]) -> bytes:
    """Packs arrays in memory: so that a full disk fails in a plain write, not within a zip file."""
    content = io.BytesIO()
    named = {f"{i:03d}": array for i, array in enumerate(arrays)}
    np.savez(content, allow_pickle=False, **named)
    return content.getvalue()


def unpack_arrays(content: bytes) -> list[np.ndarray]:
    """The arrays that `pack_arrays` packed; they take no more memory than `content`.

    Raises:
        ValueError: it is something else, such as compressed, or an array that is larger than
            what is stored of it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as stored:
            entries = stored.infolist()
            names = [entry.filename for entry in entries]
            if names != [f"{i:03d}.npy" for i in range(len(entries))]:
                raise ValueError("it holds other files than arrays")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ValueError("it is compressed")
            if sum(entry.file_size for entry in entries) > len(content):
                raise ValueError("its arrays overlap")
            return [_array(stored.read(entry)) for entry in entries]
    except ValueError:
        raise
    except Exception as error:  # whatever a damaged header makes zipfile and NumPy raise
        raise ValueError(f"its arrays cannot be read ({type(error).__name__})") from error


def _array(content: bytes) -> np.ndarray:
    """Reads one `.npy` whose header fits its content."""
    file = io.BytesIO(content)
    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    try:
        shape, _, dtype = readers[npy.read_magic(file)](file)
    except ValueError as error:  # NumPy advises to trust the file, in some
        raise ValueError("the header of an array cannot be read") from error
    if dtype.kind not in KINDS:
        raise ValueError(f"it holds values of the type {dtype}")
    if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of the shape {shape} is not what is stored")
    file.seek(0)
    return npy.read_array(file, allow_pickle=False)
