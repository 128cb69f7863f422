"""The rules on what tells, counts, asks, masks and archives: with plain resources of anybody's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from tests.compliance.templates import Resources, assembly_of, found, resource, stack_of

TOKEN = {"Ref": "Decided"}
KEY = {"Fn::GetAtt": ["Key", "Arn"]}


def judged(rule: str, kind: str, properties: dict[str, Any], beside: Resources | None = None, **options: Any) -> list[str]:
    """The details that *rule* finds on one resource of *kind*, with others *beside* it."""
    hits = found(rule, stack_of({"It": resource(kind, properties)} | (beside or {})), **options)
    return [one.removesuffix(" @ Stack/It").removesuffix("Stack/It").strip("[]") for one in hits]


# --- chat --------------------------------------------------------------------------------------------------------------

AWS = "arn:aws:iam::aws:policy/"
PARTITIONED = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::aws:policy/AdministratorAccess"]]}


def guardrail(*statements: dict[str, Any]) -> Resources:
    return {"Guard": resource("IAM::ManagedPolicy", {"PolicyDocument": {"Statement": list(statements)}})}


def allow(*actions: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


DENY = {"Effect": "Deny", "Action": "*", "Resource": "*"}


@pytest.mark.control("OPS-1", "GOV-3")
@pytest.mark.parametrize("kind", ["Chatbot::SlackChannelConfiguration", "Chatbot::MicrosoftTeamsChannelConfiguration"])
@pytest.mark.parametrize(
    ("channel", "beside", "details"),
    [
        ({"GuardrailPolicies": [f"{AWS}ReadOnlyAccess"], "LoggingLevel": "ERROR"}, {}, []),
        ({"LoggingLevel": "INFO"}, {}, ["Guardrail"]),
        ({"GuardrailPolicies": [], "LoggingLevel": "NONE"}, {}, ["Guardrail", "Logging"]),
        ({"GuardrailPolicies": [f"{AWS}CloudWatchReadOnlyAccess"]}, {}, ["Logging"]),
        ({"GuardrailPolicies": [f"{AWS}AdministratorAccess"], "LoggingLevel": "ERROR"}, {}, ["Guardrail"]),
        ({"GuardrailPolicies": [PARTITIONED], "LoggingLevel": "ERROR"}, {}, ["Guardrail"]),
        ({"GuardrailPolicies": [f"{AWS}AWSLambda_FullAccess"], "LoggingLevel": "ERROR"}, {}, ["UserRole"]),
        ({"GuardrailPolicies": [f"{AWS}AWSLambda_FullAccess"], "LoggingLevel": "ERROR", "UserRoleRequired": True}, {}, []),
        ({"GuardrailPolicies": [f"{AWS}job-function/ViewOnlyAccess"], "LoggingLevel": "ERROR"}, {}, []),
        # What a policy of another app says is not known here.
        ({"GuardrailPolicies": ["arn:aws:iam::111122223333:policy/chat"], "LoggingLevel": "ERROR"}, {}, []),
        ({"GuardrailPolicies": [TOKEN], "LoggingLevel": TOKEN}, {}, []),
        *(
            ({"GuardrailPolicies": [{"Ref": "Guard"}], "LoggingLevel": "ERROR"}, guardrail(*statements), details)
            for statements, details in (
                ((DENY,), []),
                ((allow("*"),), ["Guardrail"]),
                ((allow("*"), DENY), []),
                ((allow("*"), DENY | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}), ["Guardrail"]),
                (({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},), ["Guardrail"]),
                ((allow("cloudwatch:GetMetricData", "logs:FilterLogEvents"),), []),
                ((allow("cloudwatch:Describe*", "lambda:InvokeFunction"),), ["UserRole"]),
                ((allow("cloudwatch:*"),), ["UserRole"]),
            )
        ),
    ],
)
def test_nobody_does_anything_from_a_chat_channel(kind: str, channel: dict[str, Any], beside: Resources, details: list[str]) -> None:
    assert judged("ChatUnguarded", kind, channel, beside) == details


# --- objectives --------------------------------------------------------------------------------------------------------

BURNS = {"BurnRateConfigurations": [{"LookBackWindowMinutes": 60}]}


@pytest.mark.control("OPS-6", "GOV-3")
@pytest.mark.parametrize(
    ("objective", "details"),
    [
        (BURNS | {"Goal": {"AttainmentGoal": 99.9}}, []),
        (BURNS, []),
        (BURNS | {"Goal": {"AttainmentGoal": TOKEN}}, []),
        ({"Goal": {"AttainmentGoal": 99.9}}, ["BurnRate"]),
        ({"BurnRateConfigurations": []}, ["BurnRate"]),
        (BURNS | {"Goal": {"AttainmentGoal": 100}}, ["Goal"]),
        (BURNS | {"Goal": {"AttainmentGoal": "100.0"}}, ["Goal"]),
    ],
)
def test_an_objective_is_told_of_before_it_is_broken(objective: dict[str, Any], details: list[str]) -> None:
    assert judged("ObjectiveUnguarded", "ApplicationSignals::ServiceLevelObjective", objective) == details


@pytest.mark.control("OPS-7", "GOV-3")
@pytest.mark.parametrize(
    ("kind", "dimension"), [("ApplicationSignals::ServiceLevelObjective", "SloName"), ("Synthetics::Canary", "CanaryName")]
)
@pytest.mark.parametrize("value", ["orders", {"Ref": "It"}])
def test_an_objective_and_a_canary_need_an_alarm(kind: str, dimension: str, value: Any) -> None:
    it = {"It": resource(kind, {"Name": "orders"})}
    alarm = resource("CloudWatch::Alarm", {"Dimensions": [{"Name": dimension, "Value": value}]})
    assert found("WatchableWithoutAlarms", stack_of(it)) == ["Stack/It"]
    assert found("WatchableWithoutAlarms", stack_of(it | {"Alarm": alarm})) == []


# --- canaries ----------------------------------------------------------------------------------------------------------

CANARY = {
    "Name": "shop",
    "RuntimeVersion": "syn-nodejs-puppeteer-13.0",
    "RunConfig": {"ActiveTracing": True},
    "ArtifactConfig": {"S3Encryption": {"EncryptionMode": "SSE_KMS", "KmsKeyArn": KEY}},
    "StartCanaryAfterCreation": True,
}


@pytest.mark.control("OPS-6", "GOV-3")
@pytest.mark.parametrize(
    ("change", "details"),
    [
        ({}, []),
        ({"RunConfig": None}, ["Tracing"]),
        ({"RunConfig": {"ActiveTracing": "false"}}, ["Tracing"]),
        ({"RunConfig": {"ActiveTracing": TOKEN}}, []),
        # X-Ray traces Node.js alone.
        ({"RunConfig": None, "RuntimeVersion": "syn-python-selenium-7.0"}, []),
        ({"RuntimeVersion": "syn-python-selenium-5.1"}, ["Runtime"]),
        ({"RuntimeVersion": "syn-nodejs-puppeteer-7.0"}, ["Runtime"]),
        ({"RuntimeVersion": "syn-nodejs-puppeteer-8.0"}, []),
        ({"RuntimeVersion": "syn-nodejs-playwright-1.0"}, []),
        ({"RuntimeVersion": "syn-nodejs-3.0"}, []),
        ({"RuntimeVersion": "syn-nodejs-2.2"}, ["Runtime"]),
        ({"RuntimeVersion": "syn-1.0"}, ["Runtime"]),
        ({"RuntimeVersion": "syn-java-1.0"}, []),
        ({"RuntimeVersion": TOKEN}, []),
        ({"ArtifactConfig": None}, ["Artifacts"]),
        ({"ArtifactConfig": {"S3Encryption": {"EncryptionMode": "SSE_S3"}}}, ["Artifacts"]),
        # AWS's own key.
        ({"ArtifactConfig": {"S3Encryption": {"EncryptionMode": "SSE_KMS"}}}, ["Artifacts"]),
        ({"StartCanaryAfterCreation": False}, ["Start"]),
        # Left out, Synthetics cleans up.
        ({"ProvisionedResourceCleanup": "AUTOMATIC"}, []),
        ({"ProvisionedResourceCleanup": "OFF"}, ["Cleanup"]),
        ({"ProvisionedResourceCleanup": "OFF", "DeleteLambdaResourcesOnCanaryDeletion": True}, []),
    ],
)
def test_a_canary_runs_and_can_be_read(change: dict[str, Any], details: list[str]) -> None:
    assert judged("CanaryUnguarded", "Synthetics::Canary", CANARY | change) == details


@pytest.mark.parametrize(("treated", "details"), [("breaching", []), ("notBreaching", ["Silence"]), (None, ["Silence"])])
def test_the_silence_of_a_canary_is_heard(treated: str | None, details: list[str]) -> None:
    alarm = {"TreatMissingData": treated, "Dimensions": [{"Name": "CanaryName", "Value": "shop"}]}
    other = {"TreatMissingData": "breaching", "Dimensions": [{"Name": "CanaryName", "Value": "another"}]}
    beside = {"Alarm": resource("CloudWatch::Alarm", alarm), "Other": resource("CloudWatch::Alarm", other)}
    assert judged("CanaryUnguarded", "Synthetics::Canary", CANARY, beside) == details


# --- logs --------------------------------------------------------------------------------------------------------------


def protects(audited: list[Any], masked: list[Any] | None) -> dict[str, Any]:
    audit: dict[str, Any] = {"Sid": "Audit", "DataIdentifier": audited, "Operation": {"Audit": {"FindingsDestination": {}}}}
    mask: dict[str, Any] = {"Sid": "Mask", "DataIdentifier": masked, "Operation": {"Deidentify": {"MaskConfig": {}}}}
    return {"Name": "p", "Version": "2021-06-01", "Statement": [audit, *([] if masked is None else [mask])]}


MAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
MAIL_JOINED = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":dataprotection::aws:data-identifier/EmailAddress"]]}
SECRET = MAIL.replace("EmailAddress", "AwsSecretKey")


@pytest.mark.control("OPS-5", "GOV-3")
@pytest.mark.parametrize(
    ("policy", "details"),
    [
        (None, []),
        (protects([MAIL], [MAIL]), []),
        (protects([MAIL], [MAIL_JOINED]), []),
        (protects([MAIL], None), ["Mask"]),
        (protects([MAIL, SECRET], [MAIL]), ["Mask"]),
        (protects([MAIL], [MAIL, SECRET]), ["Audit"]),
        # As the CDK's own class writes it.
        ({"statement": [{"dataIdentifier": [MAIL_JOINED], "operation": {"audit": {}}}]}, ["Mask"]),
    ],
)
def test_what_is_found_is_masked(policy: dict[str, Any] | None, details: list[str]) -> None:
    assert judged("LogsUnmasked", "Logs::LogGroup", {"DataProtectionPolicy": policy}) == details
    for text in (json.dumps(policy), {"Fn::Join": ["", [json.dumps(policy)]]}):
        account = {"PolicyType": "DATA_PROTECTION_POLICY", "PolicyDocument": text}
        assert judged("LogsUnmasked", "Logs::AccountPolicy", account) == details
    other = {"PolicyType": "FIELD_INDEX_POLICY", "PolicyDocument": json.dumps(policy)}
    assert judged("LogsUnmasked", "Logs::AccountPolicy", other) == []


def test_what_is_decided_at_deployment_is_not_judged() -> None:
    for text in (TOKEN, {"Fn::Sub": "${Decided}"}, "no json"):
        account = {"PolicyType": "DATA_PROTECTION_POLICY", "PolicyDocument": text}
        assert judged("LogsUnmasked", "Logs::AccountPolicy", account) == []


@pytest.mark.control("OPS-5", "GOV-3")
@pytest.mark.parametrize("kind", ["Logs::MetricFilter", "Logs::SubscriptionFilter"])
@pytest.mark.parametrize("name", ["app", {"Ref": "Group"}])
def test_a_filter_needs_a_group_that_has_filters(kind: str, name: Any) -> None:
    for group_class, bent in (("INFREQUENT_ACCESS", [""]), ("DELIVERY", [""]), ("STANDARD", []), (None, [])):
        group = {"Group": resource("Logs::LogGroup", {"LogGroupName": "app", "LogGroupClass": group_class})}
        assert judged("LogClassTooLow", kind, {"LogGroupName": name}, group) == bent
        assert judged("LogClassTooLow", kind, {"LogGroupName": "another"}, group) == []


# --- streams -----------------------------------------------------------------------------------------------------------

LOGGING = {"CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "errors"}}
TO_S3 = {"BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]}, **LOGGING}
ENCRYPTED = TO_S3 | {"EncryptionConfiguration": {"KMSEncryptionConfig": {"AWSKMSKeyARN": KEY}}}
OWN = {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": KEY}}


def bucket(**default: Any) -> Resources:
    rules = [{"ServerSideEncryptionByDefault": default}]
    return {"Bucket": resource("S3::Bucket", {"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}})}


@pytest.mark.control("OPS-5", "GOV-3")
@pytest.mark.parametrize(
    ("stream", "beside", "details"),
    [
        (OWN | {"ExtendedS3DestinationConfiguration": ENCRYPTED}, {}, []),
        # Uncompressed objects cost more, and are none the less safe.
        (OWN | {"ExtendedS3DestinationConfiguration": ENCRYPTED | {"CompressionFormat": "UNCOMPRESSED"}}, {}, []),
        ({"ExtendedS3DestinationConfiguration": ENCRYPTED}, {}, ["Key"]),
        ({"DeliveryStreamType": "DirectPut", "S3DestinationConfiguration": ENCRYPTED}, {}, ["Key"]),
        ({"DeliveryStreamType": "KinesisStreamAsSource", "ExtendedS3DestinationConfiguration": ENCRYPTED}, {}, []),
        (OWN | {"ExtendedS3DestinationConfiguration": ENCRYPTED | {"CloudWatchLoggingOptions": None}}, {}, ["Logging"]),
        (OWN | {"ExtendedS3DestinationConfiguration": ENCRYPTED | {"CloudWatchLoggingOptions": {"Enabled": True}}}, {}, ["Logging"]),
        (OWN | {"ExtendedS3DestinationConfiguration": TO_S3}, {}, ["Bucket"]),
        (OWN | {"ExtendedS3DestinationConfiguration": TO_S3}, bucket(SSEAlgorithm="AES256"), ["Bucket"]),
        (OWN | {"ExtendedS3DestinationConfiguration": TO_S3}, bucket(SSEAlgorithm="aws:kms"), ["Bucket"]),
        # The bucket's own default encrypts what says nothing.
        (OWN | {"ExtendedS3DestinationConfiguration": TO_S3}, bucket(SSEAlgorithm="aws:kms", KMSMasterKeyID=KEY), []),
        (OWN | {"ExtendedS3DestinationConfiguration": ENCRYPTED | {"S3BackupConfiguration": TO_S3}}, {}, ["Bucket"]),
        (OWN | {"HttpEndpointDestinationConfiguration": LOGGING | {"S3Configuration": ENCRYPTED}}, {}, []),
        (OWN | {"HttpEndpointDestinationConfiguration": {"S3Configuration": TO_S3}}, {}, ["Bucket", "Logging"]),
    ],
)
def test_a_stream_keeps_what_it_carries_to_itself(stream: dict[str, Any], beside: Resources, details: list[str]) -> None:
    assert judged("ArchiveUnguarded", "KinesisFirehose::DeliveryStream", stream, beside) == details


# --- alarms ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("OPS-2", "GOV-3")
@pytest.mark.parametrize(
    ("treated", "details"), [(None, [""]), ("missing", []), ("breaching", []), ("notBreaching", []), ("ignore", []), (TOKEN, [])]
)
def test_an_alarm_says_what_silence_means(treated: Any, details: list[str]) -> None:
    assert judged("AlarmUndecided", "CloudWatch::Alarm", {"TreatMissingData": treated}) == details


@pytest.mark.control("OPS-8", "GOV-3")
@pytest.mark.parametrize(
    ("expression", "duration", "share"),
    [
        ("cron(0 2 * * SUN)", "PT2H", None),
        ("cron(0 2 * * *)", "PT11H59M", None),
        ("cron(0 2 * * *)", "PT12H", "50%"),
        ("cron(0 0,12 * * *)", "PT6H", "50%"),
        ("cron(0 */4 * * *)", "PT1H", None),
        ("cron(0/30 * * * *)", "PT30M", "100%"),
        ("cron(0 18 * * MON-FRI)", "PT14H", None),
        ("cron(0 8 * * MON-FRI)", "P1D", "71%"),
        ("cron(0 0 * * 0)", "P3DT12H", "50%"),
        ("cron(0 0 * * FRI-MON)", "P1D", "57%"),
        ("cron(0 0 1,15 * *)", "P15D", "99%"),
        ("cron(0 0 1 JAN-JUN *)", "P15D", None),
        ("cron(0 0 * JAN-JUN *)", "P1D", "50%"),
        ("at(2027-01-31T22:00)", "P15D", None),
        ("cron(0 0 L * *)", "P15D", None),
        (TOKEN, "P15D", None),
        ("cron(0 0 * * *)", TOKEN, None),
    ],
)
def test_a_mute_rule_is_short(expression: Any, duration: Any, share: str | None) -> None:
    schedule = {"Expression": expression, "Duration": duration}
    mute = resource("CloudWatch::AlarmMuteRule", {"Rule": {"Schedule": schedule}})
    notes = [finding.why for finding in whole("MutedTooLong", {"It": mute})]
    assert [note.endswith(f"It mutes {share} of the time.") for note in notes] == ([True] if share else [])


def whole(rule: str, resources: Resources) -> list[Any]:
    subject = Subject(assembly=assembly_of(stack_of(resources)))
    return [finding for finding in hardening_findings(subject) if finding.rule.split("[")[0] == f"Prodready-{rule}"]


# --- roles -------------------------------------------------------------------------------------------------------------


def trusts(service: Any, condition: Any = None, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}, "Condition": condition, **more}
    return {"AssumeRolePolicyDocument": {"Statement": [statement]}}


ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.control("SEC-1", "GOV-3")
@pytest.mark.parametrize(
    ("role", "details"),
    [
        (trusts("scheduler.amazonaws.com"), ["scheduler"]),
        (trusts(["events.amazonaws.com", "lambda.amazonaws.com"]), ["events"]),
        (trusts("monitoring.rds.amazonaws.com"), ["monitoring.rds"]),
        (trusts("fis.amazonaws.com", ACCOUNT), []),
        (trusts("ssm.amazonaws.com", {"ArnLike": {"AWS:SourceArn": "arn:aws:ssm:*:111122223333:*"}}), []),
        (trusts("firehose.amazonaws.com", {"StringEquals": {"sts:ExternalId": "111122223333"}}), []),
        (trusts("logs.amazonaws.com", {"StringLike": {"aws:SourceAccount": "*"}}), ["logs"]),
        (trusts("logs.amazonaws.com", {"Bool": {"aws:SecureTransport": "true"}}), ["logs"]),
        (trusts("logs.amazonaws.com", Effect="Deny"), []),
        # Services that do not say on whose behalf they come, and people.
        (trusts("chatbot.amazonaws.com"), []),
        (trusts("ec2.amazonaws.com"), []),
        ({"AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}}}, ["states"]),
        ({"AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*"}]}}, []),
    ],
)
def test_a_service_says_for_whom_it_takes_a_role_on(role: dict[str, Any], details: list[str]) -> None:
    assert judged("ConfusedDeputy", "IAM::Role", role) == details


@pytest.mark.parametrize(("condition", "details"), [(None, ["ecs-tasks"]), (ACCOUNT, [])])
def test_ecs_says_for_whom_containers_run(condition: Any, details: list[str]) -> None:
    role = trusts("ecs-tasks.amazonaws.com", condition)
    task = {name: {"Fn::GetAtt": [target, "Arn"]} for name, target in (("TaskRoleArn", "It"), ("ExecutionRoleArn", "Starts"))}
    beside = {"Starts": resource("IAM::Role", trusts("ecs-tasks.amazonaws.com")), "Task": resource("ECS::TaskDefinition", task)}
    assert judged("ConfusedDeputy", "IAM::Role", role, beside) == details


# --- services and devices ----------------------------------------------------------------------------------------------

TLS = {"IssuerCertificateAuthority": {"AwsPcaAuthorityArn": TOKEN}}


@pytest.mark.control("WEB-3", "GOV-3")
@pytest.mark.parametrize(
    ("config", "details"),
    [
        (None, []),
        ({"Enabled": True}, []),
        ({"Enabled": True, "Services": [{"PortName": "web", "Tls": TLS}]}, []),
        ({"Enabled": True, "Services": [{"PortName": "web"}]}, ["web"]),
        ({"Enabled": True, "Services": [{"PortName": "web", "DiscoveryName": "shop-web"}, {"PortName": "b", "Tls": TLS}]}, ["shop-web"]),
        ({"Enabled": False, "Services": [{"PortName": "web"}]}, []),
    ],
)
def test_services_speak_tls_to_each_other(config: dict[str, Any] | None, details: list[str]) -> None:
    assert judged("ServiceConnectPlain", "ECS::Service", {"ServiceConnectConfiguration": config}) == details


def test_a_mesh_may_say_why_it_speaks_without() -> None:
    config = {"Enabled": True, "Namespace": {"Fn::GetAtt": ["Names", "Arn"]}, "Services": [{"PortName": "web"}]}
    names = {"Names": resource("ServiceDiscovery::HttpNamespace")}
    for because, details in (("Staging holds no data of anybody.", []), ("", ["web"])):
        facts = {"Stack": [{"type": "prodready:construct", "data": {"kind": "ServiceMesh", "plain_because": because}}]}
        service = {"ServiceConnectConfiguration": config}
        assert judged("ServiceConnectPlain", "ECS::Service", service, names, metadata=facts) == details


@pytest.mark.control("FN-6", "GOV-3")
def test_what_devices_do_is_logged_once_for_an_account_and_region() -> None:
    rules = {"Rule": resource("IoT::TopicRule"), "Other": resource("IoT::TopicRule")}
    logging = {"Log": resource("IoT::Logging", {"DefaultLogLevel": "ERROR"})}
    assert found("DevicesUnlogged", stack_of(rules)) == ["[Logging] @ Stack/Rule"]
    assert found("DevicesUnlogged", stack_of(rules | logging)) == []
    assert found("DevicesUnlogged", stack_of(rules, "A"), stack_of(logging, "B")) == []
    off = {"Log": resource("IoT::Logging", {"DefaultLogLevel": "DISABLED"})}
    assert found("DevicesUnlogged", stack_of(rules | off)) == ["[Level] @ Stack/Log"]
    told = {"Stack": [{"type": "prodready:construct", "data": {"kind": "DeviceIngest", "logging": "existing"}}]}
    assert found("DevicesUnlogged", stack_of(rules), metadata=told) == []


@pytest.mark.control("FN-6", "GOV-3")
@pytest.mark.parametrize(
    ("endpoint", "details"),
    [
        ({}, []),
        ({"DomainName": "d.example.com", "ServerCertificateArns": [TOKEN]}, []),
        ({"DomainName": "d.example.com"}, ["Certificate"]),
        ({"TlsConfig": {"SecurityPolicy": "IoTSecurityPolicy_TLS13_1_3_2022_10"}}, []),
        ({"TlsConfig": {"SecurityPolicy": "IotSecurityPolicy_TLS12_1_2_2022_10"}}, []),
        ({"TlsConfig": {"SecurityPolicy": "IotSecurityPolicy_TLS12_1_0_2015_01"}}, ["Policy"]),
        ({"TlsConfig": {"SecurityPolicy": TOKEN}}, []),
    ],
)
def test_devices_know_whom_they_speak_to(endpoint: dict[str, Any], details: list[str]) -> None:
    assert judged("DeviceEndpointWeak", "IoT::DomainConfiguration", endpoint) == details


# --- spending ----------------------------------------------------------------------------------------------------------

TOPIC = {"SubscriptionType": "SNS", "Address": TOKEN}
HEARD = {"Notification": {"NotificationType": "ACTUAL"}, "Subscribers": [TOPIC]}
UNHEARD = HEARD | {"Subscribers": []}


@pytest.mark.control("COST-1", "GOV-3")
@pytest.mark.parametrize(
    ("budget", "details"),
    [
        ({"NotificationsWithSubscribers": [HEARD]}, []),
        ({"NotificationsWithSubscribers": [UNHEARD, HEARD]}, []),
        ({"NotificationsWithSubscribers": [HEARD | {"Subscribers": TOKEN}]}, []),
        ({"NotificationsWithSubscribers": TOKEN}, []),
        ({"NotificationsWithSubscribers": [UNHEARD]}, ["Budget"]),
        ({"NotificationsWithSubscribers": []}, ["Budget"]),
        ({}, ["Budget"]),
    ],
)
def test_somebody_hears_of_a_budget(budget: dict[str, Any], details: list[str]) -> None:
    assert judged("SpendingUnheard", "Budgets::Budget", budget) == details


@pytest.mark.control("COST-1", "GOV-3")
@pytest.mark.parametrize(
    ("subscription", "details"),
    [
        ({"Subscribers": [{"Type": "SNS", "Address": TOKEN}], "Frequency": "IMMEDIATE"}, []),
        ({"Subscribers": [{"Type": "SNS", "Address": TOKEN}], "Frequency": TOKEN}, []),
        ({"Subscribers": [{"Type": "EMAIL", "Address": "team@example.com"}], "Frequency": "WEEKLY"}, []),
        ({"Subscribers": TOKEN, "Frequency": "DAILY"}, []),
        ({"Subscribers": [{"Type": "SNS", "Address": TOKEN}], "Frequency": "DAILY"}, ["Summary"]),
        ({"Subscribers": [], "Frequency": "DAILY"}, ["Anomalies"]),
        ({}, ["Anomalies"]),
    ],
)
def test_somebody_hears_of_an_anomaly(subscription: dict[str, Any], details: list[str]) -> None:
    assert judged("SpendingUnheard", "CE::AnomalySubscription", {"MonitorArnList": [TOKEN], **subscription}) == details


@pytest.mark.control("COST-1", "GOV-3")
@pytest.mark.parametrize(
    ("listened", "details"),
    [([{"Ref": "It"}], []), ([{"Fn::GetAtt": ["It", "MonitorArn"]}], []), (["arn:aws:ce::111122223333:anomalymonitor/1"], ["Monitor"])],
)
def test_a_monitor_has_a_subscription(listened: list[Any], details: list[str]) -> None:
    people = {"Subscribers": [{"Type": "EMAIL", "Address": "team@example.com"}], "Frequency": "DAILY"}
    beside = {"Anomalies": resource("CE::AnomalySubscription", people | {"MonitorArnList": listened})}
    assert judged("SpendingUnheard", "CE::AnomalyMonitor", {"MonitorType": "DIMENSIONAL"}, beside) == details


@pytest.mark.control("COST-1", "GOV-3")
def test_a_monitor_without_any_subscription_is_found() -> None:
    assert judged("SpendingUnheard", "CE::AnomalyMonitor", {"MonitorType": "DIMENSIONAL"}) == ["Monitor"]
