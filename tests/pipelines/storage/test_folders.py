"""Folders of models from strangers, and of several writers at once."""

import multiprocessing
import os
import threading

import numpy as np
import pytest
from rnnzoo import ArgumentError, ArgumentTypeError, ModelFileError
from rnnzoo.pipelines.storage.files import named_folder
from rnnzoo.pipelines.storage.folders import read_folder, write_folder
from rnnzoo.pipelines.storage.packing import pack_arrays, unpack_arrays
from rnnzoo.pipelines.storage.sealing import seal, sha256, unseal

ARRAYS = {"weights": [np.arange(6.0).reshape(2, 3)], "state": [np.ones(2), np.zeros((0, 3))]}


def write(folder, number=0):
    """A model whose parts all say its number."""
    arrays = {name: [*values, np.array(number)] for name, values in ARRAYS.items()}
    write_folder(folder, "toy", {"number": number}, arrays)
    return folder


def number_in(folder):
    """The number of a model; fails if its parts are of several."""
    manifest, arrays = read_folder(folder, "toy")
    numbers = {manifest["number"], *(int(values[-1]) for values in arrays.values())}
    (number,) = numbers
    return number


def reseal(folder, **changes):
    """As somebody would who knows the format."""
    path = folder / "manifest.json"
    path.write_bytes(seal(unseal(path.read_bytes()) | changes))


def everything_in(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def victim(tmp_path):
    """A file beside the folders of models that nobody may touch."""
    path = tmp_path / "thesis.txt"
    path.write_text("three years")
    yield path
    assert path.read_text() == "three years"


FORGED = [
    {"../thesis.txt": "0" * 64},
    {"/etc/hostname": "0" * 64},
    {"..": "0" * 64},
    {"weights": "../thesis.txt"},
    {"weights": None},
    {"weights/../../thesis": "0" * 64},
    {"weights\0": "0" * 64},
    {"weights\n": "0" * 64},
    ["weights"],
    "weights",
    None,
    7,
]


@pytest.mark.parametrize("files", FORGED, ids=repr)
def test_no_name_in_a_manifest_leads_outside(tmp_path, victim, files):
    folder = write(tmp_path / "model")
    reseal(folder, files=files)
    with pytest.raises(ModelFileError):
        read_folder(folder, "toy")
    write(folder, 1)  # what a message would advise
    assert number_in(folder) == 1


@pytest.mark.parametrize("name", ["manifest.json", ".lock", "weights-0123456789abcdef.npz"])
@pytest.mark.parametrize("link", ["symbolic", "hard", "folder"])
def test_no_link_is_followed(tmp_path, victim, name, link):
    folder = write(tmp_path / "model")
    (folder / name).unlink(missing_ok=True)
    if link == "symbolic":
        (folder / name).symlink_to(victim)
    elif link == "hard":
        (folder / name).hardlink_to(victim)
    else:
        (folder / name).mkdir()
    if name == "manifest.json":
        with pytest.raises(ModelFileError):
            read_folder(folder, "toy")
    refused = link != "hard" or name != "weights-0123456789abcdef.npz"
    if refused:
        with pytest.raises(ArgumentError, match="Name a new folder"):
            write(folder, 1)
    else:  # the second name of the file is removed, the file remains
        assert number_in(write(folder, 1)) == 1


def test_a_file_that_is_a_link_is_not_read(tmp_path):
    folder = write(tmp_path / "model")
    (path,) = folder.glob("weights-*")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelFileError, match="links are not followed"):
        read_folder(folder, "toy")


def test_a_pipe_is_not_waited_for(tmp_path):
    folder = write(tmp_path / "model")
    (path,) = folder.glob("weights-*")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ModelFileError, match="no regular file"):
        read_folder(folder, "toy")


def test_other_files_of_the_folder_are_never_removed(tmp_path):
    folder = write(tmp_path / "model")
    reseal(folder, files={"weights.npz": "0" * 64, "notes.txt": "0" * 64})  # as an older format
    (folder / "notes.txt").write_text("mine")
    (folder / "data.npz").write_bytes(b"mine too")
    with pytest.raises(ArgumentError, match=r"data.npz, notes.txt"):
        write(folder, 1)
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "data.npz").read_bytes() == b"mine too"


def test_a_model_of_the_format_before_is_replaced(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    names = {"weights.npz": "0" * 64, "state.2.npz": "0" * 64}
    old = {"format": 5, "kind": "toy", "versions": {}, "files": names}
    (folder / "manifest.json").write_bytes(seal(old))
    for name in names:
        (folder / name).write_bytes(b"old")
    with pytest.raises(ModelFileError, match="format 5"):
        read_folder(folder, "toy")
    assert number_in(write(folder, 1)) == 1
    assert not {"weights.npz", "state.2.npz"} & {path.name for path in folder.iterdir()}


NESTED = b'{"format": 6, "kind": "toy", "files": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff\xfe", NESTED, b'{"format": NaN}'])
def test_a_manifest_of_anything(tmp_path, content):
    folder = write(tmp_path / "model")
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ModelFileError):
        read_folder(folder, "toy")


