"""An HTTP API behind CloudFront that cannot tell CloudFront from anybody else."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.http_origins import apis_behind
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings


def _find(subject: Subject) -> Iterator[Hit]:
    for site in subject.of_type("AWS::CloudFront::Distribution"):
        for origin in mappings(site.get("DistributionConfig", "Origins")):
            certificate = (origin.get("CustomOriginConfig") or {}).get("OriginMtlsConfig")
            if not origin.get("OriginCustomHeaders") and not certificate and apis_behind(subject, site, origin):
                yield hit(site, detail=str(origin.get("Id")))


RULE = Rule(
    name="OriginUnproven",
    controls=("WEB-1", "WEB-5"),
    why="CloudFront shows the HTTP API nothing that others cannot show: callers go around it and its web ACL, straight to the API.",
    fix="add a header that only CloudFront knows and that the API's target demands (edge.OriginSecret), or OriginMtlsConfig and mutual TLS "
    "on the API's domain (edge.OriginCertificate)",
    find=_find,
)
