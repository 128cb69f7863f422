"""Does an AWS CLI command exist? Judged by the models that the AWS CLI itself is generated from (botocore's), and its documented extras."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import dropwhile, groupby
from typing import Any

import botocore.session
from botocore import xform_name


def _words(text: str) -> frozenset[str]:
    return frozenset(f"--{word}" for word in text.split())


#: Every command takes these (AWS CLI command reference, global options).
GLOBAL = _words(
    "debug endpoint-url no-verify-ssl no-paginate output query profile region version color no-sign-request ca-bundle cli-read-timeout "
    "cli-connect-timeout cli-binary-format no-cli-pager cli-auto-prompt no-cli-auto-prompt"
)
#: Every generated command takes these too, in place of its own; paginated ones PAGING.
GENERATED = _words("cli-input-json cli-input-yaml generate-cli-skeleton")
PAGING = _words("max-items page-size starting-token")
#: Services that the CLI calls by another name than their model.
RENAMED = {"deploy": "codedeploy", "configservice": "config", "s3api": "s3"}
_TRANSFER = _words(
    "dryrun quiet include exclude acl no-progress recursive sse sse-kms-key-id storage-class source-region only-show-errors "
    "metadata-directive cache-control content-type delete exact-timestamps size-only"
)
#: What the CLI has beside the models (AWS CLI command reference, pages of the same names): command -> its options.
EXTRA: dict[tuple[str, str], frozenset[str]] = {
    ("logs", "tail"): _words("since follow format filter-pattern log-stream-names log-stream-name-prefix"),
    ("ecr", "get-login-password"): frozenset(),
    ("s3", "ls"): _words("recursive page-size human-readable summarize request-payer"),
    **{("s3", name): _TRANSFER for name in ("cp", "mv", "rm", "sync")},
    ("rds", "generate-db-auth-token"): _words("hostname port username"),
    ("cloudfront", "create-invalidation"): _words("distribution-id paths invalidation-batch"),
}
_NESTED = re.compile(r"\$\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")
#: What a person fills in: ``<the previous revision>``, ``THE-BUCKET``.
_BLANK = re.compile(r"<[^<>]*>")
#: A value that only the shell or a person knows, or that stands in a file; a comment's words are none.
_OPEN = re.compile(r"\$|BLANK|NESTED|THE-|^file://|^fileb://|^-$|[`*]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


@cache
def _session() -> Any:
    return botocore.session.get_session()


@cache
def _model(service: str) -> Any:
    """The model of *service*; None where there is none."""
    name = RENAMED.get(service, service)
    return _session().get_service_model(name) if name in _services() else None


@cache
def _services() -> frozenset[str]:
    return frozenset(_session().get_available_services())


@cache
def _operations(service: str) -> dict[str, str]:
    """Command of *service* -> its operation."""
    model = _model(service)
    return {xform_name(name, "-"): name for name in model.operation_names} if model else {}


@cache
def _options(service: str, command: str) -> tuple[frozenset[str], frozenset[str]]:
    """The options of a command, and those it cannot do without."""
    operation = _operations(service)[command]
    shape = _model(service).operation_model(operation).input_shape
    members = shape.members if shape else {}
    options = {f"--{xform_name(member, '-')}" for member in members}
    options |= {f"--no-{xform_name(member, '-')}" for member, inner in members.items() if inner.type_name == "boolean"}
    # The CLI makes idempotency tokens by itself.
    tokens = {member for member, inner in members.items() if inner.metadata.get("idempotencyToken")}
    needed = frozenset(f"--{xform_name(member, '-')}" for member in (shape.required_members if shape else ()) if member not in tokens)
    return frozenset(options) | GENERATED | (PAGING if operation in _pages(service) else frozenset()), needed


@cache
def _pages(service: str) -> frozenset[str]:
    """The operations that answer page by page."""
    try:
        return frozenset(_session().get_paginator_model(RENAMED.get(service, service))._paginator_config)
    except ValueError:
        return frozenset()


@cache
def _waiters(service: str) -> dict[str, str]:
    try:
        model = _session().get_waiter_model(RENAMED.get(service, service))
    except ValueError:
        return {}
    return {xform_name(name, "-"): xform_name(model.get_waiter(name).operation, "-") for name in model.waiter_names}


def commands_in(line: str) -> Iterator[list[str]]:
    """The AWS CLI commands in one line of a shell, each as words; those inside ``$(...)`` too. What stands in quotes stays one word."""
    line = _BLANK.sub("BLANK", line)
    while nested := _NESTED.search(line):
        yield from commands_in(nested.group(1))
        line = line[: nested.start()] + "NESTED" + line[nested.end() :]
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;")
    lexer.whitespace_split, lexer.commenters = True, "#"
    for separator, words in groupby(lexer, key=lambda word: not word.strip("|&;")):
        command = list(dropwhile(_VARIABLE.fullmatch, words))
        if not separator and command[:1] == ["aws"]:
            yield command


def faults(line: str) -> list[str]:
    """What the AWS CLI would not understand of *line*."""
    try:
        return [fault for words in commands_in(line) for fault in _faults(*words[1:])]
    except ValueError as error:
        return [f"{error}: {line}"]


def _faults(service: str = "", command: str = "", *options: str) -> list[str]:
    while command in GLOBAL and len(options) > 1:
        # Such an option may stand before the command; all that we write there take a value.
        _, command, *rest = options
        options = tuple(rest)
    where = f"aws {service} {command}".strip()
    given = {word.split("=", 1)[0] for word in options if word.startswith("--")}
    needed: frozenset[str] = frozenset()
    if (service, command) in EXTRA:
        known = EXTRA[service, command]
    else:
        operations = _operations(service)
        if command == "wait" and options:
            where, command = f"{where} {options[0]}", _waiters(service).get(options[0], "")
        if command not in operations or service == "s3":
            return [f"{where}: no such command"]
        known, needed = _options(service, command)
    if options[:1] == ("help",):
        return []
    found = [f"{where}: no option {option}" for option in sorted(given - known - GLOBAL)]
    if (service, command) not in EXTRA and not where.startswith(f"aws {service} wait"):
        found += [f"{where}: {fault}" for fault in _value_faults(_members(service, command), options)]
    return found + [f"{where}: lacks {option}" for option in sorted(needed - given) if not given & GENERATED]


@cache
def _members(service: str, command: str) -> dict[str, Any]:
    """Option of *command* -> the shape of its value."""
    shape = _model(service).operation_model(_operations(service)[command]).input_shape
    return {f"--{xform_name(name, '-')}": inner for name, inner in (shape.members if shape else {}).items()}


def _value_faults(shapes: dict[str, Any], options: Sequence[str]) -> Iterator[str]:
    """What the CLI would not take of the values: other words than the model lists, structures with keys that it does not have."""
    name = ""
    for word in options:
        option, equals, given = word.partition("=")
        name = option if word.startswith("--") else name
        value = given if word.startswith("--") else word
        if name not in shapes or name in GLOBAL or (word.startswith("--") and not equals):
            continue
        yield from (f"{name}: {fault}" for fault in _misfits(value, shapes[name]))
        if shapes[name].type_name != "list":
            # One value: what follows is the file that a stream is written to.
            name = ""


def _misfits(value: str, shape: Any) -> Iterator[str]:
    if shape.type_name == "list" and not value.startswith("["):
        yield from _misfits(value, shape.member)
    elif value.startswith(("{", "[")) and shape.type_name in {"list", "map", "structure"}:
        try:
            yield from _json_misfits(json.loads(value), shape)
        except ValueError:
            yield f"no JSON: {value}"
    elif shape.type_name == "structure" and "=" in value:
        for key, inner in re.findall(r"(?:^|,)(\w+)=([^,]*)", re.sub(r"\{[^{}]*\}|\[[^\[\]]*\]", "BLANK", value)):
            if key not in shape.members:
                yield f"no key {key}"
            elif shape.members[key].type_name not in {"structure", "list", "map"}:
                yield from _misfits(inner, shape.members[key])
    elif _OPEN.search(value):
        return
    elif shape.type_name == "structure":
        yield f"no structure: {value}"
    elif shape.type_name in {"integer", "long", "float", "double"}:
        if not re.fullmatch(r"-?\d+(\.\d+)?", value):
            yield f"no number: {value}"
    elif (allowed := getattr(shape, "enum", None)) and value not in allowed:
        yield f"no such value: {value}"


def _json_misfits(value: Any, shape: Any) -> Iterator[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, inner in value.items():
            if key in shape.members:
                yield from _json_misfits(inner, shape.members[key])
            else:
                yield f"no key {key}"
        yield from (f"lacks key {key}" for key in shape.required_members if key not in value)
    elif shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            yield from _json_misfits(inner, shape.member)
    elif shape.type_name == "map" and isinstance(value, dict):
        for inner in value.values():
            yield from _json_misfits(inner, shape.value)
    elif isinstance(value, dict | list) or shape.type_name in {"structure", "list", "map"}:
        yield f"no {shape.type_name}: {json.dumps(value)}"
    elif isinstance(value, str) and not _OPEN.search(value) and (allowed := getattr(shape, "enum", None)) and value not in allowed:
        yield f"no such value: {value}"
