"""Services that call each other without TLS."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.recorded import recorded_above
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, mappings
from prodready_constructs.evidence.assembly import Resource


def _excused(subject: Subject, service: Resource) -> bool:
    """Whether the mesh that it is in was told why it speaks without TLS."""
    meshes = subject.targets(service, service.get("ServiceConnectConfiguration", "Namespace"))
    return any(data.get("plain_because") for mesh in meshes for data in recorded_above(subject, mesh))


def _find(subject: Subject) -> Iterator[Hit]:
    for service in subject.of_type("AWS::ECS::Service"):
        config = service.get("ServiceConnectConfiguration") or {}
        plain = [one for one in mappings(config.get("Services")) if not one.get("Tls")] if is_true(config.get("Enabled")) else []
        if plain and not _excused(subject, service):
            yield from (hit(service, detail=str(one.get("DiscoveryName") or one.get("PortName"))) for one in plain)


RULE = Rule(
    name="ServiceConnectPlain",
    controls=("WEB-3",),
    why="What services say to each other is not encrypted on its way: Service Connect does it where it is asked "
    "(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html).",
    fix="Tls with a certificate authority of AWS Private CA for every offered service; compute.ServiceMesh has it, or its reason in plain_because",
    find=_find,
)