def header(shape, dtype="<f8"):
    """A `.npy` that says more than is in it."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def zipped(*members, compression=0):
    import io
    import zipfile

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


HOSTILE = {
    "no zip": b"PK",
    "cut": pack_arrays([np.ones(9)])[:-30],
    "a huge shape": zipped(("000.npy", header((10**12,)))),
    "a shape that overflows": zipped(("000.npy", header((2**62, 2**62)))),
    "a negative shape": zipped(("000.npy", header((-1,)))),
    "a shape of text": zipped(("000.npy", header("('x',)"))),
    "objects": zipped(("000.npy", header((1,), "|O") + b"\x80\x04N.")),
    "text": zipped(("000.npy", header((1,), "<U4") + b"evil" * 4)),
    "a header that is no literal": zipped(("000.npy", header("__import__('os')"))),
    "a header that is not closed": zipped(("000.npy", header("((((("))),
    "compressed": zipped(("000.npy", b"0" * 10**6), compression=8),
    "another name": zipped(("../x.npy", header((0,)))),
    "a name too many": zipped(("000.npy", header((0,))), ("002.npy", header((0,)))),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_arrays_behind_a_right_hash(tmp_path, content):
    folder = write(tmp_path / "model")
    digests = unseal((folder / "manifest.json").read_bytes())["files"]
    digest = sha256(content)
    reseal(folder, files=digests | {"weights": digest})
    (folder / f"weights-{digest[:16]}.npz").write_bytes(content)
    with pytest.raises(ModelFileError) as raised:
        read_folder(folder, "toy")
    assert "pickle" not in str(raised.value)


def test_arrays_are_read_as_they_were_packed():
    arrays = [np.array(3), np.array([True]), np.empty((0, 2), "float32"), np.arange(4)[::-2]]
    again = unpack_arrays(pack_arrays(arrays))
    for ours, its in zip(arrays, again, strict=True):
        np.testing.assert_array_equal(ours, its)
        assert ours.dtype == its.dtype


def write_often(folder, number, times=10):
    for _ in range(times):
        write(folder, number)


@pytest.mark.parametrize("of", [threading.Thread, multiprocessing.get_context("spawn").Process])
def test_two_writers_end_with_one_whole_model(tmp_path, of):
    folder = tmp_path / "model"
    writers = [of(target=write_often, args=(folder, number)) for number in (1, 2)]
    for writer in writers:
        writer.start()
    while not (folder / "manifest.json").exists():
        if not any(writer.is_alive() for writer in writers):
            break
    while any(writer.is_alive() for writer in writers):
        assert number_in(folder) in (1, 2)  # a reader too finds one of them at any moment
    for writer in writers:
        writer.join()
    assert number_in(folder) in (1, 2)
    assert len([*folder.iterdir()]) == len(ARRAYS) + 2


def test_the_mask_of_the_user_counts(tmp_path):
    before = os.umask(0o077)
    try:
        folder = write(tmp_path / "model")
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
    assert modes <= {0o700, 0o600}


def test_what_killed_writers_left_is_removed(tmp_path):
    folder = write(tmp_path / "model")
    for name in (".weights-0123456789abcdef-0123456789ab.part.npz", "x-0123456789abcdef.npz"):
        (folder / name).write_bytes(b"half")
    write(folder, 1)
    assert everything_in(folder).keys() == everything_in(write(tmp_path / "new", 1)).keys()


def test_what_could_not_be_read_again_is_not_written(tmp_path, monkeypatch):
    folder = write(tmp_path / "model")
    monkeypatch.setattr("rnnzoo.pipelines.storage.model.LARGEST_JSON", 1000)
    with pytest.raises(ModelFileError, match="too large to be read again"):
        write_folder(folder, "toy", {"text": "x" * 1000}, ARRAYS)
    assert number_in(folder) == 0


def test_a_folder_of_the_user_may_be_a_link(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    assert number_in(write(tmp_path / "link", 3)) == number_in(tmp_path / "there") == 3


def test_a_lock_that_another_file_is(tmp_path, victim):
    folder = write(tmp_path / "model")
    (folder / ".lock").unlink()
    (folder / ".lock").hardlink_to(victim)
    with pytest.raises(ArgumentError, match=r"\(.lock\)"):
        write(folder, 1)


def test_a_file_of_the_version_before_that_was_killed(tmp_path):
    folder = write(tmp_path / "model")
    (folder / ".weights.npz.tmp").write_bytes(b"half")
    write(folder, 1)
    assert not (folder / ".weights.npz.tmp").exists()


@pytest.mark.parametrize("name", ["a" * 300, "nul\0", "~nobody-is-called-so/x", 7, None, b"x"])
def test_names_that_no_folder_has(name):
    with pytest.raises((ArgumentError, ArgumentTypeError), match="`folder`"):
        named_folder(name)
