"""A function that may call itself for ever, or run somebody else's newest code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit
from prodready_constructs.evidence.assembly import Resource

_VERSIONED = re.compile(r":layer:[A-Za-z0-9_-]+:\d+$")


def _publishes(subject: Subject, function: Resource) -> bool:
    """Whether a version of *function* is published in this app."""
    return function in subject.referred(["AWS::Lambda::Version"], lambda version: version.get("FunctionName"))


def _find(subject: Subject) -> Iterator[Hit]:
    for signing in subject.of_type("AWS::Lambda::CodeSigningConfig"):
        if signing.get("CodeSigningPolicies", "UntrustedArtifactOnDeployment") in (None, "Warn"):
            yield hit(signing, detail="Signing", note="Code that nobody signed is deployed all the same.")
    for function in subject.of_type("AWS::Lambda::Function"):
        if function.get("RecursiveLoop") == "Allow":
            yield hit(function, detail="Recursion", note="Lambda would not stop a loop of it and a queue, topic or bucket.")
        layers = function.get("Layers")
        for layer in layers if isinstance(layers, list) else ():
            if isinstance(layer, str) and not _VERSIONED.search(layer):
                yield hit(function, detail="Layer", note=f"{layer} names no version.")
        if function.get("Environment", "Variables") and not function.get("KmsKeyArn"):
            yield hit(function, detail="Key", note="Its settings lie under a key of AWS's.")
        if function.get("SnapStart", "ApplyOn") == "PublishedVersions" and not _publishes(subject, function):
            yield hit(function, detail="SnapStart", note="It has no published version, and only those start from a snapshot.")


RULE = Rule(
    name="FunctionUnguarded",
    controls=("FN-1",),
    why="What AWS would stop or pin is switched off.",
    fix="leave RecursiveLoop at Terminate, name layers by their version's ARN, encrypt the environment with a KMS key of yours, enforce signatures "
    "where they are asked for, publish versions where SnapStart is on; compute.HardenedFunction does",
    find=_find,
)
