"""Addresses in texts, without what may be secret: users, passwords, keys and tokens."""

import re

HIDDEN = "***"
#: The scheme of an address, and all that follows without a space.
_ADDRESS = re.compile(r"\b([a-z][a-z0-9+.-]{0,30})://(\S*)", re.IGNORECASE)
_ENCODED = re.compile(r"\b([a-z][a-z0-9+.-]{0,30})%(?:25)*3A(?:%(?:25)*2F){2}\S*", re.IGNORECASE)
#: A host with a port; a name with a colon and anything else is a user with a password.
_HOST = re.compile(r"(?:[\w.~%-]+|\[[0-9a-f:.]+\])?(?::(\d{1,5}))?", re.IGNORECASE)
_NO_HOST = re.compile(r"[/?#;,\"'`<>{}|\\]")
_REST = re.compile(r"[?;,\"'`<>{}|\\]|#(?!/)")  # ends the path of an address
_REST_OF_FILE = re.compile(r"[?\"'`<>]")
_NO_MARK = re.compile(r"[\w/=&%+-]")  # other characters at the end are of the sentence
_IS = r"\s*(?:=|:|%(?:25)*3[AD])\s*"
#: Words that name a secret, in any spelling: `api_key`, `ApiKey`, `X-API-KEY`.
_NAMES = (
    r"pass[_-]?(?:word|wd|phrase)?|pwd|secret|token|sig(?:nature)?|credentials?|authorization"
    r"|odbc[_-]?connect|(?:api|access|account|private|shared|storage)[_-]?(?:access[_-]?)?key"
    r"(?:[_-]?id)?"
)
_VALUE = (
    r"(?:(?:bearer|basic)\s+\S+|\{[^}\n]*\}|'[^'\n]*'|\"[^\"\n]*\"|[\"']?[^&\s;,'\"]+)"  # as ODBC
)
_SECRET = re.compile(rf"((?:{_NAMES})['\"]?{_IS}){_VALUE}", re.IGNORECASE)
_USER = re.compile(
    rf"(\b(?:user|username|user[_-]id|uid|login)(?:\s*=\s*|%(?:25)*3D)){_VALUE}", re.IGNORECASE
)
_QUOTED_USER = re.compile(
    r"(\buser(?:name)?\s+)(?:'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`)", re.IGNORECASE
)
_QUERY = re.compile(r"([?&][\w.\[\]%-]+=)[^&\s'\"]+")  # of an address whose beginning is missing


def redacted(text: str) -> str:
    """Returns a text in which addresses are scheme, host and path, and secrets are stars.

    >>> redacted("postgresql://anna:secret@db/mlflow?password=secret failed: pwd=secret")
    'postgresql://db/mlflow failed: pwd=***'
    """
    text = _ADDRESS.sub(lambda found: _address(found[1], found[2]), text)
    text = _ENCODED.sub(rf"\1://{HIDDEN}", text)
    for pattern in (_SECRET, _USER, _QUOTED_USER, _QUERY):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def address(uri: str) -> str:
    """Returns an address as scheme, host and path; spaces in it are part of it.

    >>> address("mssql+pyodbc:///?odbc_connect=UID%3Danna%3BPWD%3Dsecret")
    'mssql+pyodbc:///'
    """
    scheme, there, rest = uri.partition("://")
    if there and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        return _address(scheme, re.sub(r"\s", "%20", rest))
    plain = not re.search(r"[@?=]|%40|%3D", uri, re.IGNORECASE) and redacted(uri) == uri
    return uri if plain else HIDDEN


def _address(scheme: str, rest: str) -> str:
    """What is shown of `scheme://rest`, with the marks that stand behind it."""
    end = len(rest)
    while end and not _NO_MARK.match(rest[end - 1]):
        end -= 1
    rest, behind = rest[:end], rest[end:]
    if rest.startswith("/"):  # a file: it has neither host nor user
        return f"{scheme}://{re.split(_REST_OF_FILE, rest, maxsplit=1)[0]}{behind}"
    rest = re.split("@|%40", rest)[-1]  # the last one, as a password may hold any character
    host = re.split(_NO_HOST, rest, maxsplit=1)[0]
    path = rest[len(host) :]
    port = _HOST.fullmatch(host)
    if port is None or int(port[1] or 0) >= 2**16:
        host = HIDDEN
    return f"{scheme}://{host}{re.split(_REST, path, maxsplit=1)[0]}{behind}"
