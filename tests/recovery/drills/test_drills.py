"""Drills: what they break, what stops them, what their roles may do, and what is refused; run in a little FIS."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3

from bench.messages import counted, total
from prodready_constructs.contracts import EventSpec, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.recovery import (
    CutOffZone,
    Drills,
    FailOverCluster,
    FailOverDatabase,
    FunctionDelay,
    FunctionErrors,
    InterruptCachePower,
    StopTasks,
    ZonePowerLoss,
    prepare_function,
)
from tests.recovery.drills.little_fis import Fis, Resource, resolved
from tests.recovery.stores import STANDBY, Store
from tests.support.aws_cli import faults as cli_faults
from tests.support.packs import findings
from tests.support.synthesis import ACCOUNT, REGION, Template, new_app, new_stack, synth, synth_in

STOP = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:AnyCritical"
FIVE = timedelta(minutes=5)
HERE = f"{REGION}:{ACCOUNT}"
CLUSTER_ARN = f"arn:aws:rds:{HERE}:cluster:orders"
DATABASE_ARN = f"arn:aws:rds:{HERE}:db:orders"
NAMES = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::URLSuffix": "amazonaws.com"}
POSTURE = STAGING.drills


def a_vpc(stack: cdk.Stack) -> ec2.IVpc:
    zones = [f"{REGION}{letter}" for letter in "ab"]
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        availability_zones=zones,
        private_subnet_ids=["subnet-private-a", "subnet-private-b"],
        isolated_subnet_ids=["subnet-isolated-a", "subnet-isolated-b"],
    )


def a_service(stack: cdk.Stack, name: str = "orders") -> ecs.IBaseService:
    cluster = ecs.Cluster.from_cluster_attributes(stack, f"Cluster{name}", cluster_name="shop", vpc=once(stack, a_vpc))
    return ecs.FargateService.from_fargate_service_attributes(
        stack, f"Service{name}", cluster=cluster, service_arn=f"arn:aws:ecs:{HERE}:service/shop/{name}"
    )


def a_database(stack: cdk.Stack) -> rds.IDatabaseInstance:
    return rds.DatabaseInstance.from_database_instance_attributes(
        stack, "Database", instance_identifier="orders", instance_endpoint_address="db", port=5433, security_groups=[]
    )


def a_cluster(stack: cdk.Stack) -> rds.IDatabaseCluster:
    return rds.DatabaseCluster.from_database_cluster_attributes(stack, "Aurora", cluster_identifier="orders")


def a_cache(stack: cdk.Stack) -> elasticache.CfnReplicationGroup:
    return elasticache.CfnReplicationGroup(stack, "Cache", replication_group_description="cache", replication_group_id="orders")


_made: WeakKeyDictionary[cdk.Stack, dict[str, Any]] = WeakKeyDictionary()


def once(stack: cdk.Stack, make: Callable[[cdk.Stack], Any]) -> Any:
    """What *make* makes, one in a stack."""
    made = _made.setdefault(stack, {})
    if make.__name__ not in made:
        made[make.__name__] = make(stack)
    return made[make.__name__]


def a_function(stack: cdk.Stack) -> lambda_.Function:
    return lambda_.Function(
        stack, "Function", runtime=lambda_.Runtime.PYTHON_3_13, handler="index.handler", code=lambda_.Code.from_inline("handler = print")
    )


def add(drills: Drills, drill_id: str = "Drill", **changes: Any) -> Any:
    asked = {
        "question": "Do visitors notice?",
        "stop_alarms": [STOP],
        "expects": ["Service-NoRunningTasks"],
        "recovers_within": FIVE,
    }
    if "faults" not in changes:
        asked["faults"] = [StopTasks(service=a_service(drills.stack))]
    return drills.add(drill_id, **{**asked, **changes})


def build(stack: cdk.Stack) -> Drills:
    """One drill of every kind."""
    vpc = once(stack, a_vpc)
    drills = Drills(stack, "Drills", posture=POSTURE)
    function = a_function(stack)
    orders = s3.Bucket(stack, "Orders", encryption_key=kms.Key(stack, "OrdersKey"))
    prepare_function(function, bucket=orders, arm64=True)
    add(drills, "TaskKill", faults=[StopTasks(service=a_service(stack), count=None, percent=50)])
    add(
        drills, "Failover", faults=[FailOverDatabase(instance=once(stack, a_database))], recovers_within=None, proving=Store(stack, "Store")
    )
    add(drills, "Aurora", faults=[FailOverCluster(cluster=once(stack, a_cluster))])
    add(drills, "Slow", faults=[FunctionDelay(function=function, delay=timedelta(seconds=3), lasts=FIVE, percent=10)])
    add(drills, "Errors", faults=[FunctionErrors(function=function, lasts=FIVE)])
    zone = ZonePowerLoss(
        vpc=vpc,
        zone="us-east-1a",
        lasts=timedelta(minutes=30),
        services=(a_service(stack, "web"), a_service(stack, "worker")),
        databases=(once(stack, a_database),),
        clusters=(once(stack, a_cluster),),
        caches=(a_cache(stack),),
    )
    add(drills, "ZoneLoss", faults=[zone], expects=[])
    return drills


@pytest.fixture(scope="module")
def built() -> tuple[Drills, Template, list[str]]:
    stack = new_stack()
    made = build(stack)
    return made, synth(stack), findings(stack)


@pytest.fixture(scope="module")
def template(built: tuple[Drills, Template, list[str]]) -> Template:
    return built[1]


def statements(template: Template, drill: str) -> list[dict[str, Any]]:
    (policy,) = [one for key, one in template.of_type("AWS::IAM::ManagedPolicy").items() if key.startswith(f"Drills{drill}")]
    names = {**NAMES, **bucket_names(template), "Cache": "orders"}
    return list(resolved(policy["Properties"]["PolicyDocument"]["Statement"], names))


def bucket_names(template: Template) -> dict[str, str]:
    (bucket,) = template.of_type("AWS::S3::Bucket")
    (function,) = template.of_type("AWS::Lambda::Function")
    return {f"{bucket}.Arn": "arn:aws:s3:::orders", f"{function}.Arn": f"arn:aws:lambda:{HERE}:function:orders"}


def experiment(template: Template, drill: str) -> dict[str, Any]:
    return dict(resolved(template.props("AWS::FIS::ExperimentTemplate", f"Drills{drill}Template"), {**NAMES, **bucket_names(template)}))


def task(service: str, zone: str, number: int, cluster: str = "shop") -> Resource:
    attributes = {"cluster": cluster, "service": service, "AvailabilityZone": zone}
    return Resource("aws:ecs:task", f"arn:aws:ecs:{HERE}:task/{cluster}/{service}-{zone}-{number}", attributes=attributes)


WORLD = [
    *(task(service, zone, number) for service in ("orders", "web", "worker") for zone in ("us-east-1a", "us-east-1b") for number in (1, 2)),
    task("orders", "us-east-1a", 1, cluster="strangers"),
    Resource("aws:rds:db", DATABASE_ARN),
    Resource("aws:rds:db", f"arn:aws:rds:{HERE}:db:strangers"),
    Resource("aws:rds:cluster", CLUSTER_ARN),
    Resource("aws:lambda:function", f"arn:aws:lambda:{HERE}:function:orders"),
    Resource("bucket", "arn:aws:s3:::orders"),
    Resource("vpc", f"arn:aws:ec2:{HERE}:vpc/vpc-1"),
    *(
        Resource("aws:ec2:subnet", f"arn:aws:ec2:{HERE}:subnet/subnet-{tier}-{zone}")
        for tier in ("private", "isolated", "strange")
        for zone in "ab"
    ),
    Resource(
        "aws:elasticache:replicationgroup",
        f"arn:aws:elasticache:{HERE}:replicationgroup:orders",
        tags={"drill-target": "Stack/Cache"},
        attributes={"availabilityZoneIdentifier": "us-east-1a"},
    ),
    Resource("aws:elasticache:replicationgroup", f"arn:aws:elasticache:{HERE}:replicationgroup:strangers"),
]


@pytest.mark.control("DR-5")
@pytest.mark.parametrize(
    ("drill", "hit"),
    [
        ("TaskKill", {"StopTasks": 2}),
        ("Failover", {"FailOverDatabase": 1}),
        ("Aurora", {"FailOverCluster": 1}),
        ("Slow", {"FunctionDelay": 1}),
        ("Errors", {"FunctionErrors": 1}),
        (
            "ZoneLoss",
            {"CutOffZone": 2, "StopTasks": 2, "StopTasks2": 2, "FailOverDatabase": 1, "FailOverCluster": 1, "InterruptCachePower": 1},
        ),
    ],
)
def test_each_drill_hits_its_own_and_is_allowed_to(template: Template, drill: str, hit: dict[str, int]) -> None:
    ended = Fis(experiment(template, drill), statements(template, drill), WORLD).run()
    assert (ended.status, ended.reason) == ("completed", "")
    assert {name: len(arns) for name, arns in ended.hit.items()} == {**hit, "Observe": 0}
    arns = [arn for arns in ended.hit.values() for arn in arns]
    assert not [arn for arn in arns if "strange" in arn]
    if drill == "ZoneLoss":
        assert {arn[-1] for arn in ended.hit["CutOffZone"]} == {"a"}
        assert all("us-east-1a" in arn for name in ("StopTasks", "StopTasks2") for arn in ended.hit[name])


@pytest.mark.control("DR-5")
@pytest.mark.parametrize(("goes_off", "stopped_at"), [(0, 0), (3, 3), (31, 31), (34, 34)])
def test_a_stop_alarm_ends_it_at_once_also_while_it_recovers(template: Template, goes_off: int, stopped_at: int) -> None:
    fis = Fis(experiment(template, "ZoneLoss"), statements(template, "ZoneLoss"), WORLD)
    ended = fis.run(lambda arn, minute: arn == STOP and minute >= goes_off)
    assert (ended.status, ended.minute) == ("stopped", stopped_at)
    assert fis.run(lambda arn, minute: arn != STOP).status == "completed"


def test_it_goes_on_until_everything_has_to_be_well(template: Template) -> None:
    assert Fis(experiment(template, "ZoneLoss"), statements(template, "ZoneLoss"), WORLD).run().minute == 30 + 5
    assert Fis(experiment(template, "Failover"), statements(template, "Failover"), WORLD).run().minute == 2


def test_a_target_that_finds_nothing_fails_before_anything_breaks(template: Template) -> None:
    world = [one for one in WORLD if one.kind != "aws:ecs:task"]
    ended = Fis(experiment(template, "ZoneLoss"), statements(template, "ZoneLoss"), world).run()
    assert (ended.status, ended.reason, ended.hit) == ("failed", "no target: StopTasks, StopTasks2", {})


@pytest.mark.control("DR-5", "SEC-5")
@pytest.mark.parametrize(
    ("drill", "call", "arn"),
    [
        ("TaskKill", "ecs:StopTask", f"arn:aws:ecs:{HERE}:task/strangers/1"),
        ("TaskKill", "rds:RebootDBInstance", DATABASE_ARN),
        ("Failover", "rds:RebootDBInstance", f"arn:aws:rds:{HERE}:db:strangers"),
        ("Failover", "rds:DeleteDBInstance", DATABASE_ARN),
        ("ZoneLoss", "ec2:ReplaceNetworkAclAssociation", f"arn:aws:ec2:{HERE}:subnet/subnet-private-b"),
        ("ZoneLoss", "ec2:DeleteNetworkAcl", f"arn:aws:ec2:{HERE}:network-acl/acl-of-the-vpc"),
        ("ZoneLoss", "ec2:CreateTags", f"arn:aws:ec2:{HERE}:network-acl/acl-of-the-vpc"),
        ("ZoneLoss", "elasticache:InterruptClusterAzPower", f"arn:aws:elasticache:{HERE}:replicationgroup:strangers"),
        ("Errors", "s3:PutObject", "arn:aws:s3:::orders/other/key"),
        ("Errors", "logs:PutResourcePolicy", "*"),
    ],
)
def test_its_role_may_do_nothing_else(template: Template, drill: str, call: str, arn: str) -> None:
    assert not Fis(experiment(template, drill), statements(template, drill), WORLD).allows(call, arn)


def test_fis_alone_assumes_the_role_for_its_experiments(template: Template) -> None:
    for role in (one for key, one in template.of_type("AWS::IAM::Role").items() if key.startswith("Drills")):
        (trust,) = resolved(role["Properties"]["AssumeRolePolicyDocument"]["Statement"], NAMES)
        assert trust["Principal"] == {"Service": "fis.amazonaws.com"}
        assert trust["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": f"arn:aws:fis:{HERE}:experiment/*"},
        }
        assert "Policies" not in role["Properties"]


@pytest.mark.control("DR-5")
def test_always_one_account_logged_and_stoppable(template: Template) -> None:
    made = template.of_type("AWS::FIS::ExperimentTemplate")
    assert len(made) == 6
    (log_id, log), *_ = template.of_type("AWS::Logs::LogGroup").items()
    assert log["Properties"]["RetentionInDays"] == POSTURE.log_retention.days
    assert log["Properties"]["KmsKeyId"]
    assert log["DeletionPolicy"] == "RetainExceptOnCreate"
    name = log["Properties"]["LogGroupName"]
    assert name.startswith("/aws/vendedlogs/fis/")
    for one in made.values():
        props = one["Properties"]
        assert props["StopConditions"] == [{"Source": "aws:cloudwatch:alarm", "Value": STOP}]
        assert props["ExperimentOptions"] == {"AccountTargeting": "single-account", "EmptyTargetResolutionMode": "fail"}
        assert resolved(props["LogConfiguration"], NAMES) == {
            "CloudWatchLogsConfiguration": {"LogGroupArn": f"arn:aws:logs:{HERE}:log-group:{name}:*"},
            "LogSchemaVersion": 2,
        }
        assert log_id in one["DependsOn"]
    (policy,) = template.of_type("AWS::Logs::ResourcePolicy").values()
    (allowed,) = json.loads(resolved(policy["Properties"]["PolicyDocument"], NAMES))["Statement"]
    assert allowed["Principal"] == {"Service": "delivery.logs.amazonaws.com"}
    assert allowed["Resource"] == f"arn:aws:logs:{HERE}:log-group:{name}:log-stream:*"


def test_what_is_started_and_how_is_written_down(template: Template) -> None:
    starts = [resolved(one["Value"], {**NAMES}) for one in template.body["Outputs"].values()]
    assert len(starts) == 6
    assert all(start.startswith("aws fis start-experiment --experiment-template-id Drills") for start in starts)
    recorded = {one["drill"]["question"] + str(one["drill"]["does"]): one["drill"] for one in template.recorded("Drill")}
    assert len(recorded) == 6
    proved = next(one for one in recorded.values() if one["does"] == ["reboots the database with failover to its standby"])
    assert proved["recovers_within"] == STANDBY.recovery_time.total_seconds()
    assert proved["recovers_within_is"] == "PostgreSQL orders: loss of a zone: the posture's promise"
    for drill in recorded.values():
        assert drill["stopped_by"] == [STOP]
        for command in resolved(drill["commands"], NAMES):
            assert cli_faults(command) == []


@pytest.mark.control("OPS-3")
def test_who_is_told(built: tuple[Drills, Template, list[str]]) -> None:
    drills = built[0]
    assert drills.graphs == ()
    events = {spec.id: spec for spec in drills.alarm_specs}
    assert set(events) == {"ExperimentBegan", "ExperimentStopped"}
    for spec in events.values():
        assert isinstance(spec, EventSpec)
        assert spec.severity is Severity.WARNING
        assert (spec.pattern["source"], spec.pattern["detail-type"]) == (["aws.fis"], ["FIS Experiment State Change"])
        for command in spec.runbook.first_commands:
            assert cli_faults(command) == []
    assert events["ExperimentStopped"].pattern["detail"] == {"new-state": {"status": ["failed", "stopped"]}}


def test_a_prepared_function_asks_the_bucket(template: Template) -> None:
    function = template.props("AWS::Lambda::Function")
    settings = resolved(function["Environment"]["Variables"], bucket_names(template))
    assert settings == {
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/aws-fis/bootstrap",
        "AWS_FIS_CONFIGURATION_LOCATION": "arn:aws:s3:::orders/fis/",
        "AWS_FIS_POLL_MAX_WAIT_MILLISECONDS": "2000",
    }
    (layer,) = function["Layers"]
    parameter = template.body["Parameters"][layer["Ref"]]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<String>"
    assert parameter["Default"] == "/aws/service/fis/lambda-extension/AWS-FIS-extension-arm64/1.x.x"


@pytest.mark.control("LIB-6")
def test_clean_but_for_what_is_waived(built: tuple[Drills, Template, list[str]]) -> None:
    ours = [one for one in built[2] if "@ Stack/Drills" in one]
    assert {one.split("[")[0] for one in ours} == {"AwsSolutions-IAM5"}
    waived = [
        (path, entry["data"]["rule"])
        for path, entries in built[1].metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and path.startswith("Stack/Drills")
    ]
    assert len(waived) == len(ours)


def test_production_is_named(template: Template) -> None:
    stack = new_stack()
    agreed = "game day of 3 March, agreed with support (CHG-1234)"
    drills = Drills(stack, "Drills", posture=PRODUCTION.drills, in_production=agreed)
    add(drills)
    made = synth(stack)
    assert made.recorded("Drill")[0]["drill"]["in_production"] == agreed
    assert made.recorded("Drills")[0]["real_users"] is True
    assert "in_production" not in template.recorded("Drills")[0]


@pytest.mark.control("DR-5")
@pytest.mark.parametrize("name", [None, "yes", "                    "])
def test_refuses_production_without_a_name(name: str | None) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Drills: in_production: got .*; allowed: why real users may be hit, in 20 characters or more: posture.real_users is set; hold the drill in staging, or say which game day it is for and who agreed$",
    ):
        Drills(new_stack(), "Drills", posture=PRODUCTION.drills, in_production=name)


def zone(**changes: Any) -> Any:
    def fault(stack: cdk.Stack) -> CutOffZone:
        return CutOffZone(**{"vpc": once(stack, a_vpc), "zone": "us-east-1a", "lasts": FIVE, **changes})

    return fault


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"stop_alarms": []}, r"^Stack/Drills/Drill: stop_alarms: got \[\]; allowed: 1 to 5 alarms that end the experiment: without one, nothing but the clock does; hand over the ARN of the Watch's any_critical, which sums up the critical alarms$"),
    ({"stop_alarms": [None]}, r"^Stack/Drills/Drill: stop_alarms: got 'NoneType'; allowed: ARNs of alarms; hand over watch\.any_critical\.attr_arn$"),
    ({"stop_alarms": [STOP] * 6}, r"stop_alarms: got \[.*\]; allowed: 1 to 5 alarms"),
    ({"stop_alarms": ["AnyCritical"]}, r"stop_alarms: got 'AnyCritical'; allowed: ARNs of CloudWatch alarms in us-east-1; take the alarm's ARN, not its name$"),
    ({"stop_alarms": [STOP.replace(REGION, "us-west-2")]}, r"allowed: ARNs of CloudWatch alarms in us-east-1"),
    ({"expects": ["AnyCritical"]}, r"stop_alarms: got 'AnyCritical, which the drill also expects'; allowed: alarms that are not to go off; stop on what users feel, and expect what engineers see: take it out of one of the two$"),
    ({"faults": []}, r"faults: got '0 faults'; allowed: 1 to 9: a target that selects nothing makes no drill, and FIS runs no more side by side; name what is to break$"),
    ({"faults": [lambda stack: FailOverDatabase(instance=once(stack, a_database))] * 10}, r"faults: got '10 faults'; .*make two drills of it$"),
    ({"recovers_within": None}, r"recovers_within: got None; allowed: how soon everything is to be well again: more than 0; say timedelta\(minutes=5\), or which store the drill proves$"),
    ({"recovers_within": timedelta(0)}, r"recovers_within: got '0:00:00'"),
    ({"recovers_within": FIVE, "proving": True}, r"recovers_within: got '0:05:00'; allowed: more than 0, 0:02:00 at most, which Stack/Store promises for PostgreSQL orders: loss of a zone; leave it out: a drill that allows more proves nothing$"),
    ({"faults": [zone(lasts=timedelta(hours=12))]}, r"^Stack/Drills/Drill: got '12:05:00 with the time to recover'; allowed: 12:00:00 in all; shorten the faults: what an hour does not show, a day will not either$"),
    ({"faults": [zone(lasts=timedelta(hours=13))]}, r"CutOffZone: lasts: got '13:00:00'; allowed: whole minutes, from 1 minute to 12 hours, as AWS FIS takes them; begin with 10 minutes: long enough for every alarm to speak$"),
    ({"faults": [zone(lasts=timedelta(seconds=90))]}, r"CutOffZone: lasts: got '0:01:30'"),
    ({"faults": [zone(zone="us-east-1f")]}, r"CutOffZone: zone: got 'us-east-1f'; allowed: us-east-1a, us-east-1b; name one of the VPC's zones; a stack whose zones are not stated has to state them first$"),
    ({"faults": [zone(scope="everything")]}, r"CutOffZone: scope: got 'everything'; allowed: all, availability-zone, vpc, s3, dynamodb; choose one of them$"),
    ({"faults": [lambda stack: StopTasks(service=a_service(stack), count=0)]}, r"StopTasks: count: got 0; allowed: 1 or more; a target that selects nothing makes no drill: say 1$"),
    ({"faults": [lambda stack: StopTasks(service=a_service(stack), percent=50)]}, r"StopTasks: got 'count=1, percent=50'; allowed: one of the two; say count=1, or percent=50 without a count$"),
    ({"faults": [lambda stack: StopTasks(service=a_service(stack), count=None, percent=0)]}, r"StopTasks: percent: got 0; allowed: 1 to 100; a target that selects nothing makes no drill: say 50$"),
    ({"faults": [lambda stack: InterruptCachePower(group=a_cache(stack), zone="us-east-1a", lasts=timedelta(0))]}, r"InterruptCachePower: lasts: got '0:00:00'"),
    ({"faults": [lambda stack: FunctionErrors(function=a_function(stack), lasts=FIVE)]}, r"FunctionErrors: got 'Stack/Function without the FIS extension'; allowed: a function that can be told to fail; call prepare_function\(function, bucket=..., arm64=...\) first$"),
    ({"faults": [lambda stack: FunctionErrors(function=a_function(stack), lasts=FIVE, percent=101)]}, r"FunctionErrors: percent: got 101; allowed: 1 to 100; begin with 10$"),
    ({"faults": [lambda stack: FunctionDelay(function=a_function(stack), delay=timedelta(minutes=16), lasts=FIVE)]}, r"FunctionDelay: delay: got '0:16:00'; allowed: more than 0, 15 minutes at most; begin with 1 second$"),
]  # fmt: skip


@pytest.mark.control("DR-5")
@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    stack = new_stack()
    changes = dict(changes)
    if "faults" in changes:
        changes["faults"] = [make(stack) for make in changes["faults"]]
    if changes.get("proving"):
        changes["proving"] = Store(stack, "Store")
    with pytest.raises(ConfigurationError, match=message):
        add(Drills(stack, "Drills", posture=POSTURE), **changes)


def test_a_zone_may_be_said_by_its_region() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=[f"{cdk.Aws.REGION}{letter}" for letter in "ab"], private_subnet_ids=["one", "two"]
    )
    (cut,) = CutOffZone(vpc=vpc, zone=f"{REGION}b", lasts=FIVE).planned("Drill")
    assert [arn.rpartition("/")[2] for arn in cut.arns] == ["two"]


def test_refuses_a_zone_of_too_many_subnets() -> None:
    stack = new_stack()
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"], private_subnet_ids=[f"subnet-{n}" for n in range(6)]
    )
    with pytest.raises(
        ConfigurationError,
        match=r"CutOffZone: got '6 subnets in us-east-1a'; allowed: 5 at most: one FIS target holds no more; give a VPC with fewer tiers",
    ):
        CutOffZone(vpc=vpc, zone="us-east-1a", lasts=FIVE).planned("Drill")


def test_refuses_to_prepare_a_function_twice() -> None:
    stack = new_stack()
    function, bucket = a_function(stack), s3.Bucket(stack, "Bucket")
    prepare_function(function, bucket=bucket, arm64=False)
    with pytest.raises(
        ConfigurationError,
        match=r"^Stack/Function: got 'a function that is prepared already'; allowed: each function once; remove the second call$",
    ):
        prepare_function(function, bucket=bucket, arm64=False)


def test_refuses_a_log_that_is_gone_too_soon() -> None:
    with pytest.raises(ConfigurationError, match=r"DrillPosture.log_retention"):
        replace(POSTURE, log_retention=timedelta(days=7))


def test_works_without_flags(template: Template) -> None:
    plain = synth_in(build, flags={})
    assert len(plain.of_type("AWS::FIS::ExperimentTemplate")) == len(template.of_type("AWS::FIS::ExperimentTemplate"))


def test_bent_the_role_is_found_out() -> None:
    stack = new_stack(new_app())
    drill = add(Drills(stack, "Drills", posture=POSTURE))
    drill.role.add_to_policy(iam.PolicyStatement(actions=["ecs:*"], resources=["*"]))
    assert any("AwsSolutions-IAM5[Action::ecs:*]" in one for one in findings(stack))


def test_messages() -> None:
    stack = new_stack()
    assert Part(stack, "First").path
    service, database = a_service(stack), a_database(stack)
    with counted() as counts:
        drills = Drills(stack, "Drills", posture=POSTURE)
    assert total(counts) <= 14, counts
    with counted() as counts:
        add(drills, faults=[StopTasks(service=service), FailOverDatabase(instance=database)])
    assert total(counts) <= 40, counts
    assert counts["callback"] == 0
