import pytest
from rnnzoo.pipelines.storage.files import replacing
from rnnzoo.pipelines.storage.names import slug


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/b", "", "naïve  name?"])
def test_a_slug_is_a_safe_file_name(name):
    assert "/" not in slug(name)
    assert slug(name) not in ("", ".", "..")


def test_a_file_that_breaks_leaves_the_older_one(tmp_path):
    path = tmp_path / "table.csv"
    with replacing(path) as fresh:
        fresh.write_text("old")
    with pytest.raises(OSError, match="disk full"), replacing(path) as fresh:
        fresh.write_text("ne")
        raise OSError("disk full")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_an_error_names_the_file_that_was_meant(tmp_path):
    path = tmp_path / "table.csv"
    path.mkdir()
    with pytest.raises(IsADirectoryError) as caught, replacing(path) as fresh:
        fresh.write_text("a")
    assert caught.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as missing, replacing(tmp_path / "no" / "a.csv") as fresh:
        fresh.write_text("a")
    assert missing.value.filename == str(tmp_path / "no" / "a.csv")
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]
