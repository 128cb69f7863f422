"""What is masked: the document of the policy by AWS's rules, and what the expressions find."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Template

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.monitoring import LogMasking
from prodready_constructs.monitoring.logs.identifiers import MANAGED, SECRETS

pytestmark = pytest.mark.control("OPS-5")


def test_the_identifiers_are_those_of_the_cdk() -> None:
    theirs = {getattr(logs.DataIdentifier, name).name for name in dir(logs.DataIdentifier) if name.isupper()}
    assert theirs == MANAGED


def check(document: dict[str, Any]) -> None:
    """AWS's rules of the document (CloudWatch Logs user guide, "Understanding data protection policies"; PutDataProtectionPolicy)."""
    assert set(document) <= {"Name", "Description", "Version", "Configuration", "Statement"}
    assert document["Version"] == "2021-06-01"
    audit, mask = document["Statement"]
    assert set(audit) == set(mask) == {"Sid", "DataIdentifier", "Operation"}
    assert set(audit["Operation"]) == {"Audit"}
    assert set(audit["Operation"]["Audit"]) == {"FindingsDestination"}
    assert set(audit["Operation"]["Audit"]["FindingsDestination"]) <= {"CloudWatchLogs", "Firehose", "S3"}
    assert mask["Operation"] == {"Deidentify": {"MaskConfig": {}}}
    assert audit["DataIdentifier"] == mask["DataIdentifier"], "the two lists must match exactly"
    assert audit["DataIdentifier"] is not mask["DataIdentifier"]
    custom = {one["Name"]: one["Regex"] for one in document.get("Configuration", {}).get("CustomDataIdentifier", [])}
    for name in audit["DataIdentifier"]:
        assert name in custom or re.fullmatch(r"arn:.+:dataprotection::aws:data-identifier/[A-Za-z]+(-[A-Z]{2})?", name)
    assert len(json.dumps(document)) <= 30_720


@pytest.mark.parametrize(
    "masking",
    [
        LogMasking(),
        LogMasking(identifiers=("PhoneNumber-DE", "Name")),
        LogMasking(identifiers=(), custom={"CustomerNumber": "KD-[0-9]{8}"}),
        LogMasking(identifiers=sorted(MANAGED)),
    ],
)
def test_the_document_keeps_the_rules(masking: LogMasking) -> None:
    check(masking.document(name="shop", findings="findings"))
    silent = masking.document(name="shop", findings=None)
    check(silent)
    assert silent["Statement"][0]["Operation"]["Audit"]["FindingsDestination"] == {}


def test_a_group_of_another_construct_is_masked() -> None:
    stack = Stack(App(), "Shop")
    group = logs.LogGroup(stack, "Lines")
    LogMasking(identifiers=["AwsSecretKey"]).mask(group)
    (made,) = Template.from_stack(stack).find_resources("AWS::Logs::LogGroup").values()
    policy = made["Properties"]["DataProtectionPolicy"]
    audit, mask = policy["Statement"]
    assert policy["Name"] == "Shop-Lines"
    assert audit["DataIdentifier"] == mask["DataIdentifier"]
    assert "data-identifier/AwsSecretKey" in json.dumps(mask)
    assert mask["Operation"] == {"Deidentify": {"MaskConfig": {}}}


def test_a_group_is_masked_once_and_where_it_is_made() -> None:
    stack = Stack(App(), "Shop")
    group = logs.LogGroup(stack, "Lines")
    LogMasking().mask(group)
    once = "Shop/Lines: mask: got 'a second policy'; allowed: one of a log group; put what both mask into one LogMasking"
    with pytest.raises(ConfigurationError, match=re.escape(once)):
        LogMasking().mask(group)
    far = (
        "Shop/Far: mask: got 'a log group from elsewhere'; allowed: a LogGroup of this app: the policy is a property of it; "
        "mask it where it is made, or the whole account with AccountMasking"
    )
    with pytest.raises(ConfigurationError, match=re.escape(far)):
        LogMasking().mask(logs.LogGroup.from_log_group_name(stack, "Far", "far"))


