"""What a distribution refuses, turns away, and must be forgiven."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import cast

from aws_cdk import aws_cloudfront as cloudfront

from prodready_constructs.edge.cdn.routing import SiteRouting
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive


def require_cloudfront_acl(where: str, web_acl_arn: str) -> None:
    """Refuse a regional web ACL."""
    # A reference to another stack is a token; its web ACL has refused the wrong region itself.
    if web_acl_arn.startswith("arn:") and f":wafv2:{CLOUDFRONT_REGION}:" not in web_acl_arn:
        raise ConfigurationError(
            f"{where}: web_acl_arn",
            given=web_acl_arn,
            allowed=f"a web ACL of scope CLOUDFRONT in {CLOUDFRONT_REGION}",
            mend=f'make it by WebAcl(placement="CLOUDFRONT") in a stack of {CLOUDFRONT_REGION}',
        )


def require_path(where: str, path_pattern: str, taken: set[str]) -> None:
    """Refuse a path that is no path of its own, and remember it."""
    if not path_pattern.startswith("/") or path_pattern in {"/", "/*"} or path_pattern in taken:
        raise ConfigurationError(
            f"{where}: path_pattern",
            given=path_pattern,
            allowed="a path below the site's root that no other call has taken, such as '/api/*'",
            mend="begin it with '/', leave '/*' to the content, and use each pattern once",
        )
    taken.add(path_pattern)


def require_folder(where: str, path_pattern: str, taken: Iterable[str]) -> str:
    """The folder of *path_pattern*; refuses a pattern that is no folder, and one whose files another call opens."""
    if not re.fullmatch(r"(/[A-Za-z0-9\-._~]+)+/\*", path_pattern):
        raise ConfigurationError(
            f"{where}: add_private",
            given=path_pattern,
            allowed="a folder: '/members/*', of letters, digits and -._~",
            mend="put what is private into a folder of its own",
        )
    folder = path_pattern.removesuffix("*")
    for earlier in sorted(taken):
        require_apart(where, earlier, [folder])
    return folder


def require_apart(where: str, path_pattern: str, folders: Iterable[str]) -> None:
    """Refuse a pattern that begins wider than a private folder: ``/*.js`` would show its scripts to everybody, by ``/members%2Fapp.js``."""
    if opened := [folder for folder in folders if folder.startswith(re.split(r"[*?]", path_pattern)[0])]:
        raise ConfigurationError(
            f"{where}: path_pattern",
            given=f"{path_pattern}, which opens the private {', '.join(opened)}",
            allowed="paths that begin apart from private folders",
            mend="put what everybody may see into a folder of its own, such as '/assets/*'",
        )


def names_for(where: str, domain: Domain | None, routing: SiteRouting) -> tuple[str, ...]:
    """The names the distribution answers to; refuses a canonical one that is not among several."""
    names = domain.names if domain else ()
    if routing.canonical is not None and (routing.canonical not in names or len(names) == 1):
        raise ConfigurationError(
            f"{where}: routing.canonical",
            given=routing.canonical,
            allowed=f"one of the names of the domain, which has at least two: {', '.join(names) or 'no domain'}",
            mend="make the Domain with the others: Domain(name='example.com', also=['www.example.com'])",
        )
    return names


def id_for(kind: str, path_pattern: str) -> str:
    """A construct id for *path_pattern* that does not depend on the order of the calls: ``SignersMembers1f2e3d``."""
    words = "".join(part.capitalize() for part in re.findall(r"[A-Za-z0-9]+", path_pattern))
    return f"{kind}{words}{hashlib.sha256(path_pattern.encode()).hexdigest()[:6]}"


def countries(posture: EdgePosture) -> cloudfront.GeoRestriction | None:
    """Whom CloudFront turns away: everybody but the allowed countries, or the blocked ones."""
    if posture.allowed_countries:
        return cloudfront.GeoRestriction.allowlist(*posture.allowed_countries)
    return cloudfront.GeoRestriction.denylist(*posture.blocked_countries) if posture.blocked_countries else None


def accept(distribution: cloudfront.Distribution, *, everywhere: bool, without_domain: bool) -> None:
    """Waive, on the distribution alone, what follows from the posture and from a trial."""
    if not everywhere and not without_domain:
        return
    resource = cast("cloudfront.CfnDistribution", distribution.node.default_child)
    if everywhere:
        waive(
            resource,
            rule="AwsSolutions-CFR1",
            because="the posture blocks no country: the site is meant for visitors everywhere, and WAF limits and filters them by behaviour",
            owner="platform",
        )
    if without_domain:
        waive(
            resource,
            rule="AwsSolutions-CFR4",
            because="a trial without a domain: CloudFront fixes the TLS policy of its own certificate; "
            "with domain= the site demands TLS 1.2_2025",
            owner="platform",
        )
