"""YAML as experiments are written in: plain values, each key once, numbers read as numbers."""

import re
from pathlib import Path
from typing import Any

import yaml

from ...errors import ArgumentError

LIMIT = 2**20  # bytes: an experiment is a page of text


class _Loader(yaml.SafeLoader):
    """Refuses what a reader would overlook: a key given twice, a value that stands elsewhere."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(None, None, "aliases (*) are not read: write it out", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                problem = f"a key must be text, not {key.value!r}"
                raise yaml.MarkedYAMLError(None, None, problem, key.start_mark)
            if key.value in seen:
                problem = f"the key {key.value!r} is given twice"
                raise yaml.MarkedYAMLError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# 1e-3 is a number: YAML 1.1, which the library follows, wants a point in it
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+"), list("-+0123456789")
)


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a file holds.

    Raises:
        ArgumentError: no such file; too large; no YAML, or YAML that makes objects, gives a key
            twice or refers to itself. Names the line.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise ArgumentError(f"{path}: The file is too large to describe an experiment.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ArgumentError(f"{path}: The file cannot be read: {reason}.") from error
    found = parsed(text, str(path))
    if not isinstance(found, dict):
        raise ArgumentError(
            f"{path}: An experiment is a mapping of keys to values. Received: {found!r}"
        )
    return found


def parsed(text: str, where: str) -> Any:
    """The value of a text.

    Args:
        text: YAML.
        where: what messages call it.

    Raises:
        ArgumentError: as `read_yaml`.
    """
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error) or "nested too deeply"
        if "could not determine a constructor" in problem:
            problem = f"objects are not read: {problem.rpartition(' ')[2]}"
        raise ArgumentError(f"{where}{line}: No YAML that can be used: {problem}") from error


def dumped(values: dict[str, Any]) -> str:
    """Plain values as YAML, in their order."""
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)
