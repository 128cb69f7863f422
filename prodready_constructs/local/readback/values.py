"""What a template value must look like once deployed, and whether what was found looks like that."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_VARIABLE = re.compile(r"\$\{([\w:.!]+)\}")
#: Attributes that are what ``Ref`` gives, and attributes that are the last part of it.
_SAME_AS_REF = frozenset({"GroupId", "BackupPlanId", "UserPoolId", "VpcId", "SubnetId", "BackupVaultName", "HealthCheckId", "NatGatewayId"})
_NAMES = frozenset({"Name", "QueueName", "TopicName", "ApiId", "FunctionId"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A value known only in part: attributes of resources are chosen by the service, but name the resource.

    Attributes:
        segments: texts that follow each other with any gap between them; each may be one of several. The first and the last
            stand at the ends of the value.
    """

    segments: tuple[tuple[str, ...], ...]
    shown: str

    def __str__(self) -> str:
        return self.shown

    def fits(self, text: str) -> bool:
        """Whether *text* is such a value. From left to right, each segment where it is first found: no backtracking."""
        first, *middle, last = self.segments
        ends = [len(start) for start in first if text.startswith(start)]
        if not ends:
            return False
        position = min(ends)
        for choices in middle:
            found = [at + len(choice) for choice in choices if (at := text.find(choice, position)) >= 0]
            if not found:
                return False
            position = min(found)
        return any(text.endswith(end) and len(text) - len(end) >= position for end in last)


def _around(choices: tuple[str, ...], shown: str) -> Pattern:
    """Any text that contains one of *choices*."""
    return Pattern((("",), choices, ("",)), shown)


#: Nothing can be said about the value before it is deployed.
ANYTHING = Pattern((("",), ("",)), "(any)")


