"""A domain: validated by DNS, pointed by alias, watched until it expires, refused where it does not belong."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_route53_targets as targets

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import Domain
from prodready_constructs.errors import ConfigurationError
from tests.edge.parts import a_domain, a_zone
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all


def a_distribution(stack: cdk.Stack) -> targets.CloudFrontTarget:
    behavior = cloudfront.BehaviorOptions(origin=origins.HttpOrigin("origin.example.com"))
    return targets.CloudFrontTarget(cloudfront.Distribution(stack, "Distribution", default_behavior=behavior))


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def domain(stack: cdk.Stack) -> Domain:
    return Domain(
        stack, "Domain", name="shop.example.com", hosted_zone=a_zone(stack), alternative_names=["www.example.com", "*.example.com"]
    )


@pytest.fixture(scope="module")
def template(stack: cdk.Stack, domain: Domain) -> Template:
    target = a_distribution(stack)
    domain.alias(target)
    domain.alias(target, name="www.example.com")
    domain.alias(target, name="cart.example.com")
    return synth(stack)


@pytest.mark.control("WEB-8")
def test_certificate_is_always_validated_by_dns_and_logged(template: Template) -> None:
    certificate = template.props("AWS::CertificateManager::Certificate")
    assert certificate["ValidationMethod"] == "DNS"
    assert certificate["DomainName"] == "shop.example.com"
    assert certificate["SubjectAlternativeNames"] == ["www.example.com", "*.example.com"]
    assert {option["HostedZoneId"] for option in certificate["DomainValidationOptions"]} == {"Z123"}
    assert certificate["CertificateTransparencyLoggingPreference"] == "ENABLED"
    assert certificate["KeyAlgorithm"] == "RSA_2048"


@pytest.mark.control("WEB-8")
def test_alias_is_made_for_both_address_families(template: Template) -> None:
    records = [record["Properties"] for record in template.of_type("AWS::Route53::RecordSet").values()]
    names = ("cart.example.com.", "shop.example.com.", "www.example.com.")
    assert sorted((record["Name"], record["Type"]) for record in records) == [(name, kind) for name in names for kind in ("A", "AAAA")]
    assert all("AliasTarget" in record and "TTL" not in record for record in records)


def test_records_for_a_target_of_another_stack_are_made_beside_it() -> None:
    app = new_app()
    names, site = new_stack(app, "Names"), new_stack(app, "Site")
    a_domain(names).alias(a_distribution(site), scope=site)
    templates = synth_all(app)
    assert not templates["Names"].of_type("AWS::Route53::RecordSet")
    assert len(templates["Site"].of_type("AWS::Route53::RecordSet")) == 2


@pytest.mark.control("WEB-8", "OPS-2")
def test_someone_wakes_30_days_before_the_certificate_expires(domain: Domain) -> None:
    (spec,) = domain.alarm_specs
    assert isinstance(spec, AlarmSpec)
    assert (spec.threshold, spec.comparison, spec.severity) == (30, "LessThanThreshold", Severity.CRITICAL)
    assert (spec.metric.name, spec.metric.statistic, spec.metric.region) == ("DaysToExpiry", "Minimum", "us-east-1")  # type: ignore[union-attr]
    assert spec.missing_data == "ignore"
    assert any("describe-certificate" in command for command in spec.runbook.first_commands)
    (graph,) = domain.graphs
    assert graph.metrics == (spec.metric,)


@pytest.mark.control("WEB-8")
def test_it_records_itself_as_watchable(template: Template) -> None:
    (fact,) = template.recorded("Domain")
    assert fact["watchable"] is True
    assert [claim["control"] for claim in fact["controls"]] == ["WEB-8"]


def test_no_finding_remains() -> None:
    stack = new_stack()
    a_domain(stack)
    assert findings(stack) == []


def test_it_is_the_same_without_feature_flags() -> None:
    stack = new_stack(new_app(flags={}))
    a_domain(stack)
    assert synth(stack).props("AWS::CertificateManager::Certificate")["CertificateTransparencyLoggingPreference"] == "ENABLED"


@pytest.mark.parametrize(
    ("name", "others", "message"),
    [
        ("shop.example.org", (), r"got 'shop\.example\.org'; allowed: 'example\.com' or a name beneath it, .*; hand over the hosted zone"),
        ("notexample.com", (), r"got 'notexample\.com'; allowed: 'example\.com' or a name beneath it"),
        (
            "https://shop.example.com",
            (),
            r"got 'https://shop\.example\.com'; allowed: a domain name in small letters.*; leave out the scheme",
        ),
        ("Shop.example.com", (), r"allowed: a domain name in small letters"),
        ("shop.example.com", ("shop.example.org",), r"got 'shop\.example\.org'"),
        ("shop.example.com", ("shop.example.com",), r"allowed: each name once, 10 names at most .*; leave out the repeated ones"),
        ("shop.example.com", tuple(f"s{n}.example.com" for n in range(10)), r"10 names at most"),
        (f"{'x' * 60}.example.com", (), r"allowed: 64 characters in the first name of a certificate; put a shorter name first"),
    ],
)
@pytest.mark.control("LIB-2")
def test_it_refuses_names_that_cannot_be_certified(name: str, others: tuple[str, ...], message: str) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=rf"Stack/Domain: \w+: .*{message}"):
        Domain(stack, "Domain", name=name, hosted_zone=a_zone(stack), alternative_names=others)


@pytest.mark.control("LIB-2")
def test_it_refuses_an_alias_that_the_certificate_does_not_cover() -> None:
    stack = new_stack()
    domain = a_domain(stack)
    with pytest.raises(ConfigurationError, match=r"Stack/Domain: alias: got 'api\.example\.com'; allowed: .*shop\.example\.com; add it"):
        domain.alias(a_distribution(stack), name="api.example.com")


@pytest.mark.control("WEB-8", "LIB-2")
def test_it_refuses_cloudfront_a_certificate_of_another_region() -> None:
    domain = a_domain(new_stack(region="eu-central-1"))
    site = new_stack(name="Site")
    message = (
        r"Site: domain: got 'a certificate in eu-central-1'; allowed: a certificate in us-east-1; make the Domain in a stack of us-east-1"
    )
    with pytest.raises(ConfigurationError, match=message):
        domain.require_us_east_1(wanted_by=site)


def test_a_region_that_is_not_stated_is_taken_on_trust() -> None:
    domain = a_domain(cdk.Stack(new_app(), "Agnostic"))
    assert domain.require_us_east_1(wanted_by=domain) is domain.certificate
    assert domain.graphs[0].metrics[0].region is None  # type: ignore[union-attr]
    here = a_domain(new_stack())
    assert here.require_region(cdk.Stack(new_app(), "Elsewhere").region, wanted_by=here) is here.certificate
