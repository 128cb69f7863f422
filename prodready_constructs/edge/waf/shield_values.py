"""What Shield Advanced protects, and whom AWS calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from prodready_constructs.edge.regions import CLOUDFRONT_REGION, ROUTE_53_REGION
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError

Kind = Literal["distribution", "hosted_zone", "load_balancer", "classic_load_balancer", "elastic_ip", "accelerator"]
#: How the ARN of each kind reads (Shield API reference, "CreateProtection").
_ARNS: dict[Kind, re.Pattern[str]] = {
    "distribution": re.compile(r":cloudfront::[^:]*:distribution/"),
    "hosted_zone": re.compile(r":route53:::hostedzone/"),
    "load_balancer": re.compile(r":elasticloadbalancing:[^:]+:[^:]+:loadbalancer/app/"),
    "classic_load_balancer": re.compile(r":elasticloadbalancing:[^:]+:[^:]+:loadbalancer/(?!app/|net/|gwy/)[^/]+$"),
    "elastic_ip": re.compile(r":ec2:[^:]+:[^:]+:eip-allocation/"),
    "accelerator": re.compile(r":globalaccelerator::[^:]*:accelerator/"),
}
#: Where Shield reports the metrics of a kind that has no region of its own (AWS WAF developer guide, "AWS Shield Advanced metrics").
METRIC_REGIONS: dict[Kind, str] = {"distribution": CLOUDFRONT_REGION, "hosted_zone": ROUTE_53_REGION, "accelerator": "us-west-2"}
#: What to do about what Shield does not protect.
_INSTEAD = (
    (":apigateway:", "put a distribution in front of the API (or protect the one there is) and name that"),
    (":execute-api:", "put a distribution in front of the API (or protect the one there is) and name that"),
    (":appsync:", "put a distribution in front of the API (or protect the one there is) and name that"),
    (":s3:", "name the distribution in front of the bucket"),
    ("loadbalancer/net/", "protect the Elastic IP addresses of the network load balancer"),
    ("loadbalancer/gwy/", "a gateway load balancer is no door: protect what stands before it"),
    (":instance/", "protect the Elastic IP address of the instance"),
    (":natgateway/", "protect the Elastic IP address of the NAT gateway"),
    (":cognito-idp:", "a user pool is under Shield Standard: give it a web ACL with a rate limit"),
)
_NAME = re.compile(r"[ a-zA-Z0-9_.-]{1,128}")
_EMAIL = re.compile(r"\S+@\S+\.\S+")
_PHONE = re.compile(r"\+[1-9]\d{1,14}")
_NOTES = re.compile(r"[\w\s.\-,:/()+@]{1,1024}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldProtection:
    """One resource under Shield Advanced.

    Attributes:
        name: in letters and digits: part of ids and of the console's name.
        resource_arn: of a distribution, hosted zone, application or classic load balancer, Elastic IP or accelerator.
        kind: which of these, where the ARN is known at deployment only (``load_balancer.load_balancer_arn``).
        health_check_id: of a Route 53 check of the application: Shield detects sooner while it fails, and AWS's team only calls when it does.
        web_acl: the web ACL in front of it, for *mitigate*.
        mitigate: Shield writes rules against an attack on the application layer into *web_acl*, by itself: ``count`` to try, ``block``.
    """

    name: str
    resource_arn: str
    kind: Kind | None = None
    health_check_id: str | None = None
    web_acl: WebAcl | None = None
    mitigate: Literal["count", "block"] | None = None

    def __post_init__(self) -> None:
        if not self.name.isalnum() or not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                "ShieldProtection.name", given=self.name, allowed="1 to 128 letters and digits", mend="write it in one word: 'Site'"
            )
        if self.kind is not None and self.kind not in _ARNS:
            raise ConfigurationError("ShieldProtection.kind", given=self.kind, allowed=", ".join(_ARNS), mend=_instead(self.resource_arn))
        kind = self.kind or _kind_of(self.resource_arn)
        if "${Token[" not in self.resource_arn and not _ARNS[kind].search(self.resource_arn):
            raise ConfigurationError(
                "ShieldProtection.kind", given=f"{kind} for {self.resource_arn}", allowed="the kind its ARN says", mend="leave kind out"
            )
        object.__setattr__(self, "kind", kind)
        self._require_web_acl()

    def _require_web_acl(self) -> None:
        if self.mitigate is None:
            return
        if self.mitigate not in {"count", "block"}:
            raise ConfigurationError(
                "ShieldProtection.mitigate", given=self.mitigate, allowed="count, block or None", mend="begin with 'count'"
            )
        if self.kind not in {"distribution", "load_balancer"}:
            raise ConfigurationError(
                "ShieldProtection.mitigate",
                given=f"mitigate for a {str(self.kind).replace('_', ' ')}",
                allowed="distributions and application load balancers: Shield writes its rules into their web ACL",
                mend="leave it out",
            )
        if self.web_acl is None:
            raise ConfigurationError(
                "ShieldProtection.web_acl",
                given="mitigate without a web ACL",
                allowed="the WebAcl in front of the resource, in which Shield keeps its rules",
                mend="hand over the WebAcl",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldContact:
    """Whom AWS's response team calls when a protected application is under attack and unwell.

    Attributes:
        email: an address that is read at night; phone: ``+49301234567``; at least one contact needs one; notes: when to use which.
    """

    email: str
    phone: str | None = None
    notes: str | None = None

    def __post_init__(self) -> None:
        if not _EMAIL.fullmatch(self.email) or len(self.email) > 150:
            raise ConfigurationError("ShieldContact.email", given=self.email, allowed="an e-mail address", mend="security@example.com")
        if self.phone is not None and not _PHONE.fullmatch(self.phone):
            raise ConfigurationError(
                "ShieldContact.phone", given=self.phone, allowed="'+', country code and number, digits only", mend="+49301234567"
            )
        if self.notes is not None and not _NOTES.fullmatch(self.notes):
            raise ConfigurationError(
                "ShieldContact.notes",
                given=self.notes,
                allowed="1 to 1024 letters, digits, spaces and . - , : / ( ) + @",
                mend="say it in plain words",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldResponseTeam:
    """What AWS's response team may do: see and change the account's web ACLs and Shield during an attack.

    Attributes:
        log_buckets: names of buckets whose logs it may read, at most 10; AWS WAF's own logs it sees without.
    """

    log_buckets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.log_buckets) > 10:
            raise ConfigurationError(
                "ShieldResponseTeam.log_buckets",
                given=f"{len(self.log_buckets)} buckets",
                allowed="at most 10",
                mend="name the access logs",
            )


def _kind_of(arn: str) -> Kind:
    for kind, pattern in _ARNS.items():
        if pattern.search(arn):
            return kind
    if "${Token[" in arn and not any(part in arn for part, _ in _INSTEAD):
        raise ConfigurationError(
            "ShieldProtection.kind",
            given="an ARN that is known at deployment only",
            allowed=", ".join(_ARNS),
            mend="say which it is: kind='load_balancer'",
        )
    raise ConfigurationError(
        "ShieldProtection.resource_arn",
        given=arn,
        allowed="distributions, hosted zones, application and classic load balancers, Elastic IP addresses and accelerators",
        mend=_instead(arn),
    )


def _instead(arn: str) -> str:
    return next((mend for part, mend in _INSTEAD if part in arn), "protect the distribution or load balancer in front of it")
