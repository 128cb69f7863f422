"""Services that call one another by name, through proxies that speak TLS."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal, cast

from aws_cdk import aws_acmpca as acmpca
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_servicediscovery as servicediscovery
from constructs import Construct

from prodready_constructs.compute.tasks.fargate_workload import FargateWorkload
from prodready_constructs.compute.tasks.mesh_alarms import Endpoint, mesh_alarms, mesh_graphs
from prodready_constructs.compute.tasks.mesh_tls import infrastructure_role
from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, DataKey, Part

CONTROLS = (
    ControlClaim(
        control="WEB-3",
        how="Services call one another through proxies of Amazon ECS; only named clients reach a server's proxy, over TLS 1.3 unless a written reason says otherwise",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 AC-4", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.7"),
    ),
)
#: Where a server's proxy listens, so that a load balancer goes on asking the application itself, and neither opens the other's door.
INGRESS_PORT = 4443
#: What the proxy takes of each task's memory (Amazon ECS developer guide, Service Connect: at least 64 MiB).
PROXY_MIB = 64
#: A connection without requests is kept so long; an answer may take no longer.
IDLE = timedelta(minutes=5)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_Service = ecs.CfnService

Protocol = Literal["http", "http2", "grpc"]


class ServiceMesh(Part):
    """A namespace in which Fargate services call one another as ``http://orders``: Amazon ECS Service Connect, with TLS between the tasks.

    Always: certificates of *certificate_authority*, renewed by ECS, their keys under a customer-managed key; each server's proxy listens on a
    port of its own that only connected clients reach; access logs without query strings go to each service's log group; a server is deployed
    before its clients. The applications speak plainly to the proxy in their own task, and to nobody else.

    Args:
        name: of the namespace, unlike any other in the account and region: lower case, digits, hyphens.
        certificate_authority: AWS Private CA, best in its short-lived mode, which ECS's certificates of seven days suit; or its ARN.
        plain_because: why there is no TLS, for those who audit it; then *certificate_authority* is None.
        encryption_key: for the keys of the certificates; an own ``DataKey`` when None.

    Raises:
        ConfigurationError: a name that none can be; both or neither of an authority and a reason.

    Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect.html,
        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-tls.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        certificate_authority: acmpca.ICertificateAuthority | str | None,
        plain_because: str = "",
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = _name(self.path, name)
        if (certificate_authority is None) != bool(plain_because.strip()):
            raise ConfigurationError(
                f"{self.path}: certificate_authority",
                given="an authority and plain_because" if certificate_authority else "neither an authority nor plain_because",
                allowed="AWS Private CA, or a reason in plain_because why services speak without TLS inside the VPC",
                mend="give one of the two",
            )
        #: The namespace itself; HTTP only, for the proxies need no DNS.
        self.namespace = servicediscovery.HttpNamespace(self, "Namespace", name=name, description=f"Service Connect of {self.path}")
        self._arn = self.namespace.namespace_arn
        self._tls: ecs.CfnService.ServiceConnectTlsConfigurationProperty | None = None
        #: What ECS may do to make certificates; None without TLS.
        self.infrastructure_role = None
        if certificate_authority is not None:
            authority = certificate_authority if isinstance(certificate_authority, str) else certificate_authority.certificate_authority_arn
            key = encryption_key or DataKey(self, "Key", description=f"{self.path}: keys of certificates").key
            self.infrastructure_role = role = infrastructure_role(self, path=self.path, authority=authority, key=key)
            self._tls = _Service.ServiceConnectTlsConfigurationProperty(
                issuer_certificate_authority=_Service.ServiceConnectTlsCertificateAuthorityProperty(aws_pca_authority_arn=authority),
                kms_key=key.key_arn,
                role_arn=role.role_arn,
            )
        self._members: dict[FargateWorkload, list[ecs.CfnService.ServiceConnectServiceProperty]] = {}
        self._endpoints: dict[FargateWorkload, Endpoint] = {}
        self._ways: set[tuple[FargateWorkload, FargateWorkload]] = set()
        record(self, controls=CONTROLS, tier="compute", watchable=True, encrypted=self._tls is not None, plain_because=plain_because)

    def offer(
        self,
        service: FargateWorkload,
        *,
        name: str,
        port: int = 80,
        protocol: Protocol = "http",
        answer_within: timedelta = timedelta(seconds=15),
    ) -> None:
        """Let other services call *service* as ``http://<name>:<port>``; who may is said by :meth:`connect`.

        Raises:
            ConfigurationError: a name that none can be or that is taken, a service that listens nowhere or on the proxy's port, one offered
                twice, or *answer_within* outside a second to five minutes.
        """
        path = f"{self.path}: offer"
        _name(path, name)
        container_port = service.container_port
        wrong: tuple[object, str, str] | None = None
        if service in self._endpoints:
            wrong = f"{service.path} a second time", "one name for each service", "connect clients to it by that name"
        elif any(one.name == name for one in self._endpoints.values()):
            wrong = name, "a name that no other service of the mesh has", "choose another"
        elif container_port in (None, INGRESS_PORT):
            wrong = (
                f"{service.path} on port {container_port}",
                f"a service that listens, not on {INGRESS_PORT}",
                "offer one with a container_port",
            )
        elif not 1 <= port <= 65_535:
            wrong = port, "1 to 65535", "leave it out for 80"
        elif not timedelta(seconds=1) <= answer_within <= IDLE:
            wrong = (
                str(answer_within),
                f"0:00:01 to {IDLE}, after which an idle connection ends",
                "answer sooner, and ask again for the result",
            )
        if wrong is not None:
            given, allowed, mend = wrong
            raise ConfigurationError(path, given=given, allowed=allowed, mend=mend)
        task = cast("ecs.CfnTaskDefinition", service.task_definition.node.default_child)
        task.add_property_override("ContainerDefinitions.0.PortMappings.0.Name", name)
        task.add_property_override("ContainerDefinitions.0.PortMappings.0.AppProtocol", protocol)
        self._endpoints[service] = endpoint = Endpoint(
            name=name,
            namespace=self._name,
            discovery_name=f"{self._name}-{name}"[:64],
            url=f"http://{name}:{port}",
            log_group=service.log_group.log_group_name,
        )
        self._join(
            service,
            _Service.ServiceConnectServiceProperty(
                port_name=name,
                discovery_name=endpoint.discovery_name,
                client_aliases=[_Service.ServiceConnectClientAliasProperty(port=port, dns_name=name)],
                ingress_port_override=INGRESS_PORT,
                timeout=_Service.TimeoutConfigurationProperty(
                    idle_timeout_seconds=int(IDLE.total_seconds()), per_request_timeout_seconds=int(answer_within.total_seconds())
                ),
                tls=self._tls,
            ),
        )

    def connect(self, client: FargateWorkload, *servers: FargateWorkload) -> None:
        """Let *client* call *servers*, and tell it where each is: ``<NAME>_URL``.

        Raises:
            ConfigurationError: a server that was not offered, the client itself, a way that exists already, or one in both directions: each
                would wait for the other to be deployed.
        """
        for server in servers:
            endpoint = self._endpoints.get(server)
            wrong: tuple[str, str, str] | None = None
            if endpoint is None:
                wrong = server.path, "a service of this mesh", "offer it first: mesh.offer(service, name=...)"
            elif server is client or (client, server) in self._ways:
                wrong = f"{client.path} to {server.path}", "one way from a client to a server", "connect the two once"
            elif (server, client) in self._ways:
                wrong = f"{client.path} to {server.path} and back", "one direction", "let one of the two be called by a queue or an event"
            if endpoint is None or wrong is not None:
                given, allowed, mend = wrong or ("", "", "")
                raise ConfigurationError(f"{self.path}: connect", given=given, allowed=allowed, mend=mend)
            self._ways.add((client, server))
            self._join(client)
            client.connections.allow_to(server.connections, ec2.Port.tcp(INGRESS_PORT), f"Service Connect to {endpoint.name}")
            client.add_setting(f"{endpoint.name.upper().replace('-', '_')}_URL", endpoint.url)
            # A task learns of what is there when it is deployed, and of nothing that comes later.
            client.service.node.add_dependency(server.service)

    def _join(self, service: FargateWorkload, *offered: ecs.CfnService.ServiceConnectServiceProperty) -> None:
        """Write what *service* does in the mesh; again, when there is more of it."""
        if service not in self._members:
            service.memory.take(f"{self.path}: the proxy", PROXY_MIB)
        services = self._members.setdefault(service, [])
        if services and not offered:
            return
        services.extend(offered)
        cfn = cast("ecs.CfnService", service.service.node.default_child)
        cfn.service_connect_configuration = _Service.ServiceConnectConfigurationProperty(
            enabled=True,
            namespace=self._arn,
            services=services or None,
            access_log_configuration=_Service.ServiceConnectAccessLogConfigurationProperty(
                format="JSON", include_query_parameters="DISABLED"
            ),
            log_configuration=_Service.LogConfigurationProperty(
                log_driver="awslogs",
                options={
                    "awslogs-group": service.log_group.log_group_name,
                    "awslogs-region": REGION,
                    "awslogs-stream-prefix": "connect",
                    "mode": "non-blocking",
                    "max-buffer-size": "25m",
                },
            ),
        )
        if self.infrastructure_role is not None and offered:
            service.service.node.add_dependency(self.infrastructure_role)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors between services, and proxies that do not trust one another."""
        return mesh_alarms(self.path, tuple(self._endpoints.values()), encrypted=self._tls is not None)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Errors and answers of each server."""
        return mesh_graphs(tuple(self._endpoints.values()))


def _name(path: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{path}: name",
            given=name,
            allowed="lower case letters, digits and hyphens, beginning with a letter, up to 63",
            mend="use 'orders'",
        )
    return name
