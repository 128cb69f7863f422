"""An image that may be another one tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings

#: What only the deployment knows.
_UNKNOWN = "\0"
#: A digest, or the tag of a CDK asset, which is the hash of what was built.
_PINNED = re.compile(r"@sha256:([0-9a-f]{64}|.*\0)|:[0-9a-f]{64}$")
_SUBSTITUTION = re.compile(r"\$\{[^}]*\}")


def _text(value: Any) -> str:
    """An image's name as far as the template knows it."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(joined := value.get("Fn::Join"), list) and len(joined) == 2 and isinstance(joined[1], list):
        return str(joined[0]).join(_text(part) for part in joined[1])
    if isinstance(value, dict) and isinstance(text := value.get("Fn::Sub"), str):
        return _SUBSTITUTION.sub(_UNKNOWN, text)
    return _UNKNOWN


def is_pinned(value: Any) -> bool:
    """Whether an image is one image for ever. What ends in something unknown after ``@``, or is unknown as a whole, cannot be judged."""
    text = _text(value)
    return text == _UNKNOWN or text.endswith(f"@{_UNKNOWN}") or bool(_PINNED.search(text))


def _find(subject: Subject) -> Iterator[Hit]:
    for task in subject.of_type("AWS::ECS::TaskDefinition"):
        if task.stack.path in subject.staging:
            continue
        for container in mappings(task.get("ContainerDefinitions")):
            if not is_pinned(container.get("Image")):
                yield hit(task, detail=str(container.get("Name")))
    for function in subject.of_type("AWS::Lambda::Function"):
        image = function.get("Code", "ImageUri")
        if image and function.stack.path not in subject.staging and not is_pinned(image):
            yield hit(function)


RULE = Rule(
    name="ImageUnpinned",
    controls=("WEB-3", "FN-1"),
    why="A tag can be moved: what was tested is not what a new task starts, and a rollback brings back another image than the one that was left.",
    fix="name the image by its digest: repository@sha256:...; or name the stack in guard(staging=[...])",
    find=_find,
)
