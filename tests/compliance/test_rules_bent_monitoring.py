"""What this library monitors with: no rule finds anything in it, and one bites for every property that an override bends."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_route53 as route53

from prodready_constructs.compute import ServiceMesh, ToQueue
from prodready_constructs.contracts import GoodMinutes, Metric
from prodready_constructs.edge import Domain
from prodready_constructs.evidence.assembly import Assembly, read_assembly
from prodready_constructs.foundation import DataKey
from prodready_constructs.messaging import ReliableQueue
from prodready_constructs.monitoring import (
    AccountMasking,
    Canary,
    CountedLogs,
    KeptLogs,
    LogArchive,
    LogMasking,
    Routes,
    SlackChannel,
    Slo,
    TeamsChannel,
    Watch,
)
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.storage import LogBucket
from tests.compute.devices.parts import an_ingest
from tests.compute.tasks.parts import AUTHORITY, a_service
from tests.support.bent import bent, found
from tests.support.synthesis import new_app, new_stack

POSTURE = PRODUCTION.monitoring
UUID = "0a1b2c3d-0000-4000-8000-000000000001"
SLACK = SlackChannel(workspace_id="T0123ABCD", channel_id="C0123ABCD")
TEAMS = TeamsChannel(tenant_id=UUID, team_id=UUID, channel_id="19%3aabcdef0123%40thread.tacv2")
FAST = GoodMinutes(
    metric=Metric(namespace="Shop", name="Latency", statistic="p95", period=timedelta(minutes=1)),
    threshold=0.5,
    good_while="LessThanOrEqualToThreshold",
)
ENDPOINT = "a1b2-ats.iot.us-east-1.amazonaws.com"
ADMIN = ["arn:aws:iam::aws:policy/AdministratorAccess"]
ROUTES_SLACK, ROUTES_TEAMS = "Routes/Slack8bc50cb0", "Routes/Teamsb119dd5c"
TRUST = "AssumeRolePolicyDocument.Statement.0.Condition"
S3 = "ExtendedS3DestinationConfiguration"
#: What a policy of an account is without the statement that masks.
TELLING = json.dumps(
    {"Statement": [{"DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/AwsSecretKey"], "Operation": {"Audit": {}}}]}
)
#: Path below the stack, property, value (None takes it away), finding.
BENDS: tuple[tuple[str, str, Any, str], ...] = (
    (f"{ROUTES_SLACK}/Configuration", "GuardrailPolicies", None, "ChatUnguarded[Guardrail]"),
    (f"{ROUTES_TEAMS}/Configuration", "GuardrailPolicies", ADMIN, "ChatUnguarded[Guardrail]"),
    (f"{ROUTES_SLACK}/Guardrail/Resource", "PolicyDocument.Statement.0.Effect", "Allow", "ChatUnguarded[Guardrail]"),
    (
        f"{ROUTES_TEAMS}/Guardrail/Resource",
        "PolicyDocument.Statement",
        [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
        "ChatUnguarded[UserRole]",
    ),
    (f"{ROUTES_SLACK}/Configuration", "LoggingLevel", "NONE", "ChatUnguarded[Logging]"),
    (f"{ROUTES_TEAMS}/Configuration", "LoggingLevel", None, "ChatUnguarded[Logging]"),
    ("Fast/Objective", "BurnRateConfigurations", None, "ObjectiveUnguarded[BurnRate]"),
    ("Fast/Objective", "Goal.AttainmentGoal", 100, "ObjectiveUnguarded[Goal]"),
    ("Shop/Canary", "RunConfig.ActiveTracing", False, "CanaryUnguarded[Tracing]"),
    ("Shop/Canary", "RuntimeVersion", "syn-nodejs-puppeteer-7.0", "CanaryUnguarded[Runtime]"),
    ("Shop/Canary", "ArtifactConfig", None, "CanaryUnguarded[Artifacts]"),
    ("Shop/Canary", "ArtifactConfig.S3Encryption.EncryptionMode", "SSE_S3", "CanaryUnguarded[Artifacts]"),
    ("Shop/Canary", "StartCanaryAfterCreation", False, "CanaryUnguarded[Start]"),
    ("Shop/Canary", "ProvisionedResourceCleanup", "OFF", "CanaryUnguarded[Cleanup]"),
    ("Watch/Shop-CanaryStopped", "TreatMissingData", "notBreaching", "CanaryUnguarded[Silence]"),
    ("Watch/Shop-CanarySlow", "TreatMissingData", None, "AlarmUndecided"),
    ("Watch/Sundays/Rule", "Rule.Schedule.Duration", "P4D", "MutedTooLong"),
    ("Watch/Sundays/Rule", "Rule.Schedule.Expression", "cron(0 0/3 * * *)", "MutedTooLong"),
    ("App/Lines/Group/Resource", "DataProtectionPolicy.Statement.1.Operation", {"Audit": {}}, "LogsUnmasked[Mask]"),
    ("App/Lines/Group/Resource", "DataProtectionPolicy.Statement.1.DataIdentifier.0", "Mine", "LogsUnmasked[Mask]"),
    ("App/Lines/Group/Resource", "DataProtectionPolicy.Statement.0.Operation", {"Deidentify": {}}, "LogsUnmasked[Audit]"),
    ("App/Lines/Group/Resource", "LogGroupClass", "INFREQUENT_ACCESS", "LogClassTooLow"),
    ("Account/Policy", "PolicyDocument", TELLING, "LogsUnmasked[Mask]"),
    ("Archive/Stream", "DeliveryStreamEncryptionConfigurationInput", None, "ArchiveUnguarded[Key]"),
    ("Archive/Stream", "DeliveryStreamEncryptionConfigurationInput.KeyType", "AWS_OWNED_CMK", "ArchiveUnguarded[Key]"),
    ("Archive/Stream", f"{S3}.CloudWatchLoggingOptions.Enabled", False, "ArchiveUnguarded[Logging]"),
    ("Archive/Role/Resource", TRUST, None, "ConfusedDeputy[firehose]"),
    ("Archive/Forwarder/Resource", TRUST, None, "ConfusedDeputy[logs]"),
    ("Routes/EventRole/Resource", TRUST, None, "ConfusedDeputy[events]"),
    ("Ingest/TelemetryRole/Resource", TRUST, {"Bool": {"aws:SecureTransport": "true"}}, "ConfusedDeputy[iot]"),
    ("Orders/TaskRole/Resource", TRUST, None, "ConfusedDeputy[ecs-tasks]"),
    ("Ingest/Logging/Logging", "DefaultLogLevel", "DISABLED", "DevicesUnlogged[Level]"),
    ("Ingest/Endpoint/Configuration", "TlsConfig.SecurityPolicy", "IoTSecurityPolicy_TLS12_1_0_2016_01", "DeviceEndpointWeak[Policy]"),
    ("Ingest/Endpoint/Configuration", "ServerCertificateArns", None, "DeviceEndpointWeak[Certificate]"),
    ("Orders/Service/Service", "ServiceConnectConfiguration.Services.0.Tls", None, "ServiceConnectPlain[shop-orders]"),
)


def operations(stack: cdk.Stack) -> dict[str, Any]:
    """Every kind of thing that is judged here; by name, where a test bends it."""
    key = DataKey(stack, "Key", description="logs", encrypts_logs=True).key
    bucket = LogBucket(stack, "Bucket", posture=PRODUCTION.storage).bucket
    routes = Routes(stack, "Routes", posture=POSTURE, critical=["oncall@example.com", SLACK], warning=["team@example.com", TEAMS])
    canary = Canary(stack, "Shop", host="shop.example.com", artifacts=bucket, posture=POSTURE, encryption_key=key)
    slo = Slo(stack, "Fast", of=FAST, target=99.5)
    masking = LogMasking(identifiers=("AwsSecretKey", "EmailAddress"))
    app = KeptLogs(stack, "App", data_class=PRODUCTION.data.confidential, posture=POSTURE, masking=masking, encryption_key=key)
    counted = CountedLogs(stack, "Counted", log_group=app)
    account = AccountMasking(stack, "Account", masking=masking, posture=POSTURE, encryption_key=key)
    archive = LogArchive(stack, "Archive", bucket=bucket, data_class=PRODUCTION.data.confidential, posture=POSTURE, encryption_key=key)
    archive.archive("App", app)
    watch = Watch(
        stack,
        "Watch",
        routes=routes,
        watching=[routes, canary, slo, app, counted, account, archive],
        runbook_base_url="https://runbooks.example.com",
    )
    watch.mute("Sundays", [canary], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=2))
    return {"canary": canary, "archive": archive}


def devices_and_mesh(stack: cdk.Stack) -> None:
    ingest = an_ingest(stack)
    zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z123", zone_name="example.com")
    ingest.add_domain(Domain(stack, "Domain", name="devices.example.com", hosted_zone=zone), endpoint=ENDPOINT)
    mesh = ServiceMesh(stack, "Mesh", name="shop", certificate_authority=AUTHORITY)
    mesh.offer(a_service(stack, "Orders"), name="orders")
    readings = ReliableQueue(stack, "Readings", posture=PRODUCTION.messaging, data_class=PRODUCTION.data.internal)
    ingest.add_rule("Telemetry", sql="SELECT * FROM 'devices/+/telemetry'", to=ToQueue(readings.queue))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("operations")
    app = new_app(outdir=str(made))
    stack = new_stack(app, "Stack")
    operations(stack)
    devices_and_mesh(stack)
    app.synth()
    return made


def judged(assembly: Assembly) -> set[str]:
    """What the rules find, tags and alarms aside."""
    return {rule for rule in found(assembly) if not rule.startswith("WatchableWithoutAlarms")}


@pytest.mark.control("GOV-3")
def test_what_monitors_passes(directory: Path) -> None:
    assert judged(read_assembly(directory)) == set()


@pytest.mark.control("GOV-3", "OPS-1", "OPS-2", "OPS-5", "OPS-6", "OPS-8", "FN-6", "WEB-3", "SEC-1")
@pytest.mark.parametrize(("path", "where", "value", "finding"), BENDS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_bites_where_one_is_bent(directory: Path, path: str, where: str, value: Any, finding: str) -> None:
    assert judged(bent(directory, path, where, value)) == {finding}


def test_an_override_of_the_cdk_is_bending_too(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path))
    made = operations(new_stack(app, "Stack"))
    made["canary"].canary.add_property_override("RunConfig.ActiveTracing", False)
    made["archive"].stream.add_property_deletion_override("DeliveryStreamEncryptionConfigurationInput")
    app.synth()
    assert judged(read_assembly(tmp_path)) == {"CanaryUnguarded[Tracing]", "ArchiveUnguarded[Key]"}


@pytest.mark.parametrize(
    ("gone", "findings"),
    [
        ("Watch/Shop-CanaryStopped", {"CanaryUnguarded[Silence]"}),
        ("Ingest/Logging/Logging", {"DevicesUnlogged[Logging]"}),
    ],
)
def test_what_is_taken_away_is_missed(directory: Path, gone: str, findings: set[str]) -> None:
    assembly = read_assembly(directory)
    for stack in assembly.stacks:
        for key in [key for key, one in stack.resources.items() if one.path == f"Stack/{gone}"]:
            del stack.resources[key]
    assert judged(assembly) == findings
