"""The A and AAAA records of a name: what they point at, how they are chosen, and what cannot stand beside each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast
from weakref import ReferenceType, WeakKeyDictionary, ref

from aws_cdk import Stack
from aws_cdk import aws_route53 as route53
from constructs import Construct, IConstruct

from prodready_constructs.edge.dns.routing import Routing, Weighted
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

_TARGETS = "aws-cdk-lib.aws_route53_targets."
#: Targets that are CloudFront distributions, as such or inside another service (AppSync's and Cognito's custom domains).
_ON_CLOUDFRONT = frozenset(_TARGETS + name for name in ("CloudFrontTarget", "AppSyncTarget", "UserPoolDomainTarget"))
#: Targets that answer under one custom domain name each.
_ONE_NAME = frozenset(
    _TARGETS + name for name in ("ApiGatewayDomain", "ApiGatewayv2DomainProperties", "AppSyncTarget", "UserPoolDomainTarget")
)

#: (zone, name) -> the aliases made of it in this process: in which stack, with which routing, by which Domain.
_taken: dict[tuple[str, str], list[tuple[ReferenceType[Stack], Routing | None, str]]] = {}
#: The app of each stack that was compared: it never changes, and asking costs two messages to the jsii kernel.
_apps: WeakKeyDictionary[Stack, IConstruct] = WeakKeyDictionary()


def is_on_cloudfront(target: route53.IAliasRecordTarget) -> bool:
    """Whether *target* is a distribution. Told by its class: importing the module of all targets would load ten services."""
    return not _ON_CLOUDFRONT.isdisjoint(_classes(target))


def require_target(
    where: str, target: route53.IAliasRecordTarget, *, names: Sequence[str], routing: Routing | None, cloudfront: bool
) -> None:
    """Refuse a *target* that cannot answer under all *names*, or not with this *routing*."""
    if len(names) > 1 and not _ONE_NAME.isdisjoint(_classes(target)):
        raise ConfigurationError(
            f"{where}: alias",
            given=", ".join(names),
            allowed="one name: the custom domain of an API or of a sign-in page answers under no other",
            mend="make a Domain for each, or put a Website in front, which takes all of them",
        )
    if cloudfront and routing is not None and not isinstance(routing, Weighted):
        raise ConfigurationError(
            f"{where}: routing",
            given=f"{routing.policy} to CloudFront",
            allowed="no routing, or Weighted(...) while moving to CloudFront from something else: a name belongs to one distribution, "
            "so no second one could answer for it",
            mend="leave it out and let the one distribution, which is everywhere already, fail over between its origins",
        )


def make_aliases(
    home: Construct,
    construct_id: str,
    *,
    zone: route53.IHostedZone,
    name: str,
    target: route53.RecordTarget,
    properties: dict[str, Any] | None,
) -> tuple[route53.ARecord, route53.AaaaRecord]:
    """The two records of *name*; with the routing's *properties* when it has one."""
    records = (
        route53.ARecord(home, f"Alias{construct_id}", zone=zone, record_name=name, target=target),
        route53.AaaaRecord(home, f"AliasIpv6{construct_id}", zone=zone, record_name=name, target=target),
    )
    if properties:
        for record in records:
            # As an override: the L2 takes no failover for targets whose class leaves EvaluateTargetHealth unsaid (API Gateway's).
            cast("route53.CfnRecordSet", record.node.default_child).add_override("Properties", properties)
    return records


def routed(routing: Routing, *, cloudfront: bool) -> dict[str, Any]:
    """What a record set has of *routing*.

    EvaluateTargetHealth is true: a load balancer without a healthy target takes itself out, and failover aliases must have it. Targets that
    are always there (API Gateway's) count as healthy, and the health check decides. CloudFront takes none.
    """
    check = {"HealthCheckId": routing.health_check.health_check_id} if routing.health_check else {}
    return {**routing.properties(), **check, "AliasTarget": {"EvaluateTargetHealth": not cloudfront}}


def take(home: Construct, where: str, *, zone: str, name: str, routing: Routing | None) -> None:
    """Note that *name* has records with *routing*; refuse what Route 53 would refuse beside those it has in this app."""
    stack = home if isinstance(home, Stack) else home.stack if isinstance(home, Part) else Stack.of(home)
    others = _taken.setdefault((zone, name), [])
    others[:] = [one for one in others if one[0]() is not None]
    for reference, other, made_by in others:
        if not _of_one_app(stack, reference(), ask=routing is not None or other is not None):
            continue
        if routing is None or other is None or routing.policy != other.policy:
            raise ConfigurationError(
                f"{where}: routing",
                given=f"{_policy(routing)} for {name}, which has {_policy(other)} by {made_by}",
                allowed="one routing policy for all records of a name, and without one a single alias",
                mend="give both the same kind of routing, or one of them another name",
            )
        if twice := sorted(set(routing.places) & set(other.places)):
            raise ConfigurationError(
                f"{where}: routing",
                given=f"{twice[0]} for {name}, which {made_by} has",
                allowed="each record of a name with an id of its own, one primary and one secondary, each region once",
                mend="give this one another",
            )
    others.append((ref(stack), routing, where))


def _of_one_app(stack: Stack, other: Stack | None, *, ask: bool) -> bool:
    """Whether both are in one app. Not asked for two plain aliases of different stacks, which is what most apps have."""
    return other is not None and (stack is other or (ask and _app(stack) is _app(other)))


def _app(stack: Stack) -> IConstruct:
    if stack not in _apps:
        _apps[stack] = stack.node.root
    return _apps[stack]


def _policy(routing: Routing | None) -> str:
    return f"{routing.policy} routing" if routing else "no routing"


def suffix(name: str) -> str:
    """*name* as a part of a construct id: ``www.example.com`` is ``WwwExampleCom``."""
    return "".join(part.capitalize() for part in re.findall(r"[a-z0-9]+", name))


def _classes(target: object) -> set[str]:
    return {getattr(one, "__jsii_type__", "") for one in type(target).__mro__}
