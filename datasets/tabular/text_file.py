"""Files of text as streams of UTF-8, whatever their encoding, and their lines."""

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from ...errors import DataError

BLOCK = 2**22  # bytes read at once
LONGEST = 2**26  # most bytes in a line: a file without line ends must not fill the memory
LETTERS = 40  # of a damaged word in a message
#: Byte order marks; that of UTF-32 begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\n)")
_AROUND = re.compile(rb"[^\s,;|\"]*$"), re.compile(rb"[^\s,;|\"]*")

#: Opens the unpacked file from its start; also returns a function for the share read, in [0, 1].
Opener = Callable[[], tuple[BinaryIO, Callable[[], float]]]


@dataclass(frozen=True)
class TextFile:
    """A file of text.

    Attributes:
        opener: opens the file.
        name: file name, for messages.
        encoding: name of a codec.
    """

    opener: Opener
    name: str
    encoding: str

    def opened(self, drop: int = 0) -> tuple[BinaryIO, Callable[[], float]]:
        """The content as UTF-8, without byte order mark and the first `drop` lines."""
        stream, share = self.opener()
        plain = _is_utf8(self.encoding)
        content = _Blocks(stream, None if plain else self.encoding, self.name, drop)
        return cast(BinaryIO, io.BufferedReader(content, 2**16)), share

    def lines(self, stream: BinaryIO, done: int = 0) -> Iterator[str]:
        """The lines of a stream of `opened`, of which `done` were dropped.

        Raises:
            DataError: a byte that is no UTF-8, a NUL byte, or a line too long; names the line.
        """
        rest = b""
        while block := stream.read(BLOCK):
            cut = block.rfind(b"\n") + 1
            if not cut:
                rest += block
                if len(rest) > LONGEST:
                    raise DataError(
                        f"{self.name}: Line {done + 1} is longer than {LONGEST >> 20} MiB. The "
                        "file is no CSV, or it is damaged."
                    )
                continue
            whole, rest = rest + block[:cut], block[cut:]
            yield from _lines(whole, self.name, done)
            done += whole.count(b"\n")
        yield from _lines(rest, self.name, done)


def open_text(opener: Opener, name: str, given: str | None, hint: str | None = None) -> TextFile:
    """Finds the encoding of a file: the given one, that of its byte order mark, else UTF-8.

    Args:
        opener: opens the file.
        name: file name, for messages.
        given: name of a codec.
        hint: codec of an earlier table, for a file that is no UTF-8.
    """
    stream, _ = opener()
    with stream:
        head = stream.read(2**16)
    marked = next((codec for mark, codec in MARKS if head.startswith(mark)), None)
    if given is None and marked is None and hint is not None and not _may_be_utf8(head):
        given = hint
    encoding = given or marked or "utf-8"
    if marked == "utf-16" and codecs.lookup(encoding).name in ("utf-16-le", "utf-16-be"):
        encoding = "utf-16"  # which takes the mark off
    return TextFile(opener, name, encoding)


class _Blocks(io.RawIOBase):
    """A stream turned to UTF-8 block by block, without its first lines."""

    def __init__(self, stream: BinaryIO, encoding: str | None, name: str, drop: int):
        self.stream, self.encoding, self.name = stream, encoding, name
        self.decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
        self.lines, self.ended, self.begun, self.rest = 0, False, False, b""
        self._drop(drop)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self.stream.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self.rest and not self.ended:
            self.rest = self._block()
        taken = self.rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self.rest = self.rest[len(taken) :]
        return len(taken)

    def _block(self) -> bytes:
        block = self.stream.read(2**16)
        self.ended = not block
        if self.decoder is None:
            first = not self.begun
            self.begun = True
            return block.removeprefix(codecs.BOM_UTF8) if first else block
        try:
            text = self.decoder.decode(block, final=self.ended)
        except UnicodeError as error:
            raise DataError(
                f"{self.name}: The file is no text in {self.encoding}, near line "
                f"{self.lines + 1}: {error}. Name the encoding that it was written in."
            ) from error
        self.lines += text.count("\n")
        if text and not self.begun:
            self.begun, text = True, text.removeprefix("\ufeff")
        return text.encode("utf-8", "surrogatepass")

    def _drop(self, lines: int) -> None:
        while lines:
            ends = list(_LINE_END.finditer(self.rest))
            # a carriage return at the end of a block may be the first half of a line end
            sure = [end for end in ends if end.end() < len(self.rest) or self.ended]
            if len(sure) >= lines:
                self.rest = self.rest[sure[lines - 1].end() :]
                return
            if sure:
                lines -= len(sure)
                self.rest = self.rest[sure[-1].end() :]
            if self.ended:
                self.rest = b""
                return
            self.rest += self._block()
            if len(self.rest) > LONGEST:
                raise DataError(f"{self.name}: The file has no line ends. It is no CSV.")


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _may_be_utf8(head: bytes) -> bool:
    """Whether the head of a file has letters beyond ASCII and is UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return not head.isascii()


def _lines(block: bytes, name: str, done: int) -> Iterator[str]:
    """The lines of a block that comes after `done` lines."""
    if (zero := block.find(b"\0")) >= 0:
        line = done + block.count(b"\n", 0, zero) + 1
        even, odd = block[:200:2], block[1:200:2]
        for zeros, letters, codec in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
            if not done and len(block) > 3 and not any(zeros) and all(letters):
                raise DataError(
                    f"{name}: Every second byte of the file is zero: it is UTF-16 without a byte "
                    f'order mark. Say encoding="{codec}" (--encoding {codec}).'
                )
        raise DataError(
            f"{name}: Line {line} holds a NUL byte; the file is binary or damaged. If it is text, "
            f"remove them: tr -d '\\000' < {name} > cleaned.csv"
        )
    try:
        return io.StringIO(block.decode("utf-8"), newline="")
    except UnicodeDecodeError as error:
        raise _not_utf8(block, error.start, name, done) from error


def _not_utf8(block: bytes, at: int, name: str, done: int) -> DataError:
    """Tells cp1252 from Latin-1: letters between 0x80 and 0x9F are in the first alone."""
    line = done + block.count(b"\n", 0, at) + 1
    before, after = _AROUND
    left, right = before.search(block, max(0, at - LETTERS), at), after.match(block, at)
    word = (left[0] if left else b"") + (right[0] if right else b"")[:LETTERS]
    found = f"{name}: The file is not UTF-8 text: byte 0x{block[at]:02X} in line {line}."
    try:
        read = word.decode("cp1252")
        bytes(b for b in block if b >= 0x80).decode("cp1252")
    except UnicodeDecodeError:
        return DataError(
            f"{found} Nor is it cp1252 (Western Windows). Name the encoding of the program that "
            'wrote it, e.g. encoding="cp850" or "cp1250" (--encoding cp850).'
        )
    beyond = re.search(rb"[\x80-\x9f]", block)
    latin = "and not Latin-1, which has no such letters" if beyond else "here the same as Latin-1"
    return DataError(
        f"{found} As cp1252 (Western Windows, {latin}) it reads {read!r}: if that is right, say "
        'encoding="cp1252" (--encoding cp1252); else name the encoding of the program that wrote '
        'it, e.g. encoding="cp1250".'
    )
