"""A security group that lets the whole internet in on something else than the web's ports."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings

WORLD = ("0.0.0.0/0", "::/0")
WEB_PORTS = ("80", "443")


def _find(subject: Subject) -> Iterator[Hit]:
    for group in subject.of_type("AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"):
        rules = (group.properties,) if group.type.endswith("Ingress") else mappings(group.get("SecurityGroupIngress"))
        for rule in rules:
            ports = (str(rule.get("FromPort")), str(rule.get("ToPort")))
            world = [rule.get(key) for key in ("CidrIp", "CidrIpv6") if rule.get(key) in WORLD]
            web = ports[0] == ports[1] and ports[0] in WEB_PORTS and str(rule.get("IpProtocol")) in ("tcp", "6", "udp", "17")
            if world and not web:
                where = "all ports" if str(rule.get("IpProtocol")) == "-1" else f"{rule.get('IpProtocol')} {'-'.join(dict.fromkeys(ports))}"
                yield hit(group, detail=where, note=f"{world[0]} may reach {where}.")


RULE = Rule(
    name="OpenSecurityGroup",
    controls=("NET-5", "NET-6"),
    why="The whole internet can knock at a port that is no web server's.",
    fix="admit a security group (connections.allow_from) or a prefix list instead of an address range; only 80 and 443 may face the world",
    find=_find,
)
