"""Answers for one visitor that CloudFront shows to the next."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings, number
from prodready_constructs.evidence.assembly import Resource

#: AWS's managed policies that keep answers whatever the cookies are: CachingOptimized, and the same for uncompressed objects.
#: Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
KEEPING = ("658327ea-f89d-4fab-a63d-7e88639e58f6", "b2884449-e4de-46a7-ac36-70bc7f1ddd6d")
#: Those that send all cookies to the origin: AllViewer, the same without Host, the same with CloudFront's headers.
#: Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
SENDING = ("216adef6-5c7f-47e4-b989-5492eafa07d3", "b689b0a8-53d0-40ab-baf2-68738e2966ac", "33f36d7e-f396-46d9-90e0-52428a34d9dc")
#: What CloudFront takes where a policy does not say, in seconds.
DEFAULT_LIFE = 86_400


def _keeps_for_all(policy: Resource) -> bool:
    """Whether it keeps answers that do not ask for it, and does not tell them apart by cookies."""
    config = policy.get("CachePolicyConfig") or {}
    key = policy.get("CachePolicyConfig", "ParametersInCacheKeyAndForwardedToOrigin", "CookiesConfig", "CookieBehavior")
    least, default, most = (
        number(config.get(name), otherwise) for name, otherwise in (("MinTTL", 0), ("DefaultTTL", DEFAULT_LIFE), ("MaxTTL", DEFAULT_LIFE))
    )
    # What is decided at deployment (infinite here) may be 0.
    return key == "none" and (0 < least < float("inf") or (min(default, most) > 0 and max(default, most) < float("inf")))


def _sends_cookies(policy: Resource) -> bool:
    return policy.get("OriginRequestPolicyConfig", "CookiesConfig", "CookieBehavior") in ("all", "allExcept")


def _find(subject: Subject) -> Iterator[Hit]:
    for site in subject.of_type("AWS::CloudFront::Distribution"):
        config = site.get("DistributionConfig") or {}
        buckets = {origin.get("Id") for origin in mappings(config.get("Origins")) if "S3OriginConfig" in origin}
        for behaviour in (config.get("DefaultCacheBehavior") or {}, *mappings(config.get("CacheBehaviors"))):
            cache, sent = behaviour.get("CachePolicyId"), behaviour.get("OriginRequestPolicyId")
            keeps = cache in KEEPING or any(map(_keeps_for_all, subject.targets(site, cache)))
            sends = sent in SENDING or any(map(_sends_cookies, subject.targets(site, sent)))
            # A bucket knows no visitors.
            if keeps and sends and behaviour.get("TargetOriginId") not in buckets:
                yield hit(site, detail=str(behaviour.get("PathPattern", "*")))


RULE = Rule(
    name="VisitorsMixed",
    controls=("WEB-7",),
    why="The origin sees each visitor's cookies, and its answer is kept and shown to everybody: one reads the account of another.",
    fix="do not keep it (CachingDisabled), or do not send the cookies: edge.Website's add_api and add_cached_get are either",
    find=_find,
)
