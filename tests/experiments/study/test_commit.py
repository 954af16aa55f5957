"""The commit of a working directory that may be a stranger's."""

import os
import subprocess

import pytest
from rnnzoo.experiments.study.commit import git_tags
from rnnzoo.experiments.study.environment import environment


def git(*arguments):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def repository(here):
    """A repository with one commit."""
    git("init")
    (here / "a.py").write_text("1")
    git("add", "a.py")
    git("commit", "-m", "a")
    return here


def test_the_commit_of_the_working_directory(here, monkeypatch):
    assert git_tags() == {}
    git("init")
    assert git_tags() == {}  # no commit yet
    (here / "a.py").write_text("1")
    git("add", "a.py")
    git("commit", "-m", "a")
    assert git_tags() == {"commit": git("rev-parse", "HEAD")}
    (here / "data.csv").write_text("new")
    assert "dirty" not in git_tags()
    os.utime(here / "a.py", (1, 1))  # only its time is another
    assert "dirty" not in git_tags()
    (here / "a.py").write_text("2")
    assert git_tags()["dirty"] == "true"
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert git_tags() == {"commit": git("rev-parse", "HEAD"), "dirty": "true"}


def test_branches_in_one_file_other_working_trees_and_staged_files(repository, monkeypatch):
    commit = git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert git_tags() == {"commit": commit}
    git("worktree", "add", "-b", "other", "../there")
    git("checkout", "--detach")
    assert git_tags() == {"commit": commit}
    monkeypatch.chdir(repository.parent / "there")
    assert git_tags() == {"commit": commit}
    (repository.parent / "there" / "b.py").write_text("2")
    git("add", "b.py")
    assert git_tags()["dirty"] == "true"


def test_a_repository_runs_nothing(repository, monkeypatch):
    """Whatever its configuration names; a second commit shows that git would run some of it."""
    bad = repository.parent / "bad"
    ran = repository.parent / "ran"
    bad.write_text(f"#!/bin/sh\necho $0 $* >> {ran}\ncat\n")
    bad.chmod(0o755)
    (repository / "a.csv").write_text("1")
    git("add", "a.csv")
    git("commit", "-m", "b")
    hooks = repository / "hooks"
    hooks.mkdir()
    names = ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction")
    for hook in (*(hooks / name for name in names), repository / "git", repository / "uname"):
        hook.write_bytes(bad.read_bytes())
        hook.chmod(0o755)
    (repository / ".gitattributes").write_text("* filter=x diff=x merge=x\n")
    more = repository / ".git" / "more"
    more.write_text(f"[core]\nfsmonitor = {bad}\n")
    for key, value in {
        "core.fsmonitor": bad, "core.hooksPath": hooks, "filter.x.clean": bad,
        "filter.x.smudge": bad, "filter.x.process": bad, "filter.x.required": "true",
        "diff.external": bad, "diff.x.textconv": bad, "diff.x.command": bad, "core.pager": bad,
        "pager.status": bad, "core.editor": bad, "core.sshCommand": bad, "gpg.program": bad,
        "core.askPass": bad, "credential.helper": bad, "alias.status": f"!{bad}",
        "include.path": more, "core.worktree": "/", "core.attributesFile": ".gitattributes",
    }.items():  # fmt: skip
        git("config", key, str(value))
    for path in (repository / "a.py", repository / "a.csv"):
        os.utime(path, (1, 1))  # git has to read it
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}{os.environ['PATH']}")
    tags = git_tags()
    environment()
    assert not ran.exists()
    assert len(tags["commit"]) == 40 and "dirty" not in tags
    monkeypatch.setenv("PATH", os.environ["PATH"].lstrip(f".{os.pathsep}"))
    subprocess.run(["git", "status"], capture_output=True, check=False)
    assert ran.exists()  # what is avoided


@pytest.mark.parametrize(
    "change",
    [
        ("HEAD", b"ref: ../../../etc/passwd"),
        ("HEAD", b"ref: refs/../../../x"),
        ("HEAD", b"\xff" * 99),
        ("index", b"DIRC" + b"\xff" * 99),
        ("commondir", None),
    ],
)
def test_a_repository_that_is_none(repository, change):
    name, content = change
    path = repository / ".git" / name
    if content is None:
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    assert git_tags().keys() <= {"commit"}


def test_a_file_in_place_of_a_repository(here, monkeypatch):
    for content in ("gitdir: /dev", "gitdir: .", "nothing", ""):
        (here / ".git").write_text(content)
        assert git_tags() == {}
    (here / "gone").mkdir()
    monkeypatch.chdir(here / "gone")
    (here / "gone").rmdir()
    assert git_tags() == {}
