"""Services that call one another: TLS, one way, by name, and only who is let."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_acmpca as acmpca

from prodready_constructs.compute.service.web_service import WebService
from prodready_constructs.compute.tasks.mesh import ServiceMesh
from prodready_constructs.contracts import AlarmSpec, MathMetric, Metric
from prodready_constructs.errors import ConfigurationError
from tests.compute.tasks.parts import AUTHORITY, a_service, containers
from tests.support.aws_cli import faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


class Made(NamedTuple):
    mesh: ServiceMesh
    template: Template
    findings: list[str]


@pytest.fixture(scope="module", params=["TLS", "plain"])
def made(request: pytest.FixtureRequest) -> Made:
    stack = new_stack(new_app(flags={}))
    authority = acmpca.CertificateAuthority.from_certificate_authority_arn(stack, "Authority", AUTHORITY)
    encrypted = request.param == "TLS"
    mesh = ServiceMesh(
        stack,
        "Mesh",
        name="shop",
        certificate_authority=authority if encrypted else None,
        plain_because="" if encrypted else "Staging holds no data of anybody.",
    )
    web, orders, stock = (a_service(stack, name) for name in ("Web", "Orders", "Stock"))
    mesh.offer(orders, name="orders", answer_within=timedelta(seconds=5))
    mesh.offer(stock, name="stock-room", port=8081, protocol="grpc")
    mesh.connect(web, orders)
    mesh.connect(orders, stock)
    found = findings(stack)
    return Made(mesh, synth(stack), found)


def config(made: Made, name: str) -> dict[str, Any]:
    return dict(made.template.props("AWS::ECS::Service", name)["ServiceConnectConfiguration"])


@pytest.mark.control("WEB-3")
def test_a_server_has_a_name_and_a_port_of_its_proxy(made: Made) -> None:
    (service,) = config(made, "Orders")["Services"]
    assert service["PortName"] == "orders"
    assert service["DiscoveryName"] == "shop-orders"
    assert service["ClientAliases"] == [{"DnsName": "orders", "Port": 80}]
    assert service["IngressPortOverride"] == 4443, "the load balancer goes on asking the application itself"
    assert service["Timeout"] == {"IdleTimeoutSeconds": 300, "PerRequestTimeoutSeconds": 5}
    (port,) = containers(made.template, "Orders")["App"]["PortMappings"]
    assert (port["Name"], port["AppProtocol"], port["ContainerPort"]) == ("orders", "http", 8080)
    (stock,) = config(made, "Stock")["Services"]
    assert stock["ClientAliases"] == [{"DnsName": "stock-room", "Port": 8081}]
    assert containers(made.template, "Stock")["App"]["PortMappings"][0]["AppProtocol"] == "grpc"


@pytest.mark.control("WEB-3", "NET-6")
def test_only_connected_clients_reach_a_server_s_proxy(made: Made) -> None:
    ways = {
        (rule["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0][:6], rule["Properties"]["GroupId"]["Fn::GetAtt"][0][:6])
        for rule in made.template.of_type("AWS::EC2::SecurityGroupIngress").values()
        if rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"] == 4443
    }
    assert ways == {("WebSec", "Orders"), ("Orders", "StockS")}
    assert len(made.template.of_type("AWS::EC2::SecurityGroupIngress")) == 2
    assert "Services" not in config(made, "Web")
    assert all(config(made, name)["Enabled"] is True for name in ("Web", "Orders", "Stock"))


@pytest.mark.control("WEB-3")
def test_a_client_learns_the_address_and_is_deployed_after_its_server(made: Made) -> None:
    values = {one["Properties"]["Value"] for one in made.template.of_type("AWS::SSM::Parameter").values()}
    assert values == {"http://orders:80", "http://stock-room:8081"}
    assert [one["Name"] for one in containers(made.template, "Web")["App"]["Secrets"]] == ["ORDERS_URL"]
    assert [one["Name"] for one in containers(made.template, "Orders")["App"]["Secrets"]] == ["STOCK_ROOM_URL"]
    (orders,) = [name for name in made.template.of_type("AWS::ECS::Service") if name.startswith("Orders")]
    assert orders in made.template.one("AWS::ECS::Service", "Web")["DependsOn"]


@pytest.mark.control("WEB-3")
def test_certificates_come_from_the_authority_and_their_keys_are_ours(made: Made) -> None:
    tls = [config(made, name)["Services"][0].get("Tls") for name in ("Orders", "Stock")]
    if made.mesh.infrastructure_role is None:
        assert tls == [None, None]
        assert made.template.recorded("ServiceMesh")[0]["plain_because"] == "Staging holds no data of anybody."
        return
    assert tls[0] == tls[1]
    assert tls[0]["IssuerCertificateAuthority"] == {"AwsPcaAuthorityArn": AUTHORITY}
    assert "MeshKey" in tls[0]["KmsKey"]["Fn::GetAtt"][0]
    assert "InfrastructureRole" in tls[0]["RoleArn"]["Fn::GetAtt"][0]
    policy = made.template.props("AWS::IAM::ManagedPolicy", "InfrastructureRole")
    statements = policy["PolicyDocument"]["Statement"]
    for statement in statements:
        resource = statement["Resource"]
        assert resource == AUTHORITY or "Fn::GetAtt" in resource or "ecs-sc!*" in str(resource)
    assert {
        one["Action"] if isinstance(one["Action"], str) else one["Action"][0] for one in statements if one["Resource"] == AUTHORITY
    } == {
        "acm-pca:DescribeCertificateAuthority",
        "acm-pca:IssueCertificate",
    }
    role = made.template.one("AWS::IAM::Role", "InfrastructureRole")
    assert role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ecs.amazonaws.com"}
    (name,) = [one for one in made.template.of_type("AWS::IAM::ManagedPolicy") if "InfrastructureRole" in one]
    assert name in made.template.one("AWS::ECS::Service", "Orders")["DependsOn"]


@pytest.mark.control("OPS-5")
def test_access_is_logged_without_query_strings_into_the_service_s_own_group(made: Made) -> None:
    for name in ("Web", "Orders", "Stock"):
        found = config(made, name)
        assert found["AccessLogConfiguration"] == {"Format": "JSON", "IncludeQueryParameters": "DISABLED"}
        options = found["LogConfiguration"]["Options"]
        assert options["awslogs-group"]["Ref"].startswith(f"{name}Logs")
        assert (options["awslogs-stream-prefix"], options["mode"]) == ("connect", "non-blocking")


@pytest.mark.control("OPS-2")
def test_errors_between_services_and_distrust_are_heard_of(made: Made) -> None:
    specs = {spec.id: spec for spec in made.mesh.alarm_specs if isinstance(spec, AlarmSpec)}
    encrypted = made.mesh.infrastructure_role is not None
    errors = {"OrdersCallErrors", "StockRoomCallErrors"}
    assert set(specs) == (errors | {"OrdersTlsErrors", "StockRoomTlsErrors"} if encrypted else errors)
    rate = specs["OrdersCallErrors"].metric
    assert isinstance(rate, MathMetric)
    assert {metric.name for metric in rate.using.values()} == {f"HTTPCode_Target_{one}XX_Count" for one in "2345"}
    assert all(metric.dimensions == {"TargetDiscoveryName": "shop-orders"} for metric in rate.using.values() if isinstance(metric, Metric))
    assert specs["OrdersCallErrors"].missing_data == "notBreaching"
    assert [graph.unit for graph in made.mesh.graphs] == ["%", "ms"]
    if encrypted:
        handshakes = specs["StockRoomTlsErrors"].metric
        assert isinstance(handshakes, Metric)
        assert (handshakes.namespace, handshakes.name) == ("AWS/ECS", "TargetTLSNegotiationErrorCount")


@pytest.mark.control("GOV-1", "GOV-2")
def test_the_one_wildcard_is_waived_where_it_is(made: Made) -> None:
    if made.mesh.infrastructure_role is None:
        assert made.findings == []
    else:
        (found,) = made.findings
        assert found.startswith("AwsSolutions-IAM5[Resource::arn:")
        assert found.endswith(":secret:ecs-sc!*] @ Stack/Mesh/InfrastructureRole/Policy/Resource")
        waived = [
            f"{entry['data']['rule']} @ {path}"
            for path, entries in made.template.metadata.items()
            for entry in entries
            if entry["type"] == "prodready:waiver"
        ]
        assert waived == [found]


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"name": "Shop"}, r"^Stack/Mesh: name: got 'Shop'; allowed: lower case letters, digits and hyphens, .*; use 'orders'$"),
        (
            {"certificate_authority": None},
            r"^Stack/Mesh: certificate_authority: got 'neither an authority nor plain_because'; allowed: AWS Private CA, or a reason in "
            r"plain_because why services speak without TLS inside the VPC; give one of the two$",
        ),
        ({"plain_because": "why not"}, r"^Stack/Mesh: certificate_authority: got 'an authority and plain_because'; allowed"),
        ({"certificate_authority": None, "plain_because": "  "}, r"got 'neither an authority nor plain_because'"),
    ],
)
def test_refuses_a_mesh_that_is_not_said_clearly(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ServiceMesh(new_stack(), "Mesh", **{"name": "shop", "certificate_authority": AUTHORITY, **wrong})


_Services = tuple[WebService, WebService, WebService]


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda mesh, s: mesh.offer(s[1], name="again"),
            r"offer: got 'Stack/Orders a second time'; allowed: one name for each service; connect",
        ),
        (
            lambda mesh, s: mesh.offer(s[0], name="orders"),
            r"offer: got 'orders'; allowed: a name that no other service of the mesh has; choose",
        ),
        (lambda mesh, s: mesh.offer(s[0], name="Web"), r"offer: name: got 'Web'; allowed: lower case"),
        (
            lambda mesh, s: mesh.offer(s[2], name="same"),
            r"offer: got 'Stack/Same on port 4443'; allowed: a service that listens, not on 4443",
        ),
        (lambda mesh, s: mesh.offer(s[0], name="web", port=0), r"offer: got 0; allowed: 1 to 65535; leave it out for 80"),
        (
            lambda mesh, s: mesh.offer(s[0], name="web", answer_within=timedelta(minutes=6)),
            r"offer: got '0:06:00'; allowed: 0:00:01 to 0:05:00, after which an idle connection ends; answer sooner",
        ),
        (lambda mesh, s: mesh.connect(s[1], s[0]), r"connect: got 'Stack/Web'; allowed: a service of this mesh; offer it first"),
        (lambda mesh, s: mesh.connect(s[1], s[1]), r"connect: got 'Stack/Orders to Stack/Orders'; allowed: one way from a client"),
        (lambda mesh, s: mesh.connect(s[0], s[1], s[1]), r"connect: got 'Stack/Web to Stack/Orders'; allowed: one way from a client"),
        (
            lambda mesh, s: [mesh.offer(s[0], name="web"), mesh.connect(s[0], s[1]), mesh.connect(s[1], s[0])],
            r"connect: got 'Stack/Orders to Stack/Web and back'; allowed: one direction; let one of the two be called by a queue or an event",
        ),
    ],
)
def test_refuses_a_way_that_cannot_be(ask: Callable[[ServiceMesh, _Services], Any], message: str) -> None:
    stack = new_stack()
    mesh = ServiceMesh(stack, "Mesh", name="shop", certificate_authority=AUTHORITY)
    services = (a_service(stack, "Web"), a_service(stack, "Orders"), a_service(stack, "Same", container_port=4443))
    mesh.offer(services[1], name="orders")
    with pytest.raises(ConfigurationError, match=f"^Stack/Mesh: {message}"):
        ask(mesh, services)


@pytest.mark.control("LIB-2")
def test_the_proxy_needs_memory_too() -> None:
    stack = new_stack()
    service = a_service(stack, cpu=256, memory_mib=512)
    service.add_scratch("/cache", memory_mib=300)
    mesh = ServiceMesh(stack, "Mesh", name="shop", certificate_authority=AUTHORITY)
    with pytest.raises(ConfigurationError, match=r"^Stack/Api: Stack/Mesh: the proxy: got '64 of the 148 MiB that are left of 512'"):
        mesh.offer(service, name="api")


@pytest.mark.control("OPS-2")
def test_first_commands_are_commands_of_the_aws_cli(made: Made) -> None:
    commands = {command for spec in made.mesh.alarm_specs for command in spec.runbook.first_commands}
    assert commands
    assert [fault for command in commands for fault in faults(command)] == []
