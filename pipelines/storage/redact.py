"""Removes user names, passwords and tokens from addresses in texts."""

import re


def redacted(text: str) -> str:
    """Returns a text without the user names, passwords and tokens of the addresses in it.

    >>> redacted("postgresql://anna:secret@db/mlflow?password=secret failed")
    'postgresql://***@db/mlflow?password=*** failed'
    """
    # up to the last @, as a password may contain any character; file:/// has no user
    address = r"(\b[a-z][a-z0-9+.-]*://)(?!/)\S*@"
    text = re.sub(address, r"\1***@", text, flags=re.IGNORECASE)
    return re.sub(
        r"((?:password|passwd|pwd|token|secret)\s*[=:]\s*['\"]?)[^&\s;,'\"]+",
        r"\1***",
        text,
        flags=re.I,
    )
