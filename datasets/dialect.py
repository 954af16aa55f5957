"""How a file writes a table: its separator, its numbers, its encoding, where its header is."""

import codecs
from dataclasses import dataclass, fields
from typing import Any

from ..errors import ArgumentError, text_or_none, whole_number

SIGNS = {"\\t": "\t", "tab": "\t"}  # as shells and files of settings write them
DECIMALS = (".", ",")
THOUSANDS = (",", ".", " ", "'")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written; what is `None` is found where the file leaves no doubt.

    Attributes:
        separator: one sign between columns: `","`, `";"`, `"\\t"`, `"|"` or another.
        decimal: `"."` or `","`.
        thousands: what groups digits in threes: `","`, `"."`, `" "` (of any width) or `"'"`.
        encoding: name of a Python codec of text, e.g. `"cp1252"`; by default UTF-8, or the one
            that the file's byte order mark names.
        skip_rows: number of lines above the header, blank ones included.

    Raises:
        ArgumentError, ArgumentTypeError: a value that cannot be used.
    """

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    skip_rows: int | None = None

    def __post_init__(self) -> None:
        sign = text_or_none("separator", self.separator, "one sign, e.g. ';'")
        if sign is not None:
            object.__setattr__(self, "separator", sign := SIGNS.get(sign, sign))
            if len(sign) != 1 or sign.isalnum() or sign in "\"\r\n\0.+-_'":
                raise ArgumentError(
                    "`separator` must be one sign that columns have between them, e.g. ';', '|' "
                    f"or 'tab'. Received: separator={self.separator!r}"
                )
        _one_of("decimal", self.decimal, DECIMALS)
        _one_of("thousands", self.thousands, THOUSANDS)
        if self.decimal is not None and self.decimal == self.thousands:
            raise ArgumentError(
                "`decimal` and `thousands` must differ. "
                f"Received: decimal={self.decimal!r}, thousands={self.thousands!r}"
            )
        if text_or_none("encoding", self.encoding) is not None:
            _check_encoding(str(self.encoding))
        if self.skip_rows is not None:
            whole_number("skip_rows", self.skip_rows, at_least=0)

    def given(self, *left_out: str) -> dict[str, Any]:
        """The values that are not `None`, by name."""
        every = {one.name: getattr(self, one.name) for one in fields(self)}
        return {k: v for k, v in every.items() if v is not None and k not in left_out}

    def require_none(self, what: str, *allowed: str) -> None:
        """Refuses values for a table that is no text file.

        Args:
            what: what it is, in words.
            allowed: those that it may have all the same.

        Raises:
            ArgumentError: one is given.
        """
        if given := self.given(*allowed):
            raise ArgumentError(
                f"How it is written can be said of a CSV file alone ({', '.join(given)}), and the "
                f"source is {what}. Leave this out, or give the path of the file. "
                f"Received: {', '.join(f'{k}={v!r}' for k, v in given.items())}"
            )


def _one_of(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if text_or_none(name, value) is not None and value not in choices:
        raise ArgumentError(
            f"`{name}` must be one of {', '.join(map(repr, choices))}. Received: {name}={value!r}"
        )


def _check_encoding(name: str) -> None:
    try:
        known = codecs.lookup(name)
        "".encode(name)  # refuses codecs that are not of text
    except (LookupError, ValueError) as error:
        raise ArgumentError(
            "`encoding` must name an encoding of text that Python knows, such as 'utf-8', 'cp1252' "
            f"or 'utf-16'. Received: encoding={name!r}"
        ) from error
    if known.incrementaldecoder is None:
        raise ArgumentError(f"The encoding {name!r} cannot be read as a stream. Convert the file.")


NO_DIALECT = Dialect()
