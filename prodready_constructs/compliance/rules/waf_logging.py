"""A web ACL that keeps no log."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit


def _find(subject: Subject) -> Iterator[Hit]:
    logged = subject.referred(["AWS::WAFv2::LoggingConfiguration"], lambda one: one.get("ResourceArn"))
    return (hit(acl) for acl in subject.of_type("AWS::WAFv2::WebACL") if acl not in logged)


RULE = Rule(
    name="WafWithoutLogging",
    controls=("WEB-1",),
    why="Nobody can say afterwards what the firewall blocked, or why it blocked a customer.",
    fix="add an AWS::WAFv2::LoggingConfiguration to a log group named aws-waf-logs-..., with authorization and cookie redacted",
    find=_find,
)
