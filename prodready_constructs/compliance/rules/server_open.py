"""A server with a door of its own: an SSH key, an address on the internet, or credentials for whoever can make it fetch a URL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true, mappings, number
from prodready_constructs.evidence.assembly import Resource


def _requires_tokens(subject: Subject, server: Resource) -> bool:
    templates = [one for one in subject.targets(server, server.get("LaunchTemplate")) if one.type == "AWS::EC2::LaunchTemplate"]
    options: list[Any] = [server.get("MetadataOptions"), *(one.get("LaunchTemplateData", "MetadataOptions") for one in templates)]
    return any(isinstance(one, dict) and one.get("HttpTokens") == "required" for one in options)


def _disks(server: Resource, above: tuple[str, ...]) -> Iterator[Hit]:
    for mapping in mappings(server.get(*above, "BlockDeviceMappings")):
        disk = mapping.get("Ebs")
        if isinstance(disk, dict) and is_off(disk.get("Encrypted")):
            yield hit(server, detail="Disk", note=f"The disk {mapping.get('DeviceName')} is not encrypted.")


def _find(subject: Subject) -> Iterator[Hit]:
    for service in subject.of_type("AWS::ECS::Service"):
        if service.get("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp") == "ENABLED":
            yield hit(service, detail="Address", note="Its tasks have addresses on the internet.")
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
        yield from _disks(server, above)
        if number(server.get(*above, "MetadataOptions", "HttpPutResponseHopLimit"), 1) > 1:
            yield hit(server, detail="Hops", note="Its metadata service answers containers and proxies too.")
        if not tokens:
            yield hit(server, detail="Metadata", note="Its metadata service answers without a token (IMDSv1).")


RULE = Rule(
    name="ServerOpen",
    controls=("NET-7",),
    why="Nobody signs in to a server from the internet, or with a file that can be copied.",
    fix="network.SessionBastion; otherwise no key pair, no public address, encrypted disks, HttpTokens required with one hop, and Session Manager for whoever needs a shell",
    find=_find,
)
