"""The commit of the working directory, found without running what its repository asks for.

A repository may come from a stranger, and its configuration names programs that git runs: a
monitor of files, filters, hooks. So the commit is read from the files of the repository, and git
itself, which alone can tell whether files differ, reads another configuration: an empty one.
"""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 10  # seconds for git
LIMIT = 2**24  # bytes of a file of a repository: a list of all its branches may be long
HASH = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
REFERENCE = re.compile(r"ref: (refs/[\w./+@-]+)")


@dataclass(frozen=True)
class Repository:
    """A repository of git.

    Attributes:
        top: folder whose files it follows.
        own: where its HEAD and its index are.
        common: where its objects and branches are: for all working trees of it the same.
    """

    top: Path
    own: Path
    common: Path


def git_tags() -> dict[str, str]:
    """The `commit` of the working directory, if it has one; `dirty` where files differ from it."""
    try:
        repository = _repository(Path.cwd())
    except (OSError, ValueError):  # no working directory, or one that cannot be read
        return {}
    commit = "" if repository is None else _commit(repository)
    if repository is None or not commit:
        return {}
    return {"commit": commit} | ({"dirty": "true"} if _differs(repository, commit) else {})


def _repository(folder: Path) -> Repository | None:
    for top in (folder, *folder.parents):
        own = top / ".git"
        if own.is_file():  # of a second working tree, or a submodule
            named = re.fullmatch(r"gitdir: (.+)", _text(own))
            if named is None:
                return None
            own = top / named[1]
        if (own / "HEAD").is_file():
            common = _text(own / "commondir")
            return Repository(top, own, own / common if common else own)
    return None


def _commit(repository: Repository) -> str:
    """The hash of the commit; `""` if there is none, or it is stored in another form than files."""
    head = _text(repository.own / "HEAD")
    named = REFERENCE.fullmatch(head)
    if named is None:
        return head if HASH.fullmatch(head) else ""
    if ".." in named[1]:
        return ""
    found = _text(repository.common / named[1])
    if not found:
        packed = _text(repository.common / "packed-refs").splitlines()
        pairs = (line.partition(" ") for line in packed)
        found = next((commit for commit, _, name in pairs if name == named[1]), "")
    return found if HASH.fullmatch(found) else ""


def _differs(repository: Repository, commit: str) -> bool:
    """Whether a file that the commit holds differs from it."""
    git = _git()
    index = repository.own / "index"
    if git is None or not index.is_file():
        return False
    with tempfile.TemporaryDirectory(prefix="rnnzoo-git-") as empty:
        _make_empty(Path(empty), commit)
        objects = str(repository.common / "objects")
        ours = {
            "GIT_DIR": empty,
            "GIT_WORK_TREE": str(repository.top),
            "GIT_INDEX_FILE": str(index),
        }
        ours |= {"GIT_OBJECT_DIRECTORY": objects, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        others = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        # of a submodule git would read the configuration; a mode is not set alike everywhere
        settings = ("core.fsmonitor=false", "core.hooksPath=", "core.fileMode=false")
        command = [git, *(word for each in settings for word in ("-c", each))]
        command += ["status", "--porcelain", "--untracked-files=no", "--ignore-submodules=all"]
        try:
            done = subprocess.run(
                command,
                cwd=repository.top,
                env=others | ours,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=PATIENCE,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return done.returncode == 0 and bool(done.stdout.strip())


def _make_empty(folder: Path, commit: str) -> None:
    """A repository without settings, at a commit."""
    sha256 = len(commit) == 64
    config = f"[core]\nrepositoryformatversion = {int(sha256)}\nbare = false\n"
    config += "[extensions]\nobjectFormat = sha256\n" if sha256 else ""
    (folder / "config").write_text(config)
    (folder / "HEAD").write_text(f"{commit}\n")
    for name in ("refs", "objects"):
        (folder / name).mkdir()


def _git() -> str | None:
    """The program, from the absolute folders of PATH: one in the working directory is not run."""
    for folder in os.get_exec_path():
        found = shutil.which("git", path=folder) if os.path.isabs(folder) else None
        if found and Path(found).parent == Path(folder):
            return found
    return None


def _text(path: Path) -> str:
    """What is in a small text file; `""` if it is not there."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return ""
        with path.open("rb") as file:
            content = file.read(LIMIT)
    except OSError:
        return ""
    return content.decode(errors="replace").strip()
