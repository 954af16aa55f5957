"""Encodings: read where a byte order mark or UTF-8 says them, else asked for with a proposal."""

import pytest
from rnnzoo.datasets import read_like, read_series
from rnnzoo.datasets.tabular import text_file
from rnnzoo.errors import DataError

from .conftest import remedies

WORD = "ds,y,Größe\n" + "".join(f"2024-01-0{day},{day},1\n" for day in range(1, 4))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WORD.encode("latin-1"), ["0xF6 in line 1", "'Größe'", "here the same as Latin-1"]),
        (WORD.replace("Größe", "€").encode("cp1252"), ["0x80 in line 1", "'€'", "not Latin-1"]),
        (WORD.encode("utf-16-le"), ["UTF-16 without a byte order mark"]),
        (WORD.encode("utf-16-be"), ["UTF-16 without a byte order mark"]),
    ],
)
def test_encodings_that_are_not_certain(content, words, write):
    path = write(content)
    with pytest.raises(DataError) as caught:
        read_series(path)
    for word in words:
        assert word in str(caught.value)
    remedy = remedies(caught)[0]
    series = read_series(path, **remedy)
    assert series.schema.others in (("Größe",), ("€",))
    assert series.repairs == ()
    assert read_like(path, series.schema).schema == series.schema  # known by now


def test_other_encodings(write, monkeypatch):
    for codec in ("utf-16", "utf-32", "utf-8-sig"):
        series = read_series(write(WORD.encode(codec)))
        assert series.schema.others == ("Größe",) and series.repairs == ()
        assert read_series(write(("Titel\n" + WORD).encode(codec))).schema.others == ("Größe",)
    with pytest.raises(DataError, match=r"0x81.*Nor is it cp1252"):
        read_series(write(WORD.replace("ö", "ü").encode("cp850")))
    assert read_series(write(WORD.encode("cp850")), encoding="cp850").schema.others == ("Größe",)
    with pytest.raises(DataError, match="no text in ascii, near line 1"):
        read_series(write(WORD), encoding="ascii")
    monkeypatch.setattr(text_file, "BLOCK", 7)  # letters of several bytes are cut
    bad = WORD.replace("2,1", "x,1")
    for codec in ("utf-16", "cp1252"):
        encoding = None if codec == "utf-16" else codec
        with pytest.raises(DataError, match=r"line 3 \('x'\)"):
            read_series(write(bad.encode(codec)), encoding=encoding)
