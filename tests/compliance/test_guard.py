"""The guard on whole apps: a good one passes, a bent one ends the process, and every way past it needs a reason in writing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from jsii._kernel.providers import process

from prodready_constructs.compliance import PRODUCTION_PACKS, STAGING_PACKS, Finding, GuardError, HardeningRules, Verdict, guard
from prodready_constructs.compliance.guard import GUARD_REPORT
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST
from prodready_constructs.evidence.lock import write_lock
from prodready_constructs.foundation import DataKey, EncryptedLogGroup
from prodready_constructs.waivers import waive
from tests.support.synthesis import new_app, new_stack

TODAY = date(2027, 3, 1)
BECAUSE = "the queue only carries wake-up calls, and a lost one is repeated within a minute"
TAGS = dict.fromkeys(("application", "environment", "owner", "cost-centre", "data-class"), "test")


def tagged(app: cdk.App) -> cdk.App:
    for key, value in TAGS.items():
        cdk.Tags.of(app).add(key, value)
    return app


def judge(app: cdk.App, **options: object) -> dict[tuple[str, str], Finding]:
    """The findings of the guard by rule and path: none when the app passes."""
    try:
        guard(app, **{"today": TODAY, "required_tags": (), **options})  # type: ignore[arg-type]
    except GuardError as error:
        return {(finding.rule, finding.path): finding for finding in error.findings}
    return {}


def passes(app: cdk.App, **options: object) -> Verdict:
    return guard(app, **{"today": TODAY, "required_tags": (), **options})  # type: ignore[arg-type]


def about_waivers(findings: dict[tuple[str, str], Finding]) -> list[tuple[str, str]]:
    return sorted((rule.removeprefix("Prodready-Waiver"), path) for rule, path in findings if "Prodready-Waiver" in rule)


@pytest.mark.control("GOV-1", "COST-2")
def test_a_good_app_passes_all_six_packs_and_our_rules(capsys: pytest.CaptureFixture[str]) -> None:
    app = tagged(new_app())
    stack = new_stack(app)
    key = DataKey(stack, "Key", description="test", encrypts_logs=True)
    EncryptedLogGroup(stack, "Logs", retention=timedelta(days=30), encryption_key=key.key)
    verdict = guard(app, today=TODAY)
    assert (verdict.waivers, verdict.warnings, verdict.changes) == ((), (), ())
    directory = verdict.assembly.directory
    assert (directory / "manifest.json").is_file()
    report = json.loads((directory / GUARD_REPORT).read_text())
    assert report["findings"] == []
    assert report["stacks"]["Stack"]["packs"] == [pack.__name__ for pack in PRODUCTION_PACKS]
    assert "Prodready-DummyZone" in report["stacks"]["Stack"]["rules"]
    assert capsys.readouterr().err == "guard: no findings, 0 waivers\n"


@pytest.fixture(scope="module")
def stranger() -> tuple[Path, GuardError]:
    """Plain L2s, raw resources and property overrides, as an app without this library may have them."""
    app = new_app(flags={})
    stack = new_stack(app)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, restrict_default_security_group=False)
    rds.DatabaseInstance(
        stack,
        "Database",
        engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17),
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    bucket = s3.Bucket(stack, "Overridden", versioned=True, removal_policy=cdk.RemovalPolicy.RETAIN)
    default = bucket.node.default_child
    assert isinstance(default, s3.CfnBucket)
    default.add_property_override("VersioningConfiguration.Status", "Suspended")
    default.add_override("DeletionPolicy", "Delete")
    cdk.CfnResource(stack, "RawGroup", type="AWS::Logs::LogGroup", properties={"RetentionInDays": 7})
    cdk.CfnResource(
        stack,
        "RawIngress",
        type="AWS::EC2::SecurityGroupIngress",
        properties={"GroupId": "sg-1", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"},
    )
    cloudwatch.Alarm(stack, "Alarm", metric=cloudwatch.Metric(namespace="Shop", metric_name="Orders"), threshold=1, evaluation_periods=1)
    with pytest.raises(GuardError) as raised:
        guard(app, today=TODAY)
    return Path(app.outdir), raised.value


@pytest.mark.control("GOV-3")
@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("AwsSolutions-RDS3", "Stack/Database/Resource"),
        ("HIPAA.Security-S3BucketVersioningEnabled", "Stack/Overridden/Resource"),
        ("Prodready-StoreWithoutBackup", "Stack/Overridden/Resource"),
        ("Prodready-StoreNotRetained[DeletionPolicy]", "Stack/Overridden/Resource"),
        ("Prodready-StoreNotRetained[DeletionPolicy]", "Stack/Database/Resource"),
        ("Prodready-PublicDatabase", "Stack/Database/Resource"),
        ("Prodready-PublicDatabase", "Stack/Database/SubnetGroup/Default"),
        ("Prodready-SecretWithoutRotation", "Stack/Database/Secret/Resource"),
        ("Prodready-WatchableWithoutAlarms", "Stack/Database/Resource"),
        ("Prodready-LogGroupUnkept[Key]", "Stack/RawGroup"),
        ("Prodready-OpenSecurityGroup[tcp 22]", "Stack/RawIngress"),
        ("Prodready-AlarmWithoutAction", "Stack/Alarm/Resource"),
        ("Prodready-AlarmWithoutRunbook", "Stack/Alarm/Resource"),
        ("Prodready-AlarmUndecided", "Stack/Alarm/Resource"),
        ("Prodready-MissingTags[application,cost-centre,data-class,environment,owner]", "Stack"),
    ],
)
def test_plain_l2s_raw_resources_and_overrides_are_judged(stranger: tuple[Path, GuardError], rule: str, path: str) -> None:
    found = {(finding.rule, finding.path) for finding in stranger[1].findings}
    if rule.startswith("HIPAA"):
        # cdk-nag reads the construct, in which the bucket is still versioned: only the template tells.
        assert (rule, path) not in found
    else:
        assert (rule, path) in found


@pytest.mark.control("GOV-1")
def test_a_finding_says_where_what_why_how_to_mend_and_how_to_accept(stranger: tuple[Path, GuardError]) -> None:
    text = str(stranger[1])
    assert stranger[1].code == text, "python prints the code of a SystemExit and ends with status 1"
    assert (
        "Stack/RawGroup\n"
        "  rule    Prodready-LogGroupUnkept[Key]\n"
        "  reason  Logs hold personal data: they need an end and a key of your own. It has no customer-managed key.\n"
        "  fix     use foundation.EncryptedLogGroup, or set retention and encryption_key\n"
        '  accept  waive(<Stack/RawGroup>, rule="Prodready-LogGroupUnkept[Key]", '
        'because="<why it is acceptable here>", owner="<who answers for it>")\n'
    ) in text
    assert text.endswith(f"guard: {len(stranger[1].findings)} findings; the assembly is refused and nothing can be deployed from it")
    nag = next(finding for finding in stranger[1].findings if finding.rule == "HIPAA.Security-RDSStorageEncrypted")
    assert nag.why.endswith("(Control IDs: 164.312(a)(2)(iv), 164.312(e)(2)(ii)).")
    assert nag.fix.startswith("Because sensitive data can exist at rest")


def test_a_refused_assembly_cannot_be_deployed_but_read(stranger: tuple[Path, GuardError]) -> None:
    directory, error = stranger
    assert not (directory / "manifest.json").exists()
    assert (directory / REFUSED_MANIFEST).is_file()
    report = json.loads((directory / GUARD_REPORT).read_text())
    assert len(report["findings"]) == len(error.findings)


@pytest.mark.control("GOV-1")
def test_staging_is_held_to_its_own_packs_and_needs_no_spare_task() -> None:
    app = new_app()
    production, staging = new_stack(app, "Prod"), cdk.Stage(app, "Staging")
    for stack in (production, new_stack(staging, "Work")):  # type: ignore[arg-type]
        sqs.Queue(stack, "Queue", enforce_ssl=True)
        cdk.CfnResource(stack, "Service", type="AWS::ECS::Service")
        bucket = s3.Bucket(stack, "Bucket", versioned=True, removal_policy=cdk.RemovalPolicy.RETAIN)
        waive(bucket, rule="HIPAA.Security-S3BucketReplicationEnabled", because=BECAUSE, owner="shop")
    found = judge(app, staging=[staging])
    assert ("HIPAA.Security-S3BucketLoggingEnabled", "Prod/Bucket/Resource") in found
    assert ("HIPAA.Security-S3BucketLoggingEnabled", "Staging/Work/Bucket/Resource") not in found
    assert {path for rule, path in found if rule == "AwsSolutions-SQS3"} == {"Prod/Queue/Resource", "Staging/Work/Queue/Resource"}
    assert {path for rule, path in found if "ServiceWithoutSpare" in rule} == {"Prod/Service"}
    # A construct waives for every pack; where a pack is not run, its waiver is no fault.
    assert about_waivers(found) == []


def watched_queue(stack: cdk.Stack) -> sqs.Queue:
    """A queue whose one fault is that it has no dead-letter queue."""
    queue = sqs.Queue(stack, "Queue", enforce_ssl=True)
    cloudwatch.CfnAlarm(
        stack,
        "Age",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        alarm_actions=[f"arn:aws:sns:{stack.region}:{stack.account}:people"],
        alarm_description="Messages wait. Runbook: runbooks/queue.md",
        treat_missing_data="notBreaching",
        dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=queue.queue_name)],
    )
    return queue


def wake_up_queue(waivers: Callable[[cdk.App, cdk.Stack, sqs.Queue], object]) -> cdk.App:
    """An app with one finding of AwsSolutions: a queue without a dead-letter queue."""
    app = new_app()
    stack = new_stack(app)
    waivers(app, stack, watched_queue(stack))
    return app


FINDING = ("AwsSolutions-SQS3", "Stack/Queue/Resource")


@pytest.mark.control("GOV-2")
@pytest.mark.parametrize("of_the_resource", [True, False], ids=["L1", "L2"])
def test_a_waiver_accepts_one_finding_and_is_registered(of_the_resource: bool) -> None:
    def accept(_app: cdk.App, _stack: cdk.Stack, queue: sqs.Queue) -> None:
        construct = queue.node.default_child if of_the_resource else queue
        assert construct is not None
        waive(construct, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop", expires=TODAY)

    verdict = passes(wake_up_queue(accept), packs=STAGING_PACKS[:1])
    (waiver,) = verdict.waivers
    assert (waiver.rule, waiver.owner, waiver.because, waiver.expires, waiver.used) == (
        "AwsSolutions-SQS3",
        "shop",
        BECAUSE,
        "2027-03-01",
        True,
    )
    report = json.loads((verdict.assembly.directory / GUARD_REPORT).read_text())
    assert report["waivers"] == [
        {"rule": "AwsSolutions-SQS3", "path": waiver.path, "because": BECAUSE, "owner": "shop", "expires": "2027-03-01", "used": True}
    ]


@pytest.mark.control("GOV-2")
@pytest.mark.parametrize(
    ("waivers", "fault", "still_found"),
    [
        (lambda _a, _s, queue: waive(queue, rule="AwsSolution-SQS3", because=BECAUSE, owner="shop"), ("[Unused]", "Stack/Queue"), True),
        (lambda _a, _s, queue: waive(queue, rule="AwsSolutions-SQS4", because=BECAUSE, owner="shop"), ("[Unused]", "Stack/Queue"), True),
        (
            lambda _a, _s, queue: waive(queue, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop", expires=date(2027, 2, 28)),
            ("[Expired]", "Stack/Queue"),
            True,
        ),
        (
            lambda _a, _s, queue: [waive(queue, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop") for _ in range(2)],
            ("[Unused]", "Stack/Queue"),
            False,
        ),
        (lambda _a, stack, _q: waive(stack, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop"), ("[TooWide]", "Stack"), True),
        (lambda app, _s, _q: waive(app, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop"), ("[TooWide]", ""), True),
        (
            lambda _a, _s, queue: cdk.Validations.of(queue).acknowledge(
                cdk.Acknowledgment(id="AwsSolutions::AwsSolutions-SQS3", reason="sample")
            ),
            ("[Unregistered]", "Stack/Queue"),
            True,
        ),
        # cdk-nag itself honours a bare id and reports nothing: the acknowledgement is what is found.
        (
            lambda _a, stack, _q: cdk.Validations.of(stack).acknowledge(cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="sample")),
            ("[BareId]", "Stack"),
            False,
        ),
        (
            lambda app, _s, _q: cdk.Validations.of(app).acknowledge(cdk.Acknowledgment(id="AwsSolutions-SQS3", reason="sample")),
            ("[BareId]", ""),
            False,
        ),
    ],
    ids=["misspelt", "unused", "expired", "twice", "stack", "app", "past the register", "bare on a stack", "bare on the app"],
)
def test_a_waiver_not_worth_its_line_fails(
    waivers: Callable[[cdk.App, cdk.Stack, sqs.Queue], object], fault: tuple[str, str], still_found: bool
) -> None:
    found = judge(wake_up_queue(waivers), packs=STAGING_PACKS[:1])
    assert about_waivers(found) == [fault]
    assert (FINDING in found) is still_found
    assert found[f"Prodready-Waiver{fault[0]}", fault[1]].accept is None


@pytest.mark.control("GOV-2")
def test_a_waiver_names_the_finding_in_its_brackets_and_one_resource() -> None:
    app = new_app()
    stack = new_stack(app)
    group = cdk.CfnResource(stack, "Logs", type="AWS::Logs::LogGroup")
    waive(group, rule="Prodready-LogGroupUnkept", because=BECAUSE, owner="shop")
    both = ec2.Vpc(stack, "Vpc", max_azs=1, restrict_default_security_group=False)
    waive(both, rule="AwsSolutions-VPC7", because=BECAUSE, owner="shop")
    inside = sqs.Queue(both, "Queue", enforce_ssl=True)
    waive(both, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop")
    found = judge(app, packs=STAGING_PACKS[:1])
    assert ("[BareId]", "Stack/Logs") in about_waivers(found)
    assert "write Prodready-LogGroupUnkept[Key], Prodready-LogGroupUnkept[Retention]" in found["Prodready-Waiver[BareId]", "Stack/Logs"].fix
    # The VPC itself is its default child; the queue below it is another resource.
    assert ("AwsSolutions-VPC7", "Stack/Vpc/Resource") not in found
    assert ("[TooWide]", "Stack/Vpc") in about_waivers(found)
    assert f"waive each on its own resource: {inside.node.path}/Resource" in found["Prodready-Waiver[TooWide]", "Stack/Vpc"].fix


@pytest.mark.control("GOV-2")
def test_a_waiver_may_name_a_value_that_is_known_at_deployment_only() -> None:
    app = new_app()
    here, there = new_stack(app, "Here"), new_stack(app, "There")
    for stack, name in ((here, "Near"), (there, "Far")):
        bucket = s3.Bucket(stack, "Bucket", versioned=True, enforce_ssl=True, removal_policy=cdk.RemovalPolicy.RETAIN)
        waive(bucket, rule="AwsSolutions-S1", because=BECAUSE, owner="shop")
        objects = bucket.arn_for_objects("*")
        policy = iam.ManagedPolicy(here, name, statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects])])
        waive(policy, rule=f"AwsSolutions-IAM5[Resource::{objects}]", because=BECAUSE, owner="shop")
    waivers = passes(app, packs=STAGING_PACKS[:1]).waivers
    assert [waiver.rule for waiver in waivers if waiver.path == "Here/Near"] == ["AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/*]"]
    (far,) = [waiver.rule for waiver in waivers if waiver.path == "Here/Far"]
    assert '{"Fn::GetStackOutput":{"StackName":"There",' in far


def test_a_waiver_on_a_stage_is_too_wide() -> None:
    app = new_app()
    stage = cdk.Stage(app, "Prod")
    new_stack(stage, "Work")  # type: ignore[arg-type]
    waive(stage, rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop")
    assert about_waivers(judge(app, packs=STAGING_PACKS[:1])) == [("[TooWide]", "Prod")]


@pytest.mark.control("GOV-1")
def test_warnings_and_errors_of_constructs_are_findings(capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()
    stack = new_stack(app)
    cdk.Annotations.of(stack).add_warning_v2("prodready:no-domain", "no domain: a trial")
    assert [warning.rule for warning in passes(app).warnings] == ["Annotation[prodready:no-domain]"]
    assert "guard: warning: Stack: no domain: a trial\n" in capsys.readouterr().err

    app = new_app()
    stack = new_stack(app)
    cdk.Annotations.of(stack).add_warning_v2("@aws-cdk/some:thing", "mind this")
    cdk.Annotations.of(stack).add_error("broken")
    cdk.Validations.of(stack).add_error("shop:broken", "broken too")
    queue = cdk.CfnResource(stack, "Raw", type="AWS::SNS::Subscription")
    cdk.Annotations.of(queue).add_warning_v2("shop:known", "known")
    waive(queue, rule="Annotation[shop:known]", because=BECAUSE, owner="shop")
    found = judge(app)
    assert sorted(found) == [
        ("Annotation[@aws-cdk/some:thing]", "Stack"),
        ("Annotation[error]", "Stack"),
        ("Annotation[shop:broken]", "Stack"),
    ]
    assert found["Annotation[error]", "Stack"].accept is None


@pytest.mark.control("GOV-4")
def test_a_stateful_replacement_fails_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "stateful.lock.json"

    def app(name: str) -> cdk.App:
        made = new_app()
        cdk.CfnResource(new_stack(made), "Trail", type="AWS::CloudTrail::Trail", properties={"TrailName": name})
        return made

    first = passes(app("one"), packs=(), lock=lock)
    assert "AWS::CloudTrail::Trail Stack/Trail (Stack.Trail) is new and not in the lock yet" in capsys.readouterr().err
    write_lock(first.assembly, lock, today=TODAY)
    found = judge(app("two"), packs=(), lock=lock)
    (finding,) = found.values()
    assert (finding.rule, finding.path) == ("Prodready-StatefulChange[replaced]", "Stack/Trail")
    assert 'would be replaced: TrailName: "one" -> "two"' in finding.why
    # Not by a waiver: the approval is about the data.
    waived = app("two")
    waive(waived.node.find_child("Stack").node.find_child("Trail"), rule=finding.rule, because=BECAUSE, owner="shop")
    assert sorted(rule for rule, _ in judge(waived, packs=(), lock=lock)) == [
        "Prodready-StatefulChange[replaced]",
        "Prodready-Waiver[Unused]",
    ]
    assert finding.accept is not None
    entry = json.loads(finding.accept.partition(": ")[2])
    entry |= {"because": "the trail is written anew and the old bucket keeps its files", "owner": "shop"}
    (tmp_path / "stateful.approvals.json").write_text(json.dumps([entry]))
    (change,) = passes(app("two"), packs=(), lock=lock).changes
    assert change.approval is not None


@pytest.mark.control("GOV-3")
def test_our_rules_as_a_plugin_of_somebody_elses_app() -> None:
    def app() -> tuple[cdk.App, cdk.CfnResource]:
        made = new_app()
        cdk.Validations.of(made).add_plugins(HardeningRules(required_tags=()), cdk_nag.AwsSolutionsChecks())
        group = cdk.CfnResource(new_stack(made), "Logs", type="AWS::Logs::LogGroup", properties={"RetentionInDays": 7})
        watched_queue(new_stack(made, "Other"))
        return made, group

    bent, _ = app()
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        bent.synth()
    report = json.loads((Path(bent.outdir) / "validation-report.json").read_text())["pluginReports"]
    ours = next(one for one in report if one["pluginName"] == "Prodready")
    (violation,) = ours["violations"]
    assert violation["ruleName"] == "Prodready-LogGroupUnkept[Key]"
    assert violation["severity"] == "error"
    assert violation["suggestedFix"] == "use foundation.EncryptedLogGroup, or set retention and encryption_key"
    assert [place["constructPath"] for place in violation["violatingConstructs"]] == ["Stack/Logs"]

    # The CDK honours our waivers, of our rules and of cdk-nag's.
    waived, group = app()
    waive(group, rule="Prodready-LogGroupUnkept[Key]", because=BECAUSE, owner="shop")
    waive(waived.node.find_child("Other").node.find_child("Queue"), rule="AwsSolutions-SQS3", because=BECAUSE, owner="shop")
    waived.synth()


@pytest.mark.control("GOV-1")
def test_judging_costs_few_messages_and_no_callback(monkeypatch: pytest.MonkeyPatch) -> None:
    app = new_app()
    stack = new_stack(app)
    key = DataKey(stack, "Key", description="test", encrypts_logs=True)
    for number in range(20):
        EncryptedLogGroup(stack, f"Logs{number}", retention=timedelta(days=30), encryption_key=key.key)
    answers: list[str] = []
    send = process._NodeProcess.send

    def counted(self: Any, request: Any, response: Any) -> Any:
        answer = send(self, request, response)
        answers.append(type(answer).__name__)
        return answer

    monkeypatch.setattr(process._NodeProcess, "send", counted)
    passes(app)
    # Each pack is made, run and its answer read; the rest is the synth, and the metadata of the app. Nothing grows with the resources.
    assert len(answers) <= 5 * len(PRODUCTION_PACKS) + 10
    assert "Callback" not in answers


def test_a_refused_app_is_refused_again() -> None:
    app = wake_up_queue(lambda _a, _s, _q: None)
    assert judge(app) == judge(app) != {}


def test_the_plugin_judges_the_stacks_of_every_stage() -> None:
    app = new_app()
    cdk.Validations.of(app).add_plugins(HardeningRules(required_tags=("owner",), staging=("Staging/Work",)))
    for name in ("Prod", "Staging"):
        stack = new_stack(cdk.Stage(app, name), "Work")  # type: ignore[arg-type]
        cdk.CfnResource(stack, "Service", type="AWS::ECS::Service")
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    (report,) = json.loads((Path(app.outdir) / "validation-report.json").read_text())["pluginReports"]
    places = {
        (violation["ruleName"], place["constructPath"]) for violation in report["violations"] for place in violation["violatingConstructs"]
    }
    assert {("Prodready-MissingTags[owner]", "Prod/Work"), ("Prodready-MissingTags[owner]", "Staging/Work")} <= places
    assert {path for rule, path in places if "ServiceWithoutSpare" in rule} == {"Prod/Work/Service"}
