"""What AppSync's JavaScript cannot do, found before AppSync says so at deployment.

APPSYNC_JS is a part of ECMAScript 6: no exceptions, no classes, no loops but ``for-of`` and ``for-in``, nothing asynchronous.
Source: https://docs.aws.amazon.com/appsync/latest/devguide/supported-features.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodready_constructs.errors import ConfigurationError

#: The most AppSync takes (AWS::AppSync::Resolver Code, AWS::AppSync::ChannelNamespace CodeHandlers).
LARGEST_CODE = 32_768
#: The runtime that the resolvers and functions are made for; AppSync has this one.
RUNTIME_NAME, RUNTIME_VERSION = "APPSYNC_JS", "1.0.0"
#: Word -> what to do instead.
_WORDS = {
    "async": "nothing is asynchronous there: use a function",
    "await": "nothing is asynchronous there: use a function",
    "catch": "the response handler sees ctx.error",
    "class": "use plain objects and functions",
    "continue": "turn the condition round",
    "do": "use for-of",
    "finally": "the response handler sees ctx.error",
    "Promise": "nothing is asynchronous there: use a function",
    "require": "use import, and bundle what is not @aws-appsync/utils",
    "this": "pass what is needed as an argument",
    "throw": "call util.error(message, type)",
    "try": "the response handler sees ctx.error",
    "while": "use for-of",
    "yield": "return an array",
}
_OPERATORS = {"++": "write x += 1", "--": "write x -= 1", "~": "there is no complement"}
_MODULE = "@aws-appsync/utils"
#: In this order: what begins a comment or a text hides everything in it.
_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
      | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<number>\d[\w.]*)
      | (?P<operator>\+\+|--|=>|[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)
#: After these a slash divides; after anything else it begins a regular expression.
_ENDS_A_VALUE = re.compile(r"[\w$)\]}'\"`]$")
_NOT_VALUES = {"return", "typeof", "case", "in", "of", "else", "void", "delete"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


def require_subset(where: str, code: str, *, exports: Sequence[str]) -> None:
    """Refuse *code* that AppSync would not run.

    Args:
        where: a file or a construct's path; the line is added.
        code: one module.
        exports: the functions it must export: all of them, ``request`` and ``response``, or one of ``onPublish|onSubscribe``.

    Raises:
        ConfigurationError: too long, outside the subset, a foreign import, or a function missing.
    """
    if not 1 <= len(code) <= LARGEST_CODE:
        raise ConfigurationError(
            where,
            given=f"{len(code)} characters",
            allowed=f"1 to {LARGEST_CODE} characters of code, AppSync's limit",
            mend="move work into a function, or minify it",
        )
    tokens = [token for token in _tokens(code) if token.kind != "comment"]
    for place, token in enumerate(tokens):
        _require(where, tokens, place, token)
    found = {
        tokens[place + 2].text
        for place, token in enumerate(tokens[:-2])
        if token.text == "export" and tokens[place + 1].text in {"function", "const"}
    }
    for wanted in exports:
        if not found & set(wanted.split("|")):
            raise ConfigurationError(
                where,
                given=f"the exports {', '.join(sorted(found)) or 'none'}",
                allowed=f"a module that exports {' and '.join(one.replace('|', ' or ') for one in exports)}",
                mend=f"write 'export function {wanted.split('|')[0]}(ctx) {{ ... }}'",
            )


def _require(where: str, tokens: Sequence[_Token], place: int, token: _Token) -> None:
    before = tokens[place - 1].text if place else ""
    after = tokens[place + 1].text if place + 1 < len(tokens) else ""
    if token.text == "from" and after[:1] in {"'", '"'} and not (after[1:-1] + "/").startswith(f"{_MODULE}/"):
        raise ConfigurationError(
            f"{where}:{token.line}",
            given=f"an import of {after}",
            allowed=f"{_MODULE} and its parts",
            mend="bundle the file (esbuild) first",
        )
    if outside := _outside(tokens, place, token, before, after):
        given, mend = outside
        raise ConfigurationError(
            f"{where}:{token.line}", given=given, allowed=f"what the {RUNTIME_NAME} {RUNTIME_VERSION} runtime has", mend=mend
        )


def _outside(tokens: Sequence[_Token], place: int, token: _Token, before: str, after: str) -> tuple[str, str] | None:
    """What of the language *token* is that AppSync does not have, and what to write instead."""
    if before == "." or (after == ":" and before in {"{", ","}):
        return None
    checks = (
        (token.kind == "word" and token.text in _WORDS, token.text, _WORDS.get(token.text, "")),
        (token.kind == "operator" and token.text in _OPERATORS, token.text, _OPERATORS.get(token.text, "")),
        (token.text == "/" and not _divides(before), "a regular expression", "call util.matches(pattern, text)"),
        (token.text == "function" and after == "*", "a generator", "return an array"),
        (token.text == "in" and not _is_loop(tokens, place), "the operator in", "call Object.hasOwn(object, name)"),
        (token.text == "for" and _has_semicolon(tokens, place + 1), "for (...; ...; ...)", "use for-of"),
    )
    return next(((given, mend) for found, given, mend in checks if found), None)


def _divides(before: str) -> bool:
    return bool(before and _ENDS_A_VALUE.search(before)) and before not in _NOT_VALUES


def _has_semicolon(tokens: Sequence[_Token], opening: int) -> bool:
    depth = 0
    for token in tokens[opening:]:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            return False
        if depth == 1 and token.text == ";":
            return True
    return False


def _is_loop(tokens: Sequence[_Token], place: int) -> bool:
    """Whether the ``in`` at *place* is of ``for (const name in ...)``."""
    before = [token.text for token in tokens[max(0, place - 4) : place]]
    return before[-3:-1] == ["for", "("] or before[-4:-2] == ["for", "("]


def _tokens(code: str, start: int = 0, end: int | None = None) -> Iterator[_Token]:
    place, end = start, len(code) if end is None else end
    while place < end:
        line = code.count("\n", 0, place) + 1
        if code[place] == "`":
            after, inner = _template(code, place)
            yield _Token("text", "`", line)
            # What stands in ${...} is code as well; the bracket keeps what is before it from what is in it.
            for first, last in inner:
                yield _Token("operator", "(", line)
                yield from _tokens(code, first, last)
                yield _Token("operator", ")", line)
            yield _Token("text", "`", line)
            place = after
        elif match := _TOKEN.match(code, place, end):
            yield _Token(str(match.lastgroup), match.group(), line)
            place = match.end()
        else:
            place += 1


def _template(code: str, start: int) -> tuple[int, list[tuple[int, int]]]:
    """Where the template that begins at *start* ends, and the stretches of code in it."""
    place, inner = start + 1, []
    while place < len(code) and code[place] != "`":
        if code.startswith("${", place):
            closing = _closing(code, place + 2)
            inner.append((place + 2, closing))
            place = closing + 1
        else:
            place += 2 if code[place] == "\\" else 1
    return place + 1, inner


def _closing(code: str, place: int) -> int:
    depth = 0
    while place < len(code):
        match = _TOKEN.match(code, place)
        if code[place] == "`":
            place = _template(code, place)[0]
            continue
        if match and match.group() == "}" and depth == 0:
            return place
        depth += {"{": 1, "}": -1}.get(match.group() if match else "", 0)
        place = match.end() if match else place + 1
    return place
