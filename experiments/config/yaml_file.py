"""YAML as experiments are written in: plain values, each key once, numbers read as numbers."""

import re
import stat
from pathlib import Path
from typing import Any

import yaml

from ...errors import ArgumentError

SHOWN = 300  # characters of a path in a message
LIMIT = 2**20  # bytes: an experiment is a page of text


class _Loader(yaml.SafeLoader):
    """Refuses what a reader would overlook: a key given twice, a value that stands elsewhere."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(None, None, "aliases (*) are not read: write it out", mark)
        event = self.peek_event()
        if tag := getattr(event, "tag", None):
            problem = f"objects are not read, and no other tags: {tag[:80]!r}. Leave it out"
            raise yaml.MarkedYAMLError(None, None, problem, event.start_mark)
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


# Numbers and true or false as JSON writes them. YAML 1.1, which the library follows, would read 010
# as 8, 1:30 as 90, no as false and 2026-01-01 as a date; here they are text.
_SCALARS = {
    "bool": ("true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
}
_Loader.yaml_implicit_resolvers = {}
for _name, (_form, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_form})$"), list(_first)
    )


class _Dumper(yaml.SafeDumper):
    """Quotes what is text, but a number or another value to us or to YAML 1.1."""


_Dumper.yaml_implicit_resolvers = {
    first: [
        *_Loader.yaml_implicit_resolvers.get(first, []),
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, []),
    ]
    for first in {*_Loader.yaml_implicit_resolvers, *yaml.SafeDumper.yaml_implicit_resolvers}
}


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a file holds.

    Raises:
        ArgumentError: no such file; too large; no YAML, or YAML that makes objects, gives a key
            twice or refers to itself. Names the line.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise ArgumentError(f"{path}: It is no file. Name the YAML file of an experiment.")
        if path.stat().st_size > LIMIT:
            raise ArgumentError(f"{path}: The file is too large to describe an experiment.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ArgumentError(f"{str(path)[:SHOWN]}: The file cannot be read: {reason}.") from error
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
        raise ArgumentError(f"{where}{line}: No YAML that can be used: {problem}") from error


def dumped(values: dict[str, Any]) -> str:
    """Plain values as YAML, in their order."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