def test_secrets_are_masked_unless_said_otherwise() -> None:
    assert set(SECRETS) < set(LogMasking().identifiers)
    assert LogMasking().finds_secrets
    assert not LogMasking(identifiers=("EmailAddress",)).finds_secrets


@pytest.mark.parametrize(
    ("regex", "found", "spared"),
    [
        ("KD-[0-9]{8}", ['{"customer":"KD-12345678"}'], ['{"customer":"KD-1234"}', "KD 12345678"]),
        (r"EmployeeID-\d{9}", ["EmployeeID-123456789"], ["EmployeeID-12345678x"]),
        ("sess_[A-Za-z0-9]{20,40}", ["cookie=sess_abcdefghij0123456789;"], ["sess_short"]),
        ("[a-z]+@corp[.]example[.]com", ["from ann@corp.example.com"], ["ann@example.com"]),
    ],
)
def test_custom_expressions_find_what_they_are_for(regex: str, found: list[str], spared: list[str]) -> None:
    (custom,) = LogMasking(identifiers=(), custom={"Own": regex}).document(name="x", findings=None)["Configuration"]["CustomDataIdentifier"]
    expression = re.compile(custom["Regex"])
    assert all(expression.search(line) for line in found)
    assert not any(expression.search(line) for line in spared)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"identifiers": ()},
            r"LogMasking\.identifiers: got 'nothing'; allowed: at least one managed or custom identifier; leave masking out",
        ),
        (
            {"identifiers": ("Email",)},
            r"LogMasking\.identifiers: got 'Email'; allowed: a managed data identifier .*; did you mean 'EmailAddress'\?",
        ),
        ({"identifiers": ("PhoneNumber",)}, r"got 'PhoneNumber'; .* with its country where it has one; did you mean 'PhoneNumber-"),
        ({"identifiers": ("Zqxw",)}, r"got 'Zqxw'; .*; put an expression of your own into custom"),
        ({"identifiers": ("Name", "Name")}, r"got 'Name, Name'; allowed: each identifier once; leave out the second"),
        (
            {"custom": {f"N{i}": "a" for i in range(11)}},
            r"LogMasking\.custom: got '11 identifiers'; allowed: at most 10 in one policy; join some",
        ),
        ({"custom": {"a b": "x"}}, r"LogMasking\.custom: got 'a b'; allowed: 1 to 128 letters, digits, - and _"),
        ({"custom": {"EmailAddress": "x"}}, r"LogMasking\.custom: got 'EmailAddress'; .* no managed identifier's name"),
        (
            {"custom": {"Own": "(a|b)"}},
            r"LogMasking\.custom\['Own'\]: got '\(a\|b\)'; allowed: .*\(no parentheses\); see the CloudWatch Logs user guide",
        ),
        ({"custom": {"Own": "a" * 201}}, r"LogMasking\.custom\['Own'\]: got 'a+'; allowed: 1 to 200 letters"),
        ({"custom": {"Own": "[a"}}, r"LogMasking\.custom\['Own'\]: got '\[a'; allowed: a regular expression that compiles; unterminated"),
        ({"custom": {"Own": "a*"}}, r"LogMasking\.custom\['Own'\]: got 'a\*'; allowed: an expression that needs at least one character"),
    ],
)
def test_refuses(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        LogMasking(**given)


def test_a_document_that_is_too_long_is_refused() -> None:
    many = LogMasking(identifiers=sorted(MANAGED), custom={f"{'N' * 126}{i}": "a" * 200 for i in range(10)})
    with pytest.raises(
        ConfigurationError, match=r"LogMasking: got '\d+ characters'; allowed: at most 30720 in one policy; mask fewer things"
    ):
        many.document(name="n" * 20_000, findings=None)
