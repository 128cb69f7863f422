"""A DNS zone: kept, closed to other authorities; signed and logged when asked, in the one region where Route 53 does it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms

from prodready_constructs.contracts import AlarmSpec, Severity
from prodready_constructs.edge import DnsZone, Domain
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

ZONE = "AWS::Route53::HostedZone"
SIGNING = "AWS::Route53::KeySigningKey"
DNSSEC = "AWS::Route53::DNSSEC"
RETENTION = timedelta(days=90)


@pytest.fixture(scope="module")
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture(scope="module")
def zone(stack: cdk.Stack) -> DnsZone:
    """With everything that can be asked for."""
    return DnsZone(stack, "Zone", name="example.com", signed=True, query_log_retention=RETENTION)


@pytest.fixture(scope="module")
def template(stack: cdk.Stack, zone: DnsZone) -> Template:
    return synth(stack)


@pytest.fixture(scope="module")
def plain() -> Template:
    return synth_in(lambda stack: DnsZone(stack, "Zone", name="example.com"), region="eu-central-1")


def signing_statements(template: Template) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = template.props("AWS::KMS::Key", "SigningKey")["KeyPolicy"]["Statement"]
    return statements


@pytest.mark.control("WEB-8")
def test_the_zone_is_always_public_and_kept(plain: Template) -> None:
    made = plain.one(ZONE)
    assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert made["Properties"] == {"Name": "example.com."}
    outputs = [output["Value"] for output in plain.body["Outputs"].values()]
    assert len(outputs) == 1
    assert outputs[0]["Fn::Join"][1]["Fn::GetAtt"][1] == "NameServers"


@pytest.mark.control("WEB-8")
def test_amazon_alone_may_issue_certificates(plain: Template) -> None:
    record = plain.props("AWS::Route53::RecordSet")
    assert (record["Type"], record["Name"]) == ("CAA", "example.com.")
    assert record["ResourceRecords"] == ['0 issue "amazon.com"', '0 issuewild "amazon.com"']


@pytest.mark.control("WEB-8")
def test_nothing_is_signed_or_logged_unasked(plain: Template) -> None:
    assert {resource["Type"] for resource in plain.resources.values()} == {ZONE, "AWS::Route53::RecordSet"}
    (fact,) = plain.recorded("DnsZone")
    assert fact["watchable"] is False
    assert [claim["control"] for claim in fact["controls"]] == ["WEB-8"]
    unsigned = DnsZone(new_stack(), "Zone", name="example.com")
    assert (unsigned.alarm_specs, unsigned.signing_key, unsigned.query_logs) == ((), None, None)


@pytest.mark.control("WEB-8", "SEC-8")
def test_it_is_signed_by_a_key_that_route_53_alone_signs_with(template: Template) -> None:
    key = template.one("AWS::KMS::Key", "SigningKey")
    assert (key["Properties"]["KeySpec"], key["Properties"]["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert key["DeletionPolicy"] == "Retain"
    _, sign, grant = signing_statements(template)
    assert sign["Principal"] == grant["Principal"] == {"Service": "dnssec-route53.amazonaws.com"}
    assert sign["Action"] == ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
    source = sign["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::Join"][1]
    assert source[2:] == [":route53:::hostedzone/", {"Ref": next(iter(template.of_type(ZONE)))}]
    assert sign["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert (grant["Action"], grant["Condition"]) == ("kms:CreateGrant", {"Bool": {"kms:GrantIsForAWSResource": "true"}})


@pytest.mark.control("WEB-8")
def test_signing_is_switched_on_after_its_key_and_never_off_by_a_deletion(template: Template) -> None:
    signing, dnssec = template.one(SIGNING), template.one(DNSSEC)
    assert signing["Properties"]["Status"] == "ACTIVE"
    assert "SigningKey" in signing["Properties"]["KeyManagementServiceArn"]["Fn::GetAtt"][0]
    assert next(iter(template.of_type(SIGNING))) in dnssec["DependsOn"]
    assert {made["DeletionPolicy"] for made in (signing, dnssec)} == {"RetainExceptOnCreate"}
    commands = [output["Value"] for name, output in template.body["Outputs"].items() if "DsRecord" in name]
    assert "get-dnssec" in str(commands)


@pytest.mark.control("WEB-8", "OPS-5")
def test_queries_are_logged_to_an_encrypted_group_that_route_53_alone_may_write(template: Template) -> None:
    group = template.one("AWS::Logs::LogGroup")
    assert group["Properties"]["LogGroupName"] == "/aws/route53/example.com"
    assert group["Properties"]["RetentionInDays"] == 90
    assert "KmsKeyId" in group["Properties"]
    zone = template.one(ZONE)
    # As Route 53's API takes it: without ":*" at the end.
    assert zone["Properties"]["QueryLoggingConfig"]["CloudWatchLogsLogGroupArn"]["Fn::Join"][1][-1] == {
        "Ref": next(iter(template.of_type("AWS::Logs::LogGroup")))
    }
    policies = template.of_type("AWS::Logs::ResourcePolicy")
    assert zone["DependsOn"] == list(policies)
    (policy,) = policies.values()
    text = "".join(
        part if isinstance(part, str) else next(iter(part.values())) for part in policy["Properties"]["PolicyDocument"]["Fn::Join"][1]
    )
    (statement,) = json.loads(text)["Statement"]
    assert statement["Principal"] == {"Service": "route53.amazonaws.com"}
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "AWS::AccountId"}
    assert policy["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_retention_and_the_key_are_the_callers() -> None:
    stack = new_stack()
    key = DataKey(stack, "LogsKey", description="logs", encrypts_logs=True).key
    made = DnsZone(stack, "Zone", name="example.com", query_log_retention=timedelta(days=365), encryption_key=key)
    template = synth(stack)
    assert len(template.of_type("AWS::KMS::Key")) == 1
    group = template.props("AWS::Logs::LogGroup")
    assert (group["RetentionInDays"], group["KmsKeyId"]["Fn::GetAtt"][0][:7]) == (365, "LogsKey")
    assert made.query_logs is not None
    (fact,) = template.recorded("DnsZone")
    assert len(fact["controls"]) == 2
    assert "logged" in fact["controls"][1]["how"]


@pytest.mark.control("WEB-8")
def test_a_domain_stands_in_it() -> None:
    stack = new_stack()
    zone = DnsZone(stack, "Zone", name="example.com")
    Domain(stack, "Domain", name="shop.example.com", hosted_zone=zone.hosted_zone)
    template = synth(stack)
    (option,) = template.props("AWS::CertificateManager::Certificate")["DomainValidationOptions"]
    assert option["HostedZoneId"] == {"Ref": next(iter(template.of_type(ZONE)))}
    with pytest.raises(ConfigurationError, match=r"got 'shop\.example\.org'; allowed: 'example\.com' or a name beneath it"):
        Domain(stack, "Other", name="shop.example.org", hosted_zone=zone.hosted_zone)


@pytest.mark.control("WEB-8", "OPS-2")
def test_someone_wakes_before_the_signatures_run_out(zone: DnsZone) -> None:
    specs = [spec for spec in zone.alarm_specs if isinstance(spec, AlarmSpec)]
    assert [spec.metric.name for spec in specs] == ["DNSSECInternalFailure", "DNSSECKeySigningKeysNeedingAction"]  # type: ignore[union-attr]
    for spec in specs:
        assert (spec.threshold, spec.comparison, spec.severity) == (1, "GreaterThanOrEqualToThreshold", Severity.CRITICAL)
        assert (spec.metric.period, spec.metric.statistic, spec.metric.region) == (timedelta(hours=4), "Sum", "us-east-1")  # type: ignore[union-attr]
        assert spec.missing_data == "ignore", "Route 53 reports once in four hours"
        assert any("get-dnssec" in command for command in spec.runbook.first_commands)
    (graph,) = zone.graphs
    assert [metric.name for metric in graph.metrics] == ["DNSQueries"]  # type: ignore[union-attr]


@pytest.mark.control("WEB-8")
def test_it_claims_what_it_does(template: Template) -> None:
    (fact,) = template.recorded("DnsZone")
    assert fact["watchable"] is True
    assert [claim["control"] for claim in fact["controls"]] == ["WEB-8"] * 3


def test_no_finding_remains(stack: cdk.Stack, zone: DnsZone) -> None:
    assert findings(stack) == []


def test_feature_flags_do_not_matter(template: Template) -> None:
    bare = synth_in(
        lambda stack: DnsZone(stack, "Zone", name="example.com", signed=True, query_log_retention=RETENTION),
        flags={},
    )
    assert bare.resources == template.resources


@pytest.mark.parametrize("name", ["*.example.com", "https://example.com", "example.com.", "Example.com", "com"])
@pytest.mark.control("LIB-2")
def test_it_refuses_what_is_no_name_of_a_zone(name: str) -> None:
    message = (
        r"^Stack/Zone: name: got '.*'; allowed: a domain name in small letters, digits and hyphens, such as 'example.com'; "
        r"leave out the scheme, the wildcard and the closing dot$"
    )
    with pytest.raises(ConfigurationError, match=message):
        DnsZone(new_stack(), "Zone", name=name)


@pytest.mark.control("WEB-8", "LIB-2")
def test_it_refuses_to_sign_or_log_elsewhere() -> None:
    stack = new_stack(region="eu-central-1")
    message = (
        r"got 'a stack of eu-central-1'; allowed: a stack of us-east-1: Route 53 takes signing keys and query logs of no other region; "
        r"make the DnsZone in a stack of us-east-1; the zone itself serves every region$"
    )
    with pytest.raises(ConfigurationError, match=rf"^Stack/Signed: signed: {message}"):
        DnsZone(stack, "Signed", name="example.com", signed=True)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Logged: query_log_retention: {message}"):
        DnsZone(stack, "Logged", name="example.com", query_log_retention=RETENTION)


def test_a_region_that_is_not_stated_is_taken_on_trust() -> None:
    stack = cdk.Stack(new_app(), "Agnostic")
    DnsZone(stack, "Zone", name="example.com", signed=True)
    assert synth(stack).of_type(DNSSEC)


@pytest.mark.control("LIB-2")
def test_it_refuses_a_key_with_nothing_to_encrypt() -> None:
    stack = new_stack()
    message = (
        r"^Stack/Zone: encryption_key: got 'a key and no query logs'; allowed: a key for the query logs; DNSSEC makes a signing key of "
        r"its own; set query_log_retention, or leave the key out$"
    )
    with pytest.raises(ConfigurationError, match=message):
        DnsZone(stack, "Zone", name="example.com", signed=True, encryption_key=kms.Key(stack, "Key"))


@pytest.mark.control("LIB-2")
def test_it_refuses_a_retention_that_cloudwatch_logs_does_not_offer() -> None:
    with pytest.raises(ConfigurationError, match=r"^Stack/Zone/QueryLogs: got '100 days, 0:00:00'; allowed: .* days; use 90 days$"):
        DnsZone(new_stack(), "Zone", name="example.com", query_log_retention=timedelta(days=100))


DS = "12345 13 2 " + "0A" * 32


@pytest.mark.control("WEB-8")
def test_a_name_beneath_is_delegated_to_another_zone() -> None:
    stack = new_stack()
    zone = DnsZone(stack, "Zone", name="example.com")
    child = DnsZone(stack, "Staging", name="staging.example.com")
    zone.delegate(child.name, child.name_servers)
    zone.delegate("partner.example.com", ["ns-1.awsdns-01.org.", "ns-2.awsdns-02.net"], ds_record=DS)
    template = synth(stack)
    made = {
        (one["Properties"]["Name"], one["Properties"]["Type"]): one["Properties"]
        for one in template.of_type("AWS::Route53::RecordSet").values()
    }
    assert set(made) == {
        ("example.com.", "CAA"),
        ("staging.example.com.", "CAA"),
        ("staging.example.com.", "NS"),
        ("partner.example.com.", "NS"),
        ("partner.example.com.", "DS"),
    }
    (own, other) = template.of_type(ZONE)
    staging = made["staging.example.com.", "NS"]
    assert staging["ResourceRecords"] == {"Fn::GetAtt": [other, "NameServers"]}
    assert (staging["HostedZoneId"], staging["TTL"]) == ({"Ref": own}, "172800")
    partner = made["partner.example.com.", "NS"]
    assert partner["ResourceRecords"] == ["ns-1.awsdns-01.org.", "ns-2.awsdns-02.net"]
    assert made["partner.example.com.", "DS"]["ResourceRecords"] == [DS]
    assert made["partner.example.com.", "DS"]["HostedZoneId"] == {"Ref": own}


SERVERS = ("ns-1.awsdns-01.org", "ns-2.awsdns-02.net")


@pytest.mark.parametrize(
    ("name", "servers", "ds_record", "message"),
    [
        (
            "example.com",
            SERVERS,
            None,
            r"got 'example.com'; allowed: a name beneath 'example.com', each once; name the other zone as it is called$",
        ),
        ("shop.example.org", SERVERS, None, r"got 'shop.example.org'; allowed: a name beneath 'example.com'"),
        ("taken.example.com", SERVERS, None, r"got 'taken.example.com'; allowed: a name beneath 'example.com', each once"),
        (
            "shop.example.com",
            SERVERS[:1],
            None,
            r"got 'ns-1.awsdns-01.org'; allowed: at least 2 names of name servers; copy the output NameServers of the other zone$",
        ),
        ("shop.example.com", (), None, r"got ''; allowed: at least 2 names of name servers"),
        ("shop.example.com", ("203.0.113.7", SERVERS[0]), None, r"got '203.0.113.7, ns-1.awsdns-01.org'; allowed: at least 2 names"),
        (
            "shop.example.com",
            SERVERS,
            "12345 13",
            r"got '12345 13'; allowed: a DS record: key tag, algorithm, digest type and digest; copy what the command in the other zone's output "
            r"DsRecord prints$",
        ),
    ],
)
@pytest.mark.control("WEB-8", "LIB-2")
def test_it_refuses_a_delegation_that_leads_nowhere(name: str, servers: tuple[str, ...], ds_record: str | None, message: str) -> None:
    zone = DnsZone(new_stack(), "Zone", name="example.com")
    zone.delegate("taken.example.com", SERVERS)
    with pytest.raises(ConfigurationError, match=rf"^Stack/Zone: delegate: {message}"):
        zone.delegate(name, servers, ds_record=ds_record)
