"""Clips: made ones, users' own, and what is refused."""

import gzip
import struct

import numpy as np
import pytest
from rnnzoo.datasets import CLIP_DATASETS, checked_frames, describe, load_clips, read_clips
from rnnzoo.datasets.files import open_idx
from rnnzoo.datasets.sources.moving import moving
from rnnzoo.errors import ArgumentError, DataError

RNG = np.random.default_rng(0)
FILM = RNG.integers(0, 256, (90, 8, 6), "uint8")
CLIPS = RNG.random((3, 4, 8, 8), "float32")


def test_moving_digits():
    clips = load_clips("moving-digits")
    assert clips.test.shape == (200, 20, 32, 32, 1)
    assert clips.validation.shape == (64, 20, 32, 32, 1)
    assert clips.test.dtype == "uint8"
    np.testing.assert_array_equal(clips.test, load_clips("moving-digits").test)
    np.testing.assert_array_equal(clips.training(2, 5), clips.training(2, 5))
    assert not np.array_equal(clips.training(2, 5), clips.training(2, 6))


def test_a_digit_goes_straight_and_turns_at_the_edge():
    dot = np.full((1, 2, 2), 200, "uint8")
    film = moving(dot, clips=20, frames=30, canvas=12, rng=np.random.default_rng(1), count=1)
    assert film.shape == (20, 30, 12, 12, 1)
    for clip in film[..., 0]:
        places = np.array([np.argwhere(frame)[0] for frame in clip])  # top left
        assert [(frame == 200).sum() for frame in clip] == [4] * 30
        assert places.min() == 0 and places.max() == 10
        steps = np.abs(np.diff(places, axis=0))
        assert steps.max() <= 2  # a tenth of the free way, cut to pixels, or a turn


def test_the_brighter_digit_shows():
    digits = np.array([np.full((4, 4), 90), np.full((4, 4), 200)], "uint8")
    film = moving(digits, clips=30, frames=4, canvas=5, rng=np.random.default_rng(0))
    assert set(np.unique(film)) == {0, 90, 200}
    assert ((film == 200).sum(axis=(2, 3, 4)) % 16 == 0).any()


def idx(images):
    return struct.pack(">4B3i", 0, 0, 8, 3, *images.shape) + images.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder in MNIST's form, with few images: one file packed, one not."""
    images = RNG.integers(0, 256, (5010, 28, 28), "uint8")
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images), 1))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(images[:20]))
    return tmp_path


def test_moving_mnist_is_made_from_files_in_a_folder(mnist):
    clips = load_clips("moving-mnist", mnist)
    assert clips.test.shape == (1000, 20, 64, 64, 1)
    assert clips.validation.shape == (200, 20, 64, 64, 1)
    assert clips.training(3, 0).shape == (3, 20, 64, 64, 1)


BROKEN_IDX = {
    "cut short": lambda content: content[:-1],
    "too long": lambda content: content + b"0",
    "labels": lambda content: content[:3] + b"\x01" + content[4:],
    "not packed": lambda content: content[:40],
}


@pytest.mark.parametrize("how", BROKEN_IDX)
def test_damaged_idx_files(tmp_path, how):
    name = "t10k-images-idx3-ubyte"
    (tmp_path / name).write_bytes(BROKEN_IDX[how](idx(np.zeros((2, 28, 28), "uint8"))))
    with pytest.raises(DataError, match=f"{name}: This is no IDX file of images, or it is damaged"):
        open_idx(tmp_path, name)


def test_gzip_that_is_none(tmp_path):
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz: The file cannot be read"):
        open_idx(tmp_path, "t10k-images-idx3-ubyte")


def test_folders_missing_and_not_needed(tmp_path):
    with pytest.raises(ArgumentError, match="name the `folder`"):
        load_clips("moving-mnist")
    with pytest.raises(ArgumentError, match="moving-digits is made from no files"):
        load_clips("moving-digits", tmp_path)
    with pytest.raises(DataError, match="There is no train-images-idx3-ubyte"):
        load_clips("moving-mnist", tmp_path)
    with pytest.raises(ArgumentError, match="Did you mean moving-digits"):
        load_clips("moving-digit")
    assert all(describe(name) for name in CLIP_DATASETS)


def test_a_film_is_split_by_time_before_it_is_cut():
    clips = read_clips(FILM, length=4)
    whole = FILM[..., None]
    assert clips.training.shape == (58 - 3, 4, 8, 6, 1)
    np.testing.assert_array_equal(clips.training[-1], whole[54:58])
    np.testing.assert_array_equal(clips.validation[0], whole[58:62])
    np.testing.assert_array_equal(clips.validation[-1], whole[68:72])
    np.testing.assert_array_equal(clips.test[0], whole[72:76])
    np.testing.assert_array_equal(clips.test[-1], whole[86:90])
    assert np.shares_memory(clips.training[0], clips.training[1])  # views


