"""A server with a door of its own: an SSH key, an address on the internet, or credentials for whoever can make it fetch a URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings
from prodready_constructs.evidence.assembly import Resource


def _requires_tokens(subject: Subject, server: Resource) -> bool:
    templates = [one for one in subject.targets(server, server.get("LaunchTemplate")) if one.type == "AWS::EC2::LaunchTemplate"]
    options: list[Any] = [server.get("MetadataOptions"), *(one.get("LaunchTemplateData", "MetadataOptions") for one in templates)]
    return any(isinstance(one, dict) and one.get("HttpTokens") == "required" for one in options)


def _find(subject: Subject) -> Iterator[Hit]:
    for server in subject.of_type("AWS::EC2::Instance", "AWS::EC2::LaunchTemplate"):
        template = server.type == "AWS::EC2::LaunchTemplate"
        above = ("LaunchTemplateData",) if template else ()
        if server.get(*above, "KeyName"):
            yield hit(server, detail="SshKey", note="A key file opens it, past IAM and past every log.")
        interfaces = mappings(server.get(*above, "NetworkInterfaces"))
        if any(is_true(one.get("AssociatePublicIpAddress")) for one in interfaces):
            yield hit(server, detail="Address", note="It has an address on the internet.")
        tokens = (
            server.get("LaunchTemplateData", "MetadataOptions", "HttpTokens") == "required"
            if template
            else _requires_tokens(subject, server)
        )
        if not tokens:
            yield hit(server, detail="Metadata", note="Its metadata service answers without a token (IMDSv1).")


RULE = Rule(
    name="ServerOpen",
    controls=("NET-7",),
    why="Nobody signs in to a server from the internet, or with a file that can be copied.",
    fix="network.SessionBastion; otherwise no key pair, no public address, HttpTokens required, and Session Manager for whoever needs a shell",
    find=_find,
)
