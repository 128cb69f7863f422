"""A path of a CloudFront distribution that answers over plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings


def _find(subject: Subject) -> Iterator[Hit]:
    for site in subject.of_type("AWS::CloudFront::Distribution"):
        default = site.get("DistributionConfig", "DefaultCacheBehavior") or {}
        for behaviour in (default, *mappings(site.get("DistributionConfig", "CacheBehaviors"))):
            if behaviour.get("ViewerProtocolPolicy") == "allow-all":
                yield hit(site, detail=str(behaviour.get("PathPattern", "*")))


RULE = Rule(
    name="PlainViewer",
    controls=("WEB-7", "WEB-10"),
    why="Whoever is on the way reads and changes what visitors send and see: this path answers over plain HTTP too.",
    fix="ViewerProtocolPolicy redirect-to-https where people type the address, https-only where programs call, as edge.Website has",
    find=_find,
)
