"""CloudWatch Logs' filter patterns for JSON lines, as far as this library writes them: which lines match.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import json
import re

_TOKEN = re.compile(
    r'\s*(?:(?P<op>\|\||&&|!=|=|\(|\))|(?P<field>\$(?:\.[A-Za-z0-9_-]+)+)|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>[A-Za-z0-9_*.-]+))'
)


def matches(pattern: str, line: str) -> bool:
    """Whether *line* matches *pattern*: ``{ selector operator text }``, joined by ``&&`` and ``||``, with ``*`` in a text."""
    if not (pattern.startswith("{") and pattern.endswith("}")):
        raise ValueError(f"no pattern for JSON lines: {pattern}")
    try:
        record = json.loads(line)
    except ValueError:
        return False
    if not isinstance(record, dict):
        return False
    rest = list(_TOKEN.finditer(pattern[1:-1].strip()))
    if "".join(t.group(0) for t in rest).strip() != pattern[1:-1].strip():
        raise ValueError(f"does not parse: {pattern}")

    def either() -> bool:
        found = both()
        while rest and rest[0]["op"] == "||":
            rest.pop(0)
            found = both() or found
        return found

    def both() -> bool:
        found = one()
        while rest and rest[0]["op"] == "&&":
            rest.pop(0)
            found = one() and found
        return found

    def one() -> bool:
        token = rest.pop(0)
        if token["op"] == "(":
            found = either()
            assert rest.pop(0)["op"] == ")"
            return found
        assert token["field"], pattern
        operator, wanted = rest.pop(0)["op"], rest.pop(0)
        value: object = record
        for name in token["field"].split(".")[1:]:
            value = value.get(name) if isinstance(value, dict) else None
        text = wanted["text"] if wanted["text"] is not None else wanted["word"]
        same = isinstance(value, (str, int)) and re.fullmatch(".*".join(map(re.escape, text.split("*"))), str(value)) is not None
        # A field that is not there matches no comparison, not even !=.
        return value is not None and (same if operator == "=" else not same)

    found = either()
    assert not rest, pattern
    return found
