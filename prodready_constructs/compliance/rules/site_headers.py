"""A website without security headers."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import Resource

HEADERS = ("ContentSecurityPolicy", "ContentTypeOptions", "FrameOptions", "ReferrerPolicy", "StrictTransportSecurity")
#: AWS's managed policies that set CORS headers and nothing else.
#: Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html
CORS_ONLY = ("60669652-455b-4ae9-85a4-c4c02393f86c", "5cc3b908-e619-4b99-88e5-2cf7f45965bd")


def _missing(subject: Subject, site: Resource, policy: object) -> str | None:
    """What the headers policy of a behaviour lacks; None when it is complete, or lies outside this app."""
    if policy is None or policy in CORS_ONLY:
        return "no security headers"
    for found in subject.targets(site, policy):
        config = found.get("ResponseHeadersPolicyConfig", "SecurityHeadersConfig") or {}
        if lacking := [header for header in HEADERS if header not in config]:
            return f"no {', '.join(lacking)}"
    return None


def _find(subject: Subject) -> Iterator[Hit]:
    for site in subject.of_type("AWS::CloudFront::Distribution"):
        default = site.get("DistributionConfig", "DefaultCacheBehavior") or {}
        for behaviour in (default, *mappings(site.get("DistributionConfig", "CacheBehaviors"))):
            pattern = str(behaviour.get("PathPattern", "*"))
            if lacking := _missing(subject, site, behaviour.get("ResponseHeadersPolicyId")):
                yield hit(site, detail=pattern, note=f"The behaviour {pattern} sends {lacking}.")


RULE = Rule(
    name="SiteWithoutSecurityHeaders",
    controls=("WEB-7",),
    why="Browsers are not told to insist on HTTPS and to refuse foreign scripts and frames.",
    fix="give every behaviour a ResponseHeadersPolicy with HSTS, CSP, nosniff, frame options and referrer policy; edge.Website has one",
    find=_find,
)
