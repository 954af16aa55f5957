import pytest
from rnnzoo import ArgumentError
from rnnzoo.experiments.study.outputs import check_folder
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


@pytest.mark.parametrize("there", [True, False])
def test_a_model_is_not_saved_through_a_link(tmp_path, there):
    """A download may hold a link where an experiment saves its model."""
    if there:
        (tmp_path / "production").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model-gru").symlink_to(tmp_path / "production")
    with pytest.raises(ArgumentError, match="model-gru is a link"):
        check_folder(tmp_path / "out", ["lstm", "gru"])
