"""The words of AWS IoT SQL: its tokens, its functions and what it has no word for. Pure Python.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-reference.html,
https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: The version that nested queries, literals and most functions need; the only one that is written.
SQL_VERSION = "2016-03-23"

Kind = Literal["word", "variable", "number", "string", "sign", "end", "fault"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token: what it is, its text (of a string: without quotes), where it begins (counted from 1) and where the next may."""

    kind: Kind
    text: str
    at: int
    end: int

    @property
    def word(self) -> str:
        """The keyword it may be, in capitals; nothing for anything else."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def shown(self) -> str:
        """As a message shows it."""
        return "the end" if self.kind == "end" else repr(self.text)


_TOKEN = re.compile(
    r"""(?x)
    (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<variable>@[A-Za-z0-9_]*)
  | (?P<number>\d+(\.\d+)?([eE][+-]?\d+)?)
  | (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
  | (?P<sign><>|<=|>=|[=<>+\-*/%(){}\[\],.:])
    """
)
_SPACE = re.compile(r"\s*")
#: What people write for what AWS IoT SQL calls something else. The longer come first.
_NOT_HERE = {
    "--": "AWS IoT SQL has no comments",
    "/*": "AWS IoT SQL has no comments",
    "!=": "write <>",
    "==": "write =",
    "||": "write + or concat()",
    "&&": "write AND",
    "!": "write NOT",
    ";": "leave it out: a rule is one statement",
    "`": "write names without quotes; get(*, 'odd-name') reads a key of any spelling",
    "–": "a dash copied from a page: write -",
    "—": "a dash copied from a page: write -",
    "‘": "a quote copied from a page: write '",
    "’": "a quote copied from a page: write '",
    "“": "a quote copied from a page: write '",
    "”": "a quote copied from a page: write '",
    "'": "this quote is never closed",
    '"': "this quote is never closed",
}


def token_at(text: str, start: int) -> Token:
    """The token of *text* at *start* or after the spaces there; of what is none, a fault that says why."""
    start = _SPACE.match(text, start).end()  # type: ignore[union-attr]
    if start >= len(text):
        return Token("end", "", len(text) + 1, len(text))
    for wrong, hint in _NOT_HERE.items():
        # A double minus is a comment elsewhere, and never needed here; a closed quote is a string.
        if text.startswith(wrong, start) and not (wrong in "'\"" and _TOKEN.match(text, start)):
            return Token("fault", hint, start + 1, start)
    match = _TOKEN.match(text, start)
    if match is None:
        return Token("fault", f"{text[start]!r} means nothing in AWS IoT SQL", start + 1, start)
    kind: Kind = match.lastgroup  # type: ignore[assignment]
    shown = match.group()[1:-1] if kind == "string" else match.group()
    return Token(kind, shown, start + 1, match.end())


#: Words that are no field by themselves. VALUE, SET and EXISTS are, where they cannot be what they are elsewhere: devices send values.
RESERVED = frozenset(
    ("SELECT", "FROM", "WHERE", "AS", "AND", "OR", "NOT", "IN", "CASE", "WHEN", "THEN", "ELSE", "END", "TRUE", "FALSE", "NULL")
)
#: Words that are no field after a dot and no name after AS either.
NEVER_NAMES = frozenset(("FROM", "WHERE", "AS"))
#: Words of other dialects, and what AWS IoT SQL has for them.
ELSEWHERE = {
    "LIKE": "use startswith(), endswith() or regexp_matches()",
    "BETWEEN": "use >= and <=",
    "IS": "use isNull() or isUndefined()",
    "JOIN": "a rule reads one message; get_dynamodb() and get_thing_shadow() look things up",
    "GROUP": "a rule sees one message at a time: count behind it",
    "ORDER": "a rule sees one message at a time: sort behind it",
    "HAVING": "use WHERE",
    "LIMIT": "a rule sees one message at a time",
    "UNION": "make two rules",
    "DISTINCT": "a rule sees one message at a time",
    "INSERT": "a rule selects; its targets write",
    "UPDATE": "a rule selects; its targets write",
    "DELETE": "a rule selects; its targets write",
}
#: What ``cast(value as ...)`` takes.
CAST_TYPES = frozenset(["STRING", "NVARCHAR", "TEXT", "NTEXT", "VARCHAR", "INT", "INTEGER", "DOUBLE", "DECIMAL", "BOOL", "BOOLEAN"])

_HASHES = ("md2", "md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_OF_ONE = (
    "abs acos asin atan bitnot ceil chr cos cosh exp floor isnull isundefined length ln log lower ltrim numbytes round rtrim sign sin sinh "
    "sqrt tan tanh trim upper get_mqtt_property"
)
_OF_TWO = (
    "atan2 aws_lambda bitand bitor bitxor encode endswith get get_or_default indexof lpad mod nanvl power regexp_matches regexp_substr "
    "remainder rpad startswith time_to_epoch trunc"
)
_OF_NONE = "accountid clientid newuuid principal rand sourceip sql_version timestamp traceid"
_UNLIMITED = 1_000
#: Function, in small letters (AWS IoT takes any) -> how many arguments it takes, at least and at most.
FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_OF_NONE.split(), (0, 0)),
    **dict.fromkeys((*_OF_ONE.split(), *_HASHES), (1, 1)),
    **dict.fromkeys(_OF_TWO.split(), (2, 2)),
    "concat": (0, _UNLIMITED),
    "decode": (2, 6),
    "get_dynamodb": (4, 6),
    "get_registry_data": (3, 3),
    "get_secret": (3, 4),
    "get_thing_shadow": (2, 3),
    "get_user_properties": (0, 1),
    "machinelearning_predict": (3, 3),
    "parse_time": (2, 3),
    "regexp_replace": (3, 3),
    "replace": (3, 3),
    "substring": (2, 3),
    "topic": (0, 1),
    "transform": (3, 3),
}
#: Ends a rule without any action when it is called twice in a statement (AWS IoT developer guide, get_dynamodb).
ONCE = "get_dynamodb"
