"""What can be connected, stood behind, named and granted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from aws_cdk import aws_certificatemanager as acm
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_elasticloadbalancingv2 as elbv2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_route53 as route53
    from aws_cdk import aws_secretsmanager as secretsmanager
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretField:
    """One field of a JSON secret, handed to a container as an ECS secret and never as a plain value."""

    secret: secretsmanager.ISecret
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What a workload needs to use a store: where it is, what it signs in with, and what must be open.

    Attributes:
        environment: plain values (host, port, name); secrets: environment variable -> secret field.
    """

    connections: ec2.Connections
    port: int
    environment: Mapping[str, str]
    secrets: Mapping[str, SecretField]


class Attachable(Protocol):
    """A store a workload can be connected to: ``service.connect_to(database)``."""

    @property
    def attachment(self) -> Attachment: ...


class WorkQueue(Protocol):
    """A queue that somebody works through: ``messaging.ReliableQueue``, for the consumers of ``compute.workers``."""

    @property
    def queue(self) -> sqs.IQueue: ...
    @property
    def dead_letters(self) -> sqs.IQueue: ...
    @property
    def key(self) -> kms.IKey | None: ...
    @property
    def fifo(self) -> bool: ...
    @property
    def visibility_timeout(self) -> timedelta: ...

    #: The age of its oldest message at which the queue itself tells somebody; None where it does not.
    @property
    def oldest_message(self) -> timedelta | None: ...
    @property
    def attachment(self) -> Attachment: ...
    def grant_consume(self, grantee: iam.IGrantable) -> iam.Grant: ...
    def for_function(self, timeout: timedelta, *, batching_window: timedelta = ...) -> sqs.IQueue: ...


class FrontDoor(Protocol):
    """A load balancer that a service can stand behind: ``WebService(load_balancer=...)``.

    Its new versions replace the old ones in place; a :class:`ShiftingDoor` leads visitors from one to the other.
    """

    @property
    def load_balancer(self) -> elbv2.IApplicationLoadBalancer: ...
    def route_to(
        self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta
    ) -> elbv2.ApplicationTargetGroup: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SideDoor:
    """Where a new version answers before visitors meet it; closed to all but those who are let in by *connectable*.

    Attributes:
        address: the load balancer's own DNS name. port: of the side door.
        server_name: what the certificate names, and requests must; None for plain HTTP.
        headers: what a request must carry to reach this service.
        interfaces: how EC2 describes the load balancer's network interfaces, where *address* leads to the internet and not to them.
    """

    address: str
    port: int
    server_name: str | None
    headers: Mapping[str, str]
    connectable: ec2.IConnectable
    interfaces: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How requests reach a service whose versions take turns: two target groups, and the two rules that Amazon ECS weighs them by.

    Which group is live changes with each release, and only the rule itself knows.
    """

    targets: elbv2.ApplicationTargetGroup
    alternate: elbv2.ApplicationTargetGroup
    production_rule: elbv2.ApplicationListenerRule
    test_rule: elbv2.ApplicationListenerRule
    side_door: SideDoor


@runtime_checkable
class ShiftingDoor(FrontDoor, Protocol):
    """A front door that leads visitors from one version of a service to the next: releases by BLUE_GREEN, CANARY and LINEAR need one.

    It makes groups and rules and opens the way between load balancer and tasks; the service itself tells Amazon ECS of them.
    """

    def shift_to(self, service: ecs.FargateService, *, container_port: int, health_check_path: str, drain: timedelta) -> Route: ...


class NamedDomain(Protocol):
    """A name with its certificate and records: ``edge.Domain``, for what CloudFront serves elsewhere (``UserDirectory.add_sign_in_page``)."""

    name: str

    def require_us_east_1(self, *, wanted_by: Construct) -> acm.ICertificate: ...
    def alias(
        self, target: route53.IAliasRecordTarget, *, scope: Construct | None = None, name: str | None = None
    ) -> tuple[route53.RecordSet, ...]: ...


class Grantee(Protocol):
    """Anything with a principal."""

    @property
    def grant_principal(self) -> iam.IPrincipal: ...
