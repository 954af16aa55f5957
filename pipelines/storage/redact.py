"""Addresses in texts without their users, passwords and tokens."""

import re


def redacted(text: str) -> str:
    """A text without the user names, passwords and tokens of the addresses in it.

    >>> redacted("postgresql://anna:secret@db/mlflow?password=secret failed")
    'postgresql://***@db/mlflow?password=*** failed'
    """
    # to the last @, as a password may hold every sign; files, of three slashes, have no users
    address = r"(\b[a-z][a-z0-9+.-]*://)(?!/)\S*@"
    text = re.sub(address, r"\1***@", text, flags=re.IGNORECASE)
    return re.sub(
        r"((?:password|passwd|pwd|token|secret)\s*[=:]\s*['\"]?)[^&\s;,'\"]+",
        r"\1***",
        text,
        flags=re.I,
    )
