"""How devices get in, and the name they connect to."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53 as route53

from prodready_constructs import DeviceProvisioning, Domain
from prodready_constructs.errors import ConfigurationError
from tests.compute.devices.parts import an_ingest, resolved
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth

pytestmark = pytest.mark.control("FN-6")

BY_CLAIM = DeviceProvisioning(thing_name="boiler-{Serial}", parameters=("Serial", "Site"), attributes={"site": "{Site}", "made": "2026"})
BY_CA = DeviceProvisioning(thing_name="meter-{CommonName}-{SerialNumber}", by="ca", attributes={"country": "{Country}"})
ENDPOINT = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com"


def a_hook(stack: cdk.Stack) -> lambda_.Function:
    return lambda_.Function(
        stack, "Hook", code=lambda_.InlineCode("def handler(e, c): pass"), handler="index.handler", runtime=lambda_.Runtime.PYTHON_3_14
    )


@pytest.fixture(scope="module")
def made() -> tuple[Template, list[str]]:
    stack = new_stack()
    ingest = an_ingest(stack)
    ingest.add_provisioning("Claim", BY_CLAIM, hook=a_hook(stack))
    ingest.add_provisioning("Ca", BY_CA, hook=None)
    found = [one for one in findings(stack) if "Stack/Ingest/C" in one]
    return synth(stack), found


def body(template: Template, containing: str) -> dict[str, Any]:
    return dict(json.loads(resolved(template.props("AWS::IoT::ProvisioningTemplate", containing)["TemplateBody"])))


def test_a_claim_becomes_one_thing_with_one_policy(made: tuple[Template, list[str]]) -> None:
    template, _ = made
    properties = template.props("AWS::IoT::ProvisioningTemplate", "Claim")
    assert (properties["TemplateType"], properties["Enabled"], properties["TemplateName"]) == (
        "FLEET_PROVISIONING",
        True,
        "Stack_Ingest_Claim",
    )
    document = body(template, "Claim")
    assert set(document["Parameters"]) == {"Serial", "Site", "AWS::IoT::Certificate::Id"}
    thing = document["Resources"]["thing"]["Properties"]
    assert thing["ThingName"] == {"Fn::Join": ["", ["boiler-", {"Ref": "Serial"}]]}
    assert thing["AttributePayload"] == {"site": {"Ref": "Site"}, "made": "2026"}
    assert re.fullmatch(r"<IngestDevices\w+>", thing["ThingGroups"][0])
    assert re.fullmatch(r"<IngestCosts\w+>", thing["BillingGroup"])
    assert document["Resources"]["certificate"]["Properties"] == {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"}
    assert re.fullmatch(r"<IngestPolicy\w+>", document["Resources"]["policy"]["Properties"]["PolicyName"])


def test_a_certificate_of_a_ca_becomes_the_thing_it_names(made: tuple[Template, list[str]]) -> None:
    template, _ = made
    assert template.props("AWS::IoT::ProvisioningTemplate", "IngestCa")["TemplateType"] == "JITP"
    document = body(template, "IngestCa")
    name = "AWS::IoT::Certificate::"
    assert set(document["Parameters"]) == {f"{name}Country", f"{name}CommonName", f"{name}SerialNumber", f"{name}Id"}
    thing = document["Resources"]["thing"]["Properties"]
    assert thing["ThingName"] == {"Fn::Join": ["", ["meter-", {"Ref": f"{name}CommonName"}, "-", {"Ref": f"{name}SerialNumber"}]]}
    assert "BillingGroup" not in thing
    assert not [one for one in template.of_type("AWS::IoT::Policy") if "IngestCaClaim" in one]


def test_the_hook_is_asked_and_nobody_else_may_ask_it(made: tuple[Template, list[str]]) -> None:
    template, _ = made
    resource = template.one("AWS::IoT::ProvisioningTemplate", "Claim")
    hook = resource["Properties"]["PreProvisioningHook"]
    assert hook["PayloadVersion"] == "2020-04-01"
    permission = template.props("AWS::Lambda::Permission")
    assert resolved(permission["SourceArn"]).endswith(":provisioningtemplate/Stack_Ingest_Claim")
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert any("AskHook" in name for name in resource["DependsOn"])
    assert "PreProvisioningHook" not in template.props("AWS::IoT::ProvisioningTemplate", "IngestCa")


def test_the_role_makes_things_of_one_beginning_and_gives_one_policy(made: tuple[Template, list[str]]) -> None:
    template, _ = made
    things, certificates, policy, anywhere = template.props("AWS::IAM::ManagedPolicy", "IngestClaimRole")["PolicyDocument"]["Statement"]
    own, *groups = sorted(map(resolved, things["Resource"]), reverse=True)
    assert own.endswith(":thing/boiler-*")
    assert all(re.fullmatch(r"<Ingest(Devices|Costs)\w+\.Arn>", one) for one in groups)
    assert resolved(certificates["Resource"]).endswith(":cert/*")
    assert re.search(r":policy/<IngestPolicy\w+>$", resolved(policy["Resource"]))
    assert anywhere["Resource"] == "*"
    assert anywhere["Action"] == ["iot:AttachThingPrincipal", "iot:ListPrincipalThings", "iot:ListThingPrincipals", "iot:RegisterThing"]
    every = {
        action
        for one in (things, certificates, policy, anywhere)
        for action in (one["Action"] if isinstance(one["Action"], list) else [one["Action"]])
    }
    assert not {"iot:CreatePolicy", "iot:CreatePolicyVersion", "iot:*"} & every


def test_the_packs_find_the_waived_names_of_what_comes_later(made: tuple[Template, list[str]]) -> None:
    _, found = made
    arn = "arn:<AWS::Partition>:iot:<AWS::Region>:<AWS::AccountId>"
    assert sorted(found) == sorted(
        f"AwsSolutions-IAM5[Resource::{resource}] @ Stack/Ingest/{template}/Role/Policy/Resource"
        for template, beginning in (("Claim", "boiler-"), ("Ca", "meter-"))
        for resource in ("*", f"{arn}:cert/*", f"{arn}:thing/{beginning}*")
    )


def test_a_device_that_stays_outside_is_heard_of() -> None:
    stack = new_stack()
    ingest = an_ingest(stack)
    ingest.add_provisioning("Claim", BY_CLAIM, hook=None)
    ingest.add_provisioning("Ca", BY_CA, hook=None)
    failed = [one for one in ingest.alarm_specs if one.id.endswith("Failed")]
    assert [one.id for one in failed] == ["ClaimFailed"]
    assert failed[0].metric.dimensions == {"TemplateName": "Stack_Ingest_Claim"}  # type: ignore[union-attr]


NAMES = "a fixed beginning of letters, digits and :_-, and at least one {Parameter}: the role may make things of that beginning only"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"thing_name": "boiler"}, f"Provisioning.thing_name: got 'boiler'; allowed: {NAMES}; write 'sensor-{{SerialNumber}}'"),
        ({"thing_name": "{Serial}", "parameters": ("Serial",)}, f"Provisioning.thing_name: got '{{Serial}}'; allowed: {NAMES}; "),
        ({"thing_name": "my boiler {Serial}", "parameters": ("Serial",)}, "Provisioning.thing_name: got 'my boiler {Serial}'"),
        ({"thing_name": "boiler/*{Serial}", "parameters": ("Serial",)}, "Provisioning.thing_name: got 'boiler/*{Serial}'"),
        (
            {"thing_name": "boiler-{Serial}"},
            "Provisioning.parameters: got '{Serial}, which is no parameter'; allowed: the parameters that are declared; add 'Serial' to parameters",
        ),
        (
            {"thing_name": "boiler-{Serial}", "parameters": ("Serial",), "attributes": {"site": "{Site}"}},
            "Provisioning.parameters: got '{Site}, which is no parameter'; allowed: Serial; add 'Site' to parameters",
        ),
        (
            {"thing_name": "boiler-{Serial}", "parameters": ("Serial", "Site")},
            "Provisioning.parameters: got 'Site'; allowed: parameters that the thing's name or an attribute uses; use it, or leave it out; a hook sees only "
            "what a template declares",
        ),
        (
            {"thing_name": "boiler-{Serial-No}", "parameters": ("Serial-No",)},
            "Provisioning.parameters: got 'Serial-No'; allowed: letters and digits; write 'SerialNumber'",
        ),
        (
            {"thing_name": "boiler-{Serial}", "parameters": ("Serial",), "attributes": {"the site": "x"}},
            "Provisioning.attributes: got 'the site'; allowed: letters, digits and _.,@/:#- in a name; write 'serial'",
        ),
        (
            {"thing_name": "meter-{Serial}", "by": "ca"},
            "Provisioning.parameters: got '{Serial}, which is no parameter'; allowed: Country, Organization, OrganizationalUnit, DistinguishedNameQualifier, "
            "StateName, CommonName, SerialNumber; correct the name",
        ),
        (
            {"thing_name": "meter-{CommonName}", "by": "ca", "parameters": ("CommonName",)},
            "Provisioning.parameters: got ('CommonName',); allowed: none by 'ca': AWS IoT reads Country, ",
        ),
        ({"thing_name": "meter-{CommonName}", "by": "hand"}, "Provisioning.by: got 'hand'; allowed: 'claim' or 'ca'; "),
    ],
)  # fmt: skip
def test_provisioning_that_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"Device{message}")):
        DeviceProvisioning(**values)


def test_the_same_template_twice_is_refused() -> None:
    ingest = an_ingest(new_stack())
    ingest.add_provisioning("Claim", BY_CLAIM, hook=None)
    message = "Stack/Ingest/Claim: got \"the id 'Claim' a second time\"; allowed: ids that no sibling has"
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        ingest.add_provisioning("Claim", BY_CLAIM, hook=None)
    with pytest.raises(
        ConfigurationError, match=r"Stack/Ingest: add_provisioning: got 'my claim'; allowed: a capital, then letters and digits"
    ):
        ingest.add_provisioning("my claim", BY_CLAIM, hook=None)


def test_a_long_path_makes_a_name_that_aws_iot_takes() -> None:
    stack = new_stack(name="A" * 100)
    made = an_ingest(stack).add_provisioning("Claim", BY_CLAIM, hook=None)
    assert len(made.name) <= 36


# The name


def a_domain(stack: cdk.Stack) -> Domain:
    zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z123", zone_name="example.com")
    return Domain(stack, "Domain", name="devices.example.com", hosted_zone=zone)


def test_a_name_of_yours_is_as_safe_as_aws_s() -> None:
    stack = new_stack()
    ingest = an_ingest(stack)
    ingest.add_domain(a_domain(stack), endpoint=ENDPOINT)
    found = [one for one in findings(stack) if "Endpoint" in one]
    template = synth(stack)
    domain = template.props("AWS::IoT::DomainConfiguration")
    assert domain["TlsConfig"] == {"SecurityPolicy": "IotSecurityPolicy_TLS13_1_2_2022_10"}
    assert domain["ServerCertificateConfig"] == {"EnableOCSPCheck": True}
    assert (domain["AuthenticationType"], domain["ApplicationProtocol"], domain["ServiceType"]) == ("AWS_X509", "SECURE_MQTT", "DATA")
    assert (domain["DomainName"], domain["DomainConfigurationStatus"]) == ("devices.example.com", "ENABLED")
    assert "DomainCertificate" in domain["ServerCertificateArns"][0]["Ref"]
    record = template.props("AWS::Route53::RecordSet")
    assert (record["Name"], record["Type"], record["ResourceRecords"]) == ("devices.example.com.", "CNAME", [ENDPOINT])
    assert found == []


@pytest.mark.parametrize(
    "endpoint",
    ["a1b2-ats.iot.eu-west-1.amazonaws.com", "a1b2.iot.us-east-1.amazonaws.com", "https://a1b2-ats.iot.us-east-1.amazonaws.com", ""],
)
def test_an_endpoint_of_elsewhere_is_refused(endpoint: str) -> None:
    stack = new_stack()
    message = (
        f"Stack/Ingest/Endpoint: endpoint: got {endpoint!r}; allowed: <letters>-ats.iot.us-east-1.amazonaws.com: the data endpoint of this account and "
        "region; copy what this prints: aws iot describe-endpoint --endpoint-type iot:Data-ATS"
    )
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        an_ingest(stack).add_domain(a_domain(stack), endpoint=endpoint)


def test_a_certificate_of_another_region_and_a_second_name_are_refused() -> None:
    app = new_app()
    elsewhere = a_domain(new_stack(app, "Elsewhere", region="eu-west-1"))
    stack = new_stack(app)
    with pytest.raises(ConfigurationError, match="got 'a certificate in eu-west-1'; allowed: a certificate in us-east-1"):
        an_ingest(stack).add_domain(elsewhere, endpoint=ENDPOINT)
    other = new_stack()
    ingest, domain = an_ingest(other), a_domain(other)
    ingest.add_domain(domain, endpoint=ENDPOINT)
    message = "Stack/Ingest: add_domain: got 'devices.example.com'; allowed: one name; it has devices.example.com already"
    with pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$"):
        ingest.add_domain(domain, endpoint=ENDPOINT)
