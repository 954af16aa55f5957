"""Opens files: the only place where data come in from the disk."""

import csv
import difflib
import gzip
import io
import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import DataError
from .table import Table, names

LIMIT = 2**31  # bytes, unpacked: a damaged or hostile archive must not fill the memory
IDX_IMAGES = b"\0\0\x08\x03"  # the head of an IDX file: bytes, in three axes
UNPACKING = (gzip.BadGzipFile, EOFError, zlib.error)
EMPTY = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A"]


def open_table(path: str | Path, text: Collection[str] = ()) -> Table:
    """Reads a `.csv`, `.csv.gz` or `.parquet` file.

    Args:
        path: the file. CSV is UTF-8 with commas and a header; empty cells and
            `NA`, `NaN`, `null` and the like are missing values.
        text: columns of a CSV file that stay text, such as times and ids.

    Raises:
        DataError: missing, empty, damaged, too large, in another encoding, or
            with rows that do not fit the header. Names the line.
    """
    path = _existing(path)
    name = path.name.lower()
    if not name.endswith((".csv", ".csv.gz", ".parquet")):
        raise DataError(
            f"{path.name}: Only .csv, .csv.gz and .parquet files are read. "
            "Read other kinds with pandas and pass the frame."
        )
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path.name}: The file is empty.")
        if name.endswith(".parquet"):
            return Table(pd.read_parquet(path), path.name)
        return _csv(_content(path), path.name, text)
    except UNPACKING as error:
        raise DataError(f"{path.name}: The gzip file is damaged or cut short ({error}).") from error
    except DataError:
        raise
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise DataError(f"{path.name}: The file cannot be read: {error}") from error


def open_frames(path: str | Path) -> np.ndarray:
    """Reads the frames of a `.npy` or `.npz` file, whatever their shape.

    Of a `.npz` file it takes the array called `frames`, or else the only one.

    Raises:
        DataError: missing, damaged, too large, or with no such array.
    """
    path = _existing(path)
    if not path.name.lower().endswith((".npy", ".npz")):
        raise DataError(
            f"{path.name}: Frames are read from .npy and .npz files. Read other kinds with "
            "imageio and save the array: np.save('frames.npy', frames)"
        )
    try:
        if _unpacked_size(path) > LIMIT:
            raise DataError(
                f"{path.name}: The frames take more than {LIMIT >> 30} GiB. Cut them in parts."
            )
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            return stored
        with stored:
            return stored[_frames_key(stored.files, path.name)]
    except DataError:
        raise
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{path.name}: The file cannot be read as frames: {error}") from error


def open_idx(folder: str | Path, name: str) -> np.ndarray:
    """Reads the images of an IDX file of MNIST, packed or not: `(images, height, width)`.

    Args:
        folder: where the file lies.
        name: without `.gz`, e.g. `"train-images-idx3-ubyte"`.

    Raises:
        DataError: missing, damaged, or no file of images.
    """
    folder = Path(folder).expanduser()
    found = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
    if not found:
        raise DataError(
            f"There is no {name} and no {name}.gz in the folder {folder}. "
            "Name the folder that holds MNIST's IDX files."
        )
    try:
        content = _content(found[0])
    except (OSError, *UNPACKING) as error:
        raise DataError(f"{found[0].name}: The file cannot be read: {error}") from error
    shape = tuple(np.frombuffer(content[4:16], ">i4").tolist()) if len(content) > 16 else ()
    if content[:4] != IDX_IMAGES or len(content) != 16 + math.prod(shape):
        raise DataError(
            f"{found[0].name}: This is no IDX file of images, or it is damaged "
            f"({len(content):,} bytes unpacked). Fetch it again."
        )
    return np.frombuffer(content[16:], "uint8").reshape(shape)


def _existing(path: str | Path) -> Path:
    path = Path(path).expanduser()
    if path.is_dir():
        raise DataError(f"{path} is a directory. Give the path of a file inside it.")
    if not path.exists():
        raise DataError(f"There is no file {path}.{_near(path)}")
    return path


def _unpacked_size(path: Path) -> int:
    if not zipfile.is_zipfile(path):
        return path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        return sum(member.file_size for member in archive.infolist())