class Resolver:
    """Turns template values into expected ones, independently of the emulator's own resolution.

    Args: physical ids by logical id; pseudo parameters; *output_of*: reads an output of another stack (stack, output,
    region); *export*: reads an export; *names*: the names that the template itself gives, by logical id.
    """

    def __init__(
        self,
        physical_ids: Mapping[str, str],
        pseudo: Mapping[str, str],
        output_of: Callable[[str, str, str | None], str | None],
        export: Callable[[str], str | None],
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._ids = physical_ids
        self._pseudo = pseudo
        self._output_of = output_of
        self._export = export
        self._names = names or {}
        self._intrinsics: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Join": self._join,
            "Fn::Sub": self._sub,
            "Fn::Select": lambda _: ANYTHING,
            "Fn::Split": lambda _: ANYTHING,
            "Fn::FindInMap": lambda _: ANYTHING,
            "Fn::GetAZs": lambda _: ANYTHING,
            "Fn::ImportValue": lambda name: self._export(str(self.resolve(name))) or ANYTHING,
            "Fn::If": lambda _: ANYTHING,
            "Fn::Base64": lambda _: ANYTHING,
            "Fn::GetStackOutput": self._output,
        }

    def resolve(self, value: Any) -> Any:
        """*value* with every intrinsic replaced by what is known of it."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not None]
        if isinstance(value, str) and "{{resolve:" in value and "}}" in value:
            return _around(("",), value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in self._intrinsics:
                return self._intrinsics[name](argument)
        return {name: self.resolve(item) for name, item in value.items() if item != {"Ref": "AWS::NoValue"}}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return None
        return self._pseudo.get(name) or self._ids.get(name) or ANYTHING

    def _attribute(self, target: Any) -> Any:
        logical_id, attribute = target.split(".", 1) if isinstance(target, str) else target
        physical_id = self._ids.get(logical_id)
        if physical_id is None or not isinstance(attribute, str):
            return ANYTHING
        if attribute in _SAME_AS_REF:
            return physical_id
        if attribute in _NAMES:
            return re.split(r"[/:]", physical_id)[-1]
        if attribute == "Version" and ":function:" in physical_id:
            return physical_id.rpartition(":")[2]
        # "name|id|scope" of a web ACL, an ARN, or a plain name: the attribute names one part of it.
        # A queue is known by its URL, which ends in its name.
        known = physical_id.rpartition("/")[2] if physical_id.startswith("http") else physical_id
        parts = tuple(part for part in known.split("|") if len(part) > 3)
        telling = attribute.endswith(("Arn", "Id")) and parts
        # Where the id is drawn at random, the ARN still carries the name, and a generated name the logical id.
        return _around((*parts, self._names.get(logical_id, logical_id)) if telling else ("",), f"{logical_id}.{attribute}")

    def _join(self, argument: Any) -> Any:
        delimiter, items = argument
        resolved = self.resolve(items)
        if not isinstance(resolved, list):
            return ANYTHING
        return _together([piece for index, item in enumerate(resolved) for piece in ([delimiter] if index else []) + [item]])

    def _sub(self, argument: Any) -> Any:
        text, given = argument if isinstance(argument, list) else (argument, {})
        pieces: list[Any] = []
        position = 0
        for found in _VARIABLE.finditer(text):
            pieces.append(text[position : found.start()])
            name = found[1]
            if name in given:
                pieces.append(self.resolve(given[name]))
            elif name.startswith("!"):
                pieces.append("${" + name[1:] + "}")
            else:
                pieces.append(self._attribute(name) if "." in name else self._ref(name))
            position = found.end()
        return _together([*pieces, text[position:]])

    def _output(self, reference: Mapping[str, Any]) -> Any:
        stack, output, region = (self.resolve(reference.get(key)) for key in ("StackName", "OutputName", "Region"))
        return self._output_of(str(stack), str(output), region) or ANYTHING


def _together(pieces: list[Any]) -> Any:
    """One text of many pieces; a pattern as soon as one of them is, or is read from elsewhere at deployment."""
    shown = "".join(str(piece) for piece in pieces)
    if any(isinstance(piece, str) and "{{resolve:" in piece for piece in pieces):
        return _around(("",), shown)
    if not any(isinstance(piece, Pattern) for piece in pieces):
        return shown
    segments: list[tuple[str, ...]] = [("",)]
    for piece in pieces:
        begins, *rest = piece.segments if isinstance(piece, Pattern) else ((str(piece),),)
        segments[-1] = tuple(before + after for before in segments[-1] for after in begins)
        segments.extend(rest)
    return Pattern(tuple(segments), shown)


def matches(expected: Any, found: Any) -> bool:
    """Whether *found* is what the template asks for: types of the API allowed for, and more members than were asked for."""
    if isinstance(found, bytes):
        found = found.decode(errors="replace")
    if isinstance(expected, Pattern):
        return found is not None and expected.fits(_text(found))
    if isinstance(expected, Mapping):
        return _matches_mapping(expected, _parsed(found))
    if isinstance(expected, list):
        return _matches_list(expected, _parsed(found))
    if isinstance(expected, bool) or isinstance(found, bool):
        return str(expected).lower() == str(found).lower()
    if found is None:
        return expected is None
    return str(expected) == str(found) or _same_number(expected, found)


def _matches_mapping(expected: Mapping[str, Any], found: Any) -> bool:
    if not isinstance(found, Mapping):
        return False
    # A name as it is spelt comes first: the inputs of an automation have ``Service`` and ``service``.
    spelt = {**{str(name).lower(): item for name, item in found.items()}, **found}
    return all(matches(item, spelt.get(name, spelt.get(name.lower()))) for name, item in expected.items())


def _matches_list(expected: list[Any], found: Any) -> bool:
    if isinstance(found, Mapping) and "Items" in found:
        found = found["Items"]
    if not isinstance(found, (list, tuple)):
        # IAM writes a list of one as the one.
        return len(expected) == 1 and matches(expected[0], found)
    left = list(found)
    for item in expected:
        position = next((index for index, other in enumerate(left) if matches(item, other)), None)
        if position is None:
            return False
        left.pop(position)
    return not left


def _parsed(found: Any) -> Any:
    if isinstance(found, str) and found[:1] in ("{", "["):
        try:
            return json.loads(found)
        except ValueError:
            return found
    return found


def _same_number(expected: Any, found: Any) -> bool:
    try:
        return float(expected) == float(found)
    except (TypeError, ValueError):
        return False


def _text(found: Any) -> str:
    return found if isinstance(found, str) else json.dumps(found, default=str)


def pick(value: Any, path: str) -> Any:
    """``pick(x, "a.0.b")`` is ``x["a"][0]["b"]``; None as soon as something is missing."""
    for step in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, (list, tuple)) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def show(value: Any, *, longest: int = 120) -> str:
    """A value for a table cell."""
    if isinstance(value, (Mapping, list)):
        text = json.dumps(value, default=str, sort_keys=True, separators=(", ", ": "))
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
