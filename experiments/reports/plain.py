"""Text from outside, made harmless for a terminal."""

import re

#: Control characters but the end of a line; those that turn the direction of text or end a line
#: unseen.
_CONTROL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def visible(text: str) -> str:
    r"""Text whose control characters are written out: a terminal does nothing that a name says.

    >>> visible("red \x1b[31m")
    'red \\x1b[31m'
    """
    return _CONTROL.sub(lambda found: _escaped(found[0]), text)


def cell(text: str) -> str:
    """The same for a cell of a table, which has one line."""
    return visible(text).replace("\n", r"\n")


def _escaped(character: str) -> str:
    code = ord(character)
    return "\\t" if character == "\t" else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