def _frames_key(keys: list[str], name: str) -> str:
    if "frames" in keys or len(keys) == 1:
        return "frames" if "frames" in keys else keys[0]
    raise DataError(
        f"{name}: The frames must be the only array, or be called 'frames'. "
        f"Received: {', '.join(map(repr, keys)) or 'no array'}"
    )


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f" Nor is there a directory {path.parent}."
    close = difflib.get_close_matches(path.name, [p.name for p in path.parent.iterdir()], 3, 0.75)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b" or path.name.lower().endswith(".gz")
    opener = gzip.open if packed else open
    with opener(path, "rb") as file:
        content = file.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise DataError(
            f"{path.name}: The file unpacks to more than {LIMIT >> 30} GiB. "
            "Read what is needed of it and pass that."
        )
    if not content.strip():
        raise DataError(f"{path.name}: The file is empty.")
    return content


def _csv(content: bytes, name: str, text: Collection[str]) -> Table:
    decoded = _decoded(content, name)
    header, lines = _header_and_lines(decoded, name)
    missing = {column: EMPTY for column in header if column not in text}
    try:
        frame = pd.read_csv(
            io.StringIO(decoded),
            index_col=False,  # else pandas takes the first column for an index where rows are long
            low_memory=False,  # else a column can hold numbers and text in turns
            skipinitialspace=True,
            keep_default_na=False,
            na_values=missing,
            dtype={column: "str" for column in text},
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise DataError(f"{name}: The file cannot be read as CSV: {error}") from error
    frame.columns = frame.columns.str.strip()
    if len(frame) != len(lines):
        raise DataError(
            f"{name}: The file cannot be read as CSV: it has stray line ends or quotes."
        )
    return Table(frame, name, lines)


def _decoded(content: bytes, name: str) -> str:
    remedy = "Convert it: iconv -f {0} -t UTF-8 {1} > converted.csv"
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name}: The file is UTF-16, not UTF-8. {remedy.format('UTF-16', name)}")
    if (zero := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, zero) + 1
        raise DataError(
            f"{name}: Line {line} holds a NUL byte; the file is binary or "
            f"damaged. If it is text, remove them: tr -d '\\000' < {name} > cleaned.csv"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte, line = error.object[error.start], error.object.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}: The file is not UTF-8 text: byte 0x{byte:02X} in line {line}. If it is "
            f"Latin-1 (Western European): {remedy.format('LATIN1', name)}"
        ) from error


def _header_and_lines(text: str, name: str) -> tuple[list[str], np.ndarray]:
    """The header, and the line at which each row starts; checks the shape of every row."""
    rows = csv.reader(io.StringIO(text, newline=""), skipinitialspace=True, strict=True)
    header: list[str] = []
    lines: list[int] = []
    widths: list[int] = []
    start = 1
    try:
        for row in rows:
            blank = not row or (len(row) == 1 and not row[0].strip())
            if not blank and not header:
                header = [cell.strip() for cell in row]
            elif not blank:
                lines.append(start)
                widths.append(len(row))
            start = rows.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}: Line {start} cannot be read as CSV: {error}.") from error
    _check_header(header, name)
    width = len(header)
    wrong = [i for i, w in enumerate(widths) if w != width]
    if wrong and len(wrong) == len(widths) and len(set(widths)) == 1 and widths[0] > width:
        raise DataError(
            f"{name}: Every row has {widths[0]} fields, but the header names {width} columns "
            f"({names(header)}). Name every column in line 1, or remove a trailing comma."
        )
    if wrong:
        raise DataError(
            f"{name}: Line {lines[wrong[0]]} has {widths[wrong[0]]} fields where the header has "
            f"{width} ({len(wrong)} such rows in all). Complete or remove them; put text that "
            "contains commas in double quotes."
        )
    return header, np.array(lines, dtype=np.int64)


def _check_header(header: list[str], name: str) -> None:
    twice = [column for column, count in Counter(header).items() if column and count > 1]
    if twice:
        raise DataError(
            f"{name}: Column {twice[0]!r} is named more than once in line 1. Rename one."
        )
    for sign, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(header) == 1 and sign in header[0]:
            raise DataError(
                f"{name}: The columns are separated by {word}, not commas. Read the file with "
                f"pd.read_csv(path, sep={sign!r}), with decimal=',' if need be; pass the frame."
            )