def test_clips_are_split_in_their_order():
    many = RNG.random((10, 5, 8, 8, 3), "float32")
    clips = read_clips(many, length=4, name="mine")
    assert clips.name == "mine"
    np.testing.assert_array_equal(clips.training, many[:7, :4])
    np.testing.assert_array_equal(clips.validation, many[7:8, :4])
    np.testing.assert_array_equal(clips.test, many[8:, :4])


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_files_of_frames(tmp_path, ending):
    path = tmp_path / f"camera.{ending}"
    if ending == "npy":
        np.save(path, FILM)
    else:
        np.savez(path, time=np.arange(90), frames=FILM)
    clips = read_clips(path, length=4)
    assert clips.name == "camera"
    np.testing.assert_array_equal(clips.test[0, ..., 0], FILM[72:76])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"Did you mean film.npy"):
        (tmp_path / "film.npy").write_bytes(b"not an array")
        read_clips(tmp_path / "flim.npy")
    with pytest.raises(DataError, match=r"film.npy: The file cannot be read as frames"):
        read_clips(tmp_path / "film.npy")
    with pytest.raises(DataError, match="read from .npy and .npz"):
        (tmp_path / "film.mp4").write_bytes(b"x")
        read_clips(tmp_path / "film.mp4")
    with pytest.raises(DataError, match="Received: 'a', 'b'"):
        np.savez(tmp_path / "two.npz", a=FILM, b=FILM)
        read_clips(tmp_path / "two.npz")
    with pytest.raises(DataError, match="cannot be read as frames: it holds Python objects"):
        np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
        read_clips(tmp_path / "objects.npy")


def nan_at(frames, *place):
    frames = frames.copy()
    frames[place] = np.nan
    return frames


REFUSED = {
    "no clips": ([], "There are no frames.*an empty list"),
    "no frames": (np.zeros((2, 0, 8, 8)), r"There are no frames.*\(2, 0, 8, 8, 1\)"),
    "mixed sizes": ([CLIPS[0], CLIPS[1][:, :4]], r"clip 0 of shape \(4, 8, 8\), clip 1 of shape"),
    "uint8 against float": (
        [CLIPS[0], CLIPS[1].astype("uint8")],
        "clip 0 of float32, clip 1 of uint8.*Divide the uint8 ones by 255",
    ),
    "whole numbers": ((255 * CLIPS).astype("int64"), "Received: int64"),
    "16 bits": (np.zeros((2, 4, 8, 8), "uint16"), "Received: uint16.*65535 for 16 bits"),
    "masks": (CLIPS > 0.5, r"Received: bool. Convert them: frames.astype\('float32'\)"),
    "words": (np.array(["a"]), "Received: <U1.$"),
    "sizes mixed in a clip": (
        [[CLIPS[0, 0], CLIPS[0, 1, :4]]],
        r"Received: clip 0 with parts of shapes \(4, 8\), \(8, 8\)",
    ),
    "objects": (np.array([None, 1]), "Received: objects"),
    "channels first": (RNG.random((2, 4, 3, 8, 8)), r"seem to come first: np.moveaxis\(frames"),
    "channels before time": (RNG.random((2, 3, 5, 8, 8)), r"np.moveaxis\(frames, 1, -1\)"),
    "many channels": (RNG.random((2, 4, 8, 8, 5)), "4 at most"),
    "one clip": (CLIPS[0], r"Pass frames\[None\] if it is one clip"),
    "one clip of colors": (RNG.random((6, 8, 8, 3)), r"one clip of shape .*frames\[None\]"),
    "NaN": (nan_at(CLIPS, 1, 2, 3, 4), "Received: .*nan.* at clip 1, frame 2, row 3, column 4"),
    "infinity": (nan_at(CLIPS, 0, 1, 2, 3) * np.inf, "must be finite"),
    "0 to 255": (255 * CLIPS, "lie between 0 and 1.*Divide them"),
    "negative": (CLIPS - 0.5, "lie between 0 and 1.*Shift and scale them"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_frames_that_cannot_be_used(fault):
    frames, message = REFUSED[fault]
    with pytest.raises(DataError, match=message):
        checked_frames(frames)


@pytest.mark.parametrize(
    ("film", "message"),
    [
        (FILM[:11], "At least 12 frames are needed.*Received: 11 frames"),
        (FILM[:0], "There are no frames"),
        (nan_at(FILM / 255, 7, 1, 2), "at frame 7, row 1, column 2"),
        (CLIPS[..., None], r"Clips must hold 5 frames.*Received: 4 frames"),
        (CLIPS, r"channels first, move them: np.moveaxis\(film, 1, -1\)"),
        (np.zeros((5, 9, 8, 8), "uint8"), r"Swap them: np.swapaxes\(frames, 0, 1\)"),
    ],
)
def test_films_that_cannot_be_cut(film, message):
    length = 4 if len(film.shape) == 3 else 5
    with pytest.raises(DataError, match=message):
        read_clips(film, length)


def test_a_list_of_frames_is_a_film():
    np.testing.assert_array_equal(read_clips([*FILM], 4).test, read_clips(FILM, 4).test)
    with pytest.raises(DataError, match=r"frame 0 of shape \(8, 6\), frame 2 of shape \(4, 6\)"):
        read_clips([FILM[0], FILM[1], FILM[2][:4]])


def test_rounding_errors_of_a_resize_are_no_fault():
    assert checked_frames(CLIPS.clip(0, 1) * (1 + 1e-6)).shape == (3, 4, 8, 8, 1)


def test_a_folder_with_other_images_than_those_of_mnist(mnist):
    (mnist / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((5, 70, 70), "uint8")))
    with pytest.raises(DataError, match=r"28 × 28 pixels. Received: .*\(70, 70\)"):
        load_clips("moving-mnist", mnist)
    (mnist / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((100, 28, 28), "uint8")))
    with pytest.raises(DataError, match="More than 5,000 train images are needed"):
        load_clips("moving-mnist", mnist)


def test_frames_keep_their_type_and_gain_a_channel():
    assert checked_frames(FILM[None]).dtype == "uint8"
    assert checked_frames(CLIPS.astype("float64")).dtype == "float32"
    assert checked_frames([*CLIPS]).shape == (3, 4, 8, 8, 1)
