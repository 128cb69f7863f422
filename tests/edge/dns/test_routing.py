"""Routing: the same value on every kind of target, and nothing that Route 53 would refuse or that would never fail over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets

from bench.messages import counted, total
from prodready_constructs.edge import Domain, Failover, HealthCheck, Latency, Weighted
from prodready_constructs.errors import ConfigurationError
from tests.compliance.templates import found, stack_of
from tests.edge.parts import a_vpc
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

RECORD = "AWS::Route53::RecordSet"
#: Not the name that other tests give their domains: aliases of one name are compared with each other.
NAME, WWW, EAST = "routed.example.net", "www.routed.example.net", "use1.routed.example.net"


def a_zone(stack: cdk.Stack, construct_id: str = "Zone") -> route53.IHostedZone:
    return route53.HostedZone.from_hosted_zone_attributes(stack, construct_id, hosted_zone_id="Z456", zone_name="example.net")


def a_check(stack: cdk.Stack, construct_id: str = "Check", host: str = EAST) -> HealthCheck:
    return HealthCheck(stack, construct_id, host=host)


def a_domain(stack: cdk.Stack, construct_id: str = "Domain", **asked: Any) -> Domain:
    return Domain(stack, construct_id, name=NAME, hosted_zone=a_zone(stack, f"{construct_id}Zone"), **asked)


def a_load_balancer(stack: cdk.Stack) -> route53.IAliasRecordTarget:
    return targets.LoadBalancerTarget(elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=a_vpc(stack), internet_facing=True))


def a_rest_api(stack: cdk.Stack) -> route53.IAliasRecordTarget:
    name = apigateway.DomainName.from_domain_name_attributes(
        stack, "ApiName", domain_name=NAME, domain_name_alias_hosted_zone_id="Z1UJRXOUMOOFQ8", domain_name_alias_target="d-1.example.com"
    )
    return targets.ApiGatewayDomain(name)


def an_http_api(stack: cdk.Stack) -> route53.IAliasRecordTarget:
    name = apigatewayv2.DomainName.from_domain_name_attributes(
        stack, "HttpName", name=NAME, regional_domain_name="d-2.example.com", regional_hosted_zone_id="Z1UJRXOUMOOFQ8"
    )
    return targets.ApiGatewayv2DomainProperties(name.regional_domain_name, name.regional_hosted_zone_id)


def a_distribution(stack: cdk.Stack) -> route53.IAliasRecordTarget:
    behavior = cloudfront.BehaviorOptions(origin=origins.HttpOrigin("origin.example.com"))
    return targets.CloudFrontTarget(cloudfront.Distribution(stack, "Distribution", default_behavior=behavior))


REGIONAL = [a_load_balancer, a_rest_api, an_http_api]
Target = Callable[[cdk.Stack], route53.IAliasRecordTarget]


def records(template: Template) -> list[dict[str, Any]]:
    return sorted((one["Properties"] for one in template.of_type(RECORD).values()), key=lambda one: (one["Name"], one["Type"]))


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize("target", REGIONAL)
def test_the_primary_follows_its_check_and_its_target(target: Target) -> None:
    stack = new_stack()
    check = a_check(stack)
    a_domain(stack, routing=Failover("PRIMARY", check)).alias(target(stack))
    template = synth(stack)
    a, aaaa = records(template)
    assert (a["Type"], aaaa["Type"]) == ("A", "AAAA")
    for record in (a, aaaa):
        assert (record["Failover"], record["SetIdentifier"]) == ("PRIMARY", "primary")
        assert record["AliasTarget"]["EvaluateTargetHealth"] is True
        assert record["AliasTarget"]["DNSName"]
        assert record["HealthCheckId"] == {"Fn::GetAtt": [next(iter(template.of_type("AWS::Route53::HealthCheck"))), "HealthCheckId"]}
        assert "TTL" not in record
    (fact,) = template.recorded("Domain")
    assert fact["routing"] == "failover"
    assert [claim["control"] for claim in fact["controls"]] == ["WEB-8", "WEB-9"]


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize("target", REGIONAL)
@pytest.mark.parametrize(
    ("routing", "written"),
    [
        (Failover("SECONDARY"), {"Failover": "SECONDARY", "SetIdentifier": "secondary"}),
        (Weighted(10, "green"), {"Weight": 10, "SetIdentifier": "green"}),
        (Weighted(0, "blue"), {"Weight": 0, "SetIdentifier": "blue"}),
        (Latency("eu-central-1"), {"Region": "eu-central-1", "SetIdentifier": "eu-central-1"}),
        (Latency("eu-central-1", id="frankfurt"), {"Region": "eu-central-1", "SetIdentifier": "frankfurt"}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_routing_is_on_both_records(target: Target, routing: Any, written: dict[str, Any]) -> None:
    stack = new_stack()
    a_domain(stack, routing=routing).alias(target(stack))
    for record in records(synth(stack)):
        assert written.items() <= record.items()
        assert record["AliasTarget"]["EvaluateTargetHealth"] is True
        assert "HealthCheckId" not in record
        assert len({"Failover", "Weight", "Region"} & set(record)) == 1


@pytest.mark.control("WEB-9")
def test_cloudfront_takes_weights_and_no_health_of_the_target() -> None:
    stack = new_stack()
    a_domain(stack, routing=Weighted(1, "cloudfront")).alias(a_distribution(stack))
    for record in records(synth(stack)):
        assert (record["Weight"], record["AliasTarget"]["EvaluateTargetHealth"]) == (1, False)


def test_without_a_routing_nothing_is_said_of_it() -> None:
    stack = new_stack()
    a_domain(stack).alias(a_load_balancer(stack))
    for record in records(synth(stack)):
        assert set(record) == {"Name", "Type", "HostedZoneId", "AliasTarget"}


@pytest.mark.control("WEB-8")
def test_the_logical_ids_of_a_single_name_are_those_of_the_first_release() -> None:
    stack, plain = new_stack(), new_stack()
    for where, asked in ((stack, {"routing": Weighted(1, "green")}), (plain, {})):
        a_domain(where, "Named", **asked).alias(a_load_balancer(where))
    assert set(synth(stack).of_type(RECORD)) == set(synth(plain).of_type(RECORD)) == {"NamedAliasBC683C62", "NamedAliasIpv6828C64B8"}


@pytest.mark.control("WEB-8", "WEB-9")
def test_one_certificate_serves_all_names_and_each_is_routed() -> None:
    stack = new_stack()
    domain = a_domain(stack, also=[WWW], alternative_names=[EAST], routing=Failover("PRIMARY", a_check(stack)))
    assert domain.names == (NAME, WWW)
    assert domain.certificate_names == (NAME, WWW, EAST)
    target = a_load_balancer(stack)
    assert len(domain.alias(target)) == 4
    domain.alias(target, name=EAST)
    template = synth(stack)
    assert template.props("AWS::CertificateManager::Certificate")["SubjectAlternativeNames"] == [WWW, EAST]
    made = {(one["Name"], one["Type"]): one.get("Failover") for one in records(template)}
    assert made == {
        (f"{name}.", kind): routed for name, routed in ((NAME, "PRIMARY"), (WWW, "PRIMARY"), (EAST, None)) for kind in ("A", "AAAA")
    }


@pytest.mark.control("WEB-9")
def test_two_regions_share_a_name() -> None:
    app = new_app()
    east, west = new_stack(app, "East"), new_stack(app, "West", region="us-west-2")
    check = a_check(east)
    a_domain(east, routing=Failover("PRIMARY", check)).alias(a_load_balancer(east))
    a_domain(west, routing=Failover("SECONDARY", a_check(east, "Other", "usw2.routed.example.net"))).alias(a_load_balancer(west))
    templates = synth_all(app)
    assert [[one["Failover"] for one in records(templates[name])] for name in ("East", "West")] == [["PRIMARY"] * 2, ["SECONDARY"] * 2]
    # A check is global; its id crosses the regions by a weak reference, without a custom resource.
    (crossed,) = {str(one["HealthCheckId"]) for one in records(templates["West"])}
    assert "Fn::GetStackOutput" in crossed


def test_no_finding_remains() -> None:
    stack = new_stack()
    domain = a_domain(stack, also=[WWW], routing=Weighted(1, "green", a_check(stack)))
    imported = cloudfront.Distribution.from_distribution_attributes(
        stack, "Imported", distribution_id="E123", domain_name="d111111abcdef8.cloudfront.net"
    )
    domain.alias(targets.CloudFrontTarget(imported))
    assert findings(stack) == []


@pytest.mark.control("WEB-9", "GOV-3")
def test_a_primary_bent_to_stay_is_found() -> None:
    stack = new_stack()
    a_domain(stack, routing=Failover("PRIMARY", a_check(stack))).alias(a_load_balancer(stack))
    resources = synth(stack).resources
    assert found("FailoverUnchecked", stack_of(resources)) == []
    made = {name: record["Properties"] for name, record in resources.items() if record["Type"] == RECORD}
    for record in made.values():
        record["AliasTarget"]["EvaluateTargetHealth"] = False
    assert found("FailoverUnchecked", stack_of(resources)) == [], "their check is enough"
    for record in made.values():
        del record["HealthCheckId"]
    assert found("FailoverUnchecked", stack_of(resources)) == sorted(f"Stack/{name}" for name in made)


def test_a_routing_costs_few_messages() -> None:
    stack = new_stack()
    zone, target = a_zone(stack), a_rest_api(stack)
    plain = Domain(stack, "Plain", name="plain.example.net", hosted_zone=zone)
    green = Domain(stack, "Green", name="green.example.net", hosted_zone=zone, routing=Weighted(1, "green"))
    blue = Domain(stack, "Blue", name="green.example.net", hosted_zone=zone, routing=Weighted(1, "blue"))
    spent = []
    for domain in (plain, green, blue):
        with counted() as counts:
            domain.alias(target, scope=domain)
        assert counts["callback"] == 0
        spent.append(total(counts))
    assert spent[0] <= 3
    assert spent[1] <= spent[0] + 6
    assert spent[2] <= spent[1], "what is beside it in this stack costs nothing"


WHERE = r"^Stack/Domain: routing: "


@pytest.mark.parametrize(
    ("routing", "message"),
    [
        (
            Weighted(256, "green"),
            r"got 256; allowed: a weight from 0 to 255; weights are shares of their sum: 1 and 99 are one percent and the rest$",
        ),
        (Weighted(-1, "green"), r"got -1; allowed: a weight from 0 to 255; "),
        (
            Weighted(1, ""),
            r"got ''; allowed: an id of 1 to 128 characters, by which Route 53 tells the records of the name apart; name what answers, such "
            r"as 'green' or 'us-west-2'$",
        ),
        (Weighted(1, "x" * 129), r"got .x{129}.; allowed: an id of 1 to 128 characters"),
        (Failover("SECONDARY", id=""), r"got .{2}; allowed: an id of 1 to 128 characters"),
        (
            Failover("PRIMARY"),
            r"got 'a primary without a health check'; allowed: a health check on the primary, because without one it always counts as healthy "
            r"and nothing ever fails over; make a HealthCheck of a name that always means the primary: "
            r'Failover\("PRIMARY", health_check=check\)$',
        ),
        (Failover(cast("Any", "TERTIARY")), r"got 'TERTIARY'; allowed: 'PRIMARY' or 'SECONDARY'; give each name one of either$"),
        (
            Latency("eu-central-9"),
            r"got 'eu-central-9'; allowed: an AWS region that Route 53 knows, such as 'eu-central-1'; correct its name$",
        ),
        (
            (Weighted(1, "green"), Failover("SECONDARY")),
            r"got .*; allowed: one value: Weighted\(...\), Failover\(...\) or Latency\(...\), because all records of a name have one policy; "
            r"choose one; a name of its own that aliases to this one can have another policy$",
        ),
    ],
)
@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_a_routing_that_route_53_would(routing: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=WHERE + message):
        a_domain(new_stack(), routing=routing)


@pytest.mark.parametrize("name", [NAME, WWW])
@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_a_check_of_the_name_it_routes(name: str) -> None:
    stack = new_stack()
    message = (
        rf"got 'a health check of {name}'; allowed: a health check of another name than the one it routes: it would ask whichever record "
        r"answers at the moment; give each target a name of its own \(alternative_names and alias\(target, name=...\)\) and check that$"
    )
    with pytest.raises(ConfigurationError, match=WHERE + message):
        a_domain(stack, also=[WWW], routing=Failover("PRIMARY", a_check(stack, host=name)))


@pytest.mark.parametrize("routing", [Failover("SECONDARY"), Latency("us-east-1")])
@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_to_fail_over_between_distributions(routing: Any) -> None:
    stack = new_stack()
    message = (
        rf"got '{routing.policy} to CloudFront'; allowed: no routing, or Weighted\(...\) while moving to CloudFront from something else: a name "
        r"belongs to one distribution, so no second one could answer for it; leave it out and let the one distribution, which is everywhere "
        r"already, fail over between its origins$"
    )
    domain = a_domain(stack, routing=routing)
    with pytest.raises(ConfigurationError, match=WHERE + message):
        domain.alias(a_distribution(stack))
    with pytest.raises(ConfigurationError, match=WHERE + message):
        domain.alias(an_http_api(stack), on_cloudfront=True)


@pytest.mark.control("WEB-8", "LIB-2")
def test_it_refuses_several_names_for_what_answers_under_one() -> None:
    stack = new_stack()
    message = (
        rf"^Stack/Domain: alias: got '{NAME}, {WWW}'; allowed: one name: the custom domain of an API or of a sign-in page answers under no "
        r"other; make a Domain for each, or put a Website in front, which takes all of them$"
    )
    with pytest.raises(ConfigurationError, match=message):
        a_domain(stack, also=[WWW]).alias(a_rest_api(stack))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            None,
            Weighted(1, "green"),
            rf"got 'weighted routing for {NAME}, which has no routing by East/Domain'; allowed: one routing policy",
        ),
        (
            Weighted(1, "green"),
            None,
            rf"got 'no routing for {NAME}, which has weighted routing by East/Domain'; allowed: one routing policy",
        ),
        (
            Weighted(1, "green"),
            Failover("SECONDARY"),
            rf"got 'failover routing for {NAME}, which has weighted routing by East/Domain'; allowed: one routing policy for all records of a "
            r"name, and without one a single alias; give both the same kind of routing, or one of them another name$",
        ),
        (Weighted(1, "green"), Weighted(2, "green"), rf"got \"the id 'green' for {NAME}, which East/Domain has\"; allowed: each record"),
        (
            Failover("SECONDARY", id="a"),
            Failover("SECONDARY", id="b"),
            rf"got 'the role SECONDARY for {NAME}, which East/Domain has'; allowed: ",
        ),
        (
            Latency("eu-west-1"),
            Latency("eu-west-1", id="other"),
            rf"got 'the region eu-west-1 for {NAME}, which East/Domain has'; allowed: each record of a name with an id of its own, one primary "
            r"and one secondary, each region once; give this one another$",
        ),
    ],
)
@pytest.mark.control("WEB-9", "LIB-2")
def test_it_refuses_what_cannot_stand_beside_another_record(first: Any, second: Any, message: str) -> None:
    app = new_app()
    east, west = new_stack(app, "East"), new_stack(app, "West", region="us-west-2")
    a_domain(east, routing=first).alias(a_rest_api(east))
    with pytest.raises(ConfigurationError, match=rf"^West/Domain: routing: {message}"):
        a_domain(west, routing=second).alias(a_rest_api(west))


@pytest.mark.control("WEB-8", "LIB-2")
def test_it_refuses_two_plain_aliases_of_a_name_in_a_stack() -> None:
    stack = new_stack()
    a_domain(stack).alias(a_rest_api(stack))
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Other: routing: got 'no routing for routed.example.net, which has no routing by "
    ):
        a_domain(stack, "Other").alias(an_http_api(stack))


def test_another_app_has_names_of_its_own() -> None:
    for routing in (None, Weighted(1, "green"), Failover("SECONDARY")):
        stack = new_stack()
        assert a_domain(stack, routing=routing).alias(a_rest_api(stack))
