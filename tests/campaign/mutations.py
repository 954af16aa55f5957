"""Changes to files as accidents and attackers make them."""

import copy
import random
import zlib
from typing import Any

import numpy as np
from rnnzoo.pipelines.storage.packing import pack_arrays, unpack_arrays
from rnnzoo.pipelines.storage.sealing import seal, sha256, unseal

#: Values that stand where others belong.
ODD = [
    None, True, False, -1, 0, 1, 7, 2.5, -2.5, 1e308, 10**6, 10**9, 10**30, "", "x", "../../x",
    "/etc/passwd", "\0", "a" * 5000, [], {}, [[]], [1], {"a": 1}, ["x", None],
]  # fmt: skip
DEEP = 200  # levels of a value that is nested


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Content with a flipped bit, a piece cut out, doubled or overwritten, or a wrong end."""
    changed, at = bytearray(content), rng.randrange(len(content))
    until = min(len(content), at + rng.choice([1, 2, 8, 64]))
    kind = rng.randrange(5)
    if kind == 0:
        changed[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del changed[at:until]
    elif kind == 2:
        changed[at:at] = changed[at:until]
    elif kind == 3:
        changed[at:until] = rng.randbytes(until - at)
    else:
        del changed[at:]
    return bytes(changed)


def places(values: Any, place: tuple = ()) -> list[tuple]:
    """The places of all values in nested dicts and lists."""
    found = [place] if place else []
    if isinstance(values, dict):
        for key in values:
            found += places(values[key], (*place, key))
    elif isinstance(values, list):
        for k in range(len(values)):
            found += places(values[k], (*place, k))
    return found


def mutated(values: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Plain values of which one is removed, replaced, nested, or doubled in a list."""
    changed = copy.deepcopy(values)
    place = rng.choice(places(changed))
    holder: Any = changed
    for key in place[:-1]:
        holder = holder[key]
    kind = rng.randrange(8)
    if kind == 0:
        holder.pop(place[-1])
    elif kind == 1 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[place[-1]]))
    elif kind == 2:
        nested = holder[place[-1]]
        for _ in range(rng.choice([1, DEEP])):
            nested = [nested]
        holder[place[-1]] = nested
    elif kind == 3:
        holder[f"more-{rng.random()}" if isinstance(holder, dict) else place[-1]] = rng.choice(ODD)
    else:
        holder[place[-1]] = rng.choice(ODD)
    return changed


def resealed(content: bytes, rng: random.Random) -> bytes:
    """A sealed file with other values behind a right hash."""
    values = unseal(content)
    for _ in range(rng.choice([1, 1, 2])):
        values = mutated(values, rng) or values
    return seal(values)


def other_arrays(content: bytes, rng: random.Random) -> bytes:
    """Packed arrays of which one has other values, another shape or type, or is not there."""
    arrays = unpack_arrays(content)
    k = rng.randrange(len(arrays)) if arrays else 0
    kind = rng.randrange(7)
    if kind == 0 or not arrays:
        return damaged(content, rng)
    if kind == 1:
        del arrays[k]
    elif kind == 2:
        arrays.append(arrays[k])
    elif kind == 3:
        arrays[k] = np.full(arrays[k].shape, rng.choice([np.nan, np.inf, 1e308, -7, 10**9]))
    elif kind == 4:
        arrays[k] = arrays[k].ravel() if arrays[k].ndim else np.ones((2, 2))
    elif kind == 5:
        arrays[k] = np.resize(arrays[k], [rng.choice([0, 1, 3, 400]) for _ in arrays[k].shape])
    else:
        arrays[k] = arrays[k].astype(rng.choice(["bool", "int64", "float16", "uint8"]))
    return pack_arrays(arrays)


def with_other_arrays(folder: Any, rng: random.Random) -> None:
    """Replaces the arrays of a saved model, and names them in its manifest."""
    manifest = unseal((folder / "manifest.json").read_bytes())
    name = rng.choice(sorted(manifest["files"]))
    path = folder / f"{name}-{manifest['files'][name][:16]}.npz"
    with np.errstate(all="ignore"):
        content = other_arrays(path.read_bytes(), rng)
    path.unlink()
    manifest["files"][name] = sha256(content)
    (folder / f"{name}-{sha256(content)[:16]}.npz").write_bytes(content)
    (folder / "manifest.json").write_bytes(seal(manifest))


def snapshot(folder: Any, without: Any) -> dict[str, tuple]:
    """What is in a folder and where links lead, without one folder in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if without not in (path, *path.parents):
            about = path.lstat()
            content = zlib.crc32(path.read_bytes()) if path.is_file() else 0
            found[str(path.relative_to(folder))] = (about.st_mode, content)
    return found
