"""Shells that leave no trace: a Session Manager document without a log, or without a key of yours."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, document, hit, is_off

SHELLS = ("Standard_Stream", "InteractiveCommands", "NonInteractiveCommands")


def _find(subject: Subject) -> Iterator[Hit]:
    for shell in subject.of_type("AWS::SSM::Document"):
        content = document(shell.get("Content"))
        if shell.get("DocumentType") != "Session" or content.get("sessionType") not in SHELLS:
            continue
        inputs = content.get("inputs")
        inputs = inputs if isinstance(inputs, dict) else {}
        if not (inputs.get("cloudWatchLogGroupName") or inputs.get("s3BucketName")):
            yield hit(shell, detail="Log", note="What is typed is kept nowhere.")
        elif inputs.get("cloudWatchLogGroupName") and is_off(inputs.get("cloudWatchEncryptionEnabled")):
            yield hit(shell, detail="Log", note="It would write to a log group that is not encrypted.")
        if not inputs.get("kmsKeyId"):
            yield hit(shell, detail="Key", note="The session is protected by TLS alone.")


RULE = Rule(
    name="SessionUnlogged",
    controls=("NET-7",),
    why="A shell in a private network is the one way in; without its log nobody can say what was done there.",
    fix="cloudWatchLogGroupName with cloudWatchEncryptionEnabled, and kmsKeyId; network.SessionBastion has them",
    find=_find,
)
