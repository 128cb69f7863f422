"""The second region: every store has a counterpart there, promises are kept, secrets follow, and ARC can lead over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from bench.messages import counted, total
from prodready_constructs.contracts import RecoveryFact
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.recovery import (
    Approve,
    Counterpart,
    Measured,
    PromoteAurora,
    PromoteReplica,
    RegionalService,
    RegionSwitch,
    ScaleService,
    SecretReplica,
    StandbyPlan,
    StandbyService,
    SwitchedName,
    SwitchNames,
)
from prodready_constructs.recovery.regions.steps import in_words
from tests.recovery.drills.little_fis import resolved
from tests.recovery.stores import BACKUP, STANDBY, Store
from tests.support.aws_cli import faults as cli_faults
from tests.support.packs import findings
from tests.support.synthesis import ACCOUNT, REGION, SECOND_REGION, Template, new_app, new_stack, synth, synth_all

POSTURE = PRODUCTION.regions
NAMES = {"AWS::Partition": "aws", "AWS::Region": SECOND_REGION, "AWS::AccountId": ACCOUNT}
PROMOTED = replace(
    BACKUP,
    store="PostgreSQL orders: loss of us-east-1",
    recovery_point=timedelta(minutes=10),
    recovery_time=timedelta(minutes=30),
    how="read replica, promoted",
    restore_commands=(f"aws rds promote-read-replica --db-instance-identifier orders --region {SECOND_REGION}",),
    region_loss=True,
)


class Elsewhere(Construct):
    """A bucket or a vault of the second region."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.name, self.arn = construct_id.lower(), f"arn:aws:backup:{SECOND_REGION}:{ACCOUNT}:backup-vault:{construct_id.lower()}"


class World:
    """Two stacks: what may be lost, and what stands in for it."""

    def __init__(self) -> None:
        self.app = new_app()
        self.east, self.west = new_stack(self.app, "East"), new_stack(self.app, "West", region=SECOND_REGION)
        self.database, self.documents = Store(self.east, "Orders"), Store(self.east, "Documents", BACKUP)
        self.follower = Store(self.west, "Follower", STANDBY, PROMOTED)
        self.copies = Elsewhere(self.west, "Copies")

    def plan(self, **changes: Any) -> StandbyPlan:
        asked: dict[str, Any] = {
            "posture": POSTURE,
            "home": REGION,
            "stores": [self.database, self.documents],
            "counterparts": [Counterpart.following(self.database, self.follower), Counterpart.copied(self.documents, self.copies)],
        }
        return StandbyPlan(changes.pop("scope", self.west), "Plan", **{**asked, **changes})


def a_service(stack: cdk.Stack, name: str) -> ecs.IBaseService:
    vpc = ec2.Vpc.from_vpc_attributes(stack, f"{name}Vpc", vpc_id="vpc-1", availability_zones=["us-west-2a"])
    cluster = ecs.Cluster.from_cluster_attributes(stack, f"{name}Cluster", cluster_name="shop", vpc=vpc)
    return ecs.FargateService.from_fargate_service_attributes(
        stack, name, cluster=cluster, service_arn=f"arn:aws:ecs:{SECOND_REGION}:{ACCOUNT}:service/shop/{name}"
    )


@pytest.mark.control("DR-5")
def test_the_sum_of_a_takeover_is_written_out() -> None:
    world = World()
    services = [StandbyService(service=a_service(world.west, name), min_tasks=2, max_tasks=10) for name in ("Web", "Worker")]
    plan = world.plan(services=services, name=SwitchedName(name="shop.example.com", health_check_id="abc"))
    # Stores and services come back side by side: the slowest of each counts.
    assert plan.recovery_time == timedelta(minutes=15 + 30 + 5 + 3)
    assert plan.recovery_point == timedelta(minutes=15)
    assert plan.table.splitlines()[2:] == [
        "| PostgreSQL orders: loss of us-east-1 | 10 min | 30 min | read replica, promoted | an assumption |",
        "| PostgreSQL orders: loss of its region | 15 min | 5 min | S3 replication, as objects are written; what was on its way is lost "
        "| an assumption: the replica serves at once, the workload has to be pointed at it |",
        "| **all** | **15 min** | **15 min + 30 min + 5 min + 3 min = 53 min** | | |",
    ]
    recorded = synth_all(world.app)["West"].recorded("StandbyPlan")[0]["standby"]
    assert (recorded["readiness"], recorded["home"], recorded["region"]) == ("WARM_STANDBY", REGION, SECOND_REGION)
    assert recorded["recovery_time"] == sum(step["takes"] for step in recorded["steps"]) == 53 * 60
    assert [one["path"] for one in recorded["stores"]] == ["East/Orders", "East/Documents"]
    assert [step["title"].split(" ")[0] for step in recorded["steps"]] == ["Decide:", "Bring", "Bring", "Grow", "Grow", "Lead"]
    for step in recorded["steps"]:
        for command in resolved(step["commands"], NAMES):
            assert cli_faults(command) == []


def test_what_is_restored_or_made_anew_counts_too() -> None:
    world = World()
    vault = Elsewhere(world.west, "Vault")
    restored = Counterpart.restored(world.documents, vault, loses=timedelta(hours=29), back_after=timedelta(hours=4))
    anew = Counterpart.made_anew(world.database, because="a cache: the database fills it", back_after=timedelta(0), region=SECOND_REGION)
    patient = replace(POSTURE, recovery_point=timedelta(days=2), recovery_time=timedelta(hours=8))
    plan = world.plan(posture=patient, counterparts=[restored, anew])
    assert (plan.recovery_point, plan.recovery_time) == (timedelta(hours=29), timedelta(hours=4, minutes=15))
    # A day, an hour to start, five to end, and six to be copied.
    assert Counterpart.restored(world.documents, vault, back_after=timedelta(hours=4)).fact.recovery_point == timedelta(hours=36)
    for command in restored.fact.restore_commands:
        assert cli_faults(command) == []


def test_a_table_is_in_both_regions() -> None:
    world = World()
    fact = replace(
        PROMOTED, restore_commands=(f"aws dynamodb describe-table --table-name t --region {SECOND_REGION}",), how="replicas in us-west-2"
    )
    table = Store(world.east, "Table", BACKUP, fact)
    assert Counterpart.everywhere_in(table, SECOND_REGION).fact is fact
    with pytest.raises(
        ConfigurationError,
        match=r"^East/Table: replicas: got 'replicas in us-west-2'; allowed: a replica in eu-west-1; add TableReplica\(region='eu-west-1'\)$",
    ):
        Counterpart.everywhere_in(table, "eu-west-1")


class Images(Store):
    """A repository that is replicated to *regions*."""

    def __init__(self, scope: Construct, construct_id: str, name: str, *regions: str) -> None:
        commands = tuple(f"aws ecr describe-images --repository-name {name} --region {region}" for region in regions)
        copied = replace(
            STANDBY,
            store=f"ECR repository {name}",
            how="every image is copied when it is pushed",
            restore_commands=commands or ("docker build .",),
        )
        super().__init__(scope, construct_id, copied)
        self.name = name


@pytest.mark.control("DR-5")
def test_images_are_pulled_from_the_repository_of_the_same_name() -> None:
    world = World()
    images = Images(world.east, "Images", "shop/api", "eu-west-1", SECOND_REGION)
    made = Counterpart.pulled(images, Images(world.west, "Images", "shop/api"))
    assert (made.region, made.fact.region_loss, made.fact.recovery_point) == (SECOND_REGION, True, timedelta(0))
    assert made.fact.restore_commands == (f"aws ecr describe-images --repository-name shop/api --region {SECOND_REGION}",)
    for other, message in (
        (Images(world.west, "Other", "shop/web"), r"^East/Images: name: got 'shop/web in the second region'; allowed: shop/api there too: a copy lands in the repository of its name; give both the same name$"),
        (Images(new_stack(world.app, "Far", region="eu-north-1"), "Images", "shop/api"), r"^East/Images: registry: got 'no copies in eu-north-1'; allowed: a registry that replicates there; say ImageRegistry\(replication='create', replicate_to=\['eu-north-1'\]\)$"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=message):
            Counterpart.pulled(images, other)


@pytest.mark.control("DR-4", "DR-5")
def test_what_a_drill_measured_takes_the_place_of_the_assumption() -> None:
    world = World()
    measured = Measured(
        recovery_time=timedelta(minutes=12), recovery_point=timedelta(seconds=4), on=date(2026, 6, 1), how="takeover drill 7"
    )
    follows = Counterpart.following(world.database, world.follower).measured_as(measured)
    assert (follows.fact.recovery_time, follows.fact.recovery_point) == (timedelta(minutes=12), timedelta(seconds=4))
    service = StandbyService(
        service=a_service(world.west, "Web"), min_tasks=2, max_tasks=10, takes=timedelta(minutes=2), takes_is="drill 7"
    )
    plan = world.plan(counterparts=[follows, Counterpart.copied(world.documents, world.copies)], services=[service])
    assert plan.recovery_time == timedelta(minutes=15 + 12 + 2)
    assert "takeover drill 7, 2026-06-01" in plan.table
    assert [step.takes_is for step in plan.steps if step.title.startswith("Grow")] == ["drill 7"]


@pytest.mark.control("DR-5", "SEC-2")
def test_secrets_are_written_in_the_second_region_when_users_are_served() -> None:
    world = World()
    plan = world.plan(secrets=[Elsewhere(world.west, "Payment")])
    (promoted,) = [step for step in plan.steps if "secret" in step.title]
    assert plan.steps[-1] is promoted
    assert promoted.takes == timedelta(0)
    assert promoted.commands[0] == f"aws secretsmanager stop-replication-to-replica --secret-id payment --region {SECOND_REGION}"
    for command in promoted.commands:
        assert cli_faults(command) == []
    world = World()
    with pytest.raises(
        ConfigurationError,
        match=r"^West/Plan: secrets: got 'East/Payment in us-east-1'; allowed: copies in us-west-2; make the SecretReplica in a stack of us-west-2$",
    ):
        world.plan(secrets=[Elsewhere(world.east, "Payment")])


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0"), (45, "45 s"), (60, "1 min"), (3900, "1 h 5 min"), (86400, "24 h"), (3661, "1 h 1 min 1 s")]
)
def test_in_words(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words


def refused(world: World, case: str) -> Any:  # noqa: PLR0911 - one case a line
    follows, copied = Counterpart.following(world.database, world.follower), Counterpart.copied(world.documents, world.copies)
    stray = Store(world.east, "Stray")
    match case:
        case "here":
            return world.plan(scope=world.east)
        case "unstated":
            return world.plan(scope=cdk.Stack(world.app, "Anywhere"))
        case "outside":
            return world.plan(posture=PRODUCTION.kept_in(REGION).regions)
        case "no store":
            return world.plan(stores=[], counterparts=[])
        case "missing":
            return world.plan(counterparts=[follows])
        case "stranger":
            return world.plan(
                counterparts=[
                    follows,
                    copied,
                    Counterpart.made_anew(stray, because="nobody would miss any of it", back_after=timedelta(0), region=SECOND_REGION),
                ]
            )
        case "twice":
            return world.plan(counterparts=[follows, copied, copied])
        case "other region":
            away = Elsewhere(new_stack(world.app, "Europe", region="eu-west-1"), "Copies")
            return world.plan(counterparts=[follows, Counterpart.copied(world.documents, away)])
        case "point":
            return world.plan(counterparts=[follows, Counterpart.copied(world.documents, world.copies, loses=timedelta(hours=1))])
        case "time":
            return world.plan(posture=replace(POSTURE, recovery_time=timedelta(minutes=30)))
        case "no replica":
            return Counterpart.following(world.database, world.documents)
        case _:
            return Counterpart.made_anew(stray, because="well", back_after=timedelta(0), region=SECOND_REGION)


@pytest.mark.control("DR-5")
@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("here", r"^East/Plan: got 'a stack of us-east-1 to stand in for us-east-1'; allowed: a stack of another region, which is stated; make the StandbyPlan in a stack with env=Environment\(region=...\) of the second region$"),
        ("unstated", r"^Anywhere/Plan: got 'a stack of no stated region to stand in for us-east-1'"),
        ("outside", r"^West/Plan: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions"),
        ("no store", r"^West/Plan: stores: got 'no store'; allowed: what holds state in the first region; name what its BackupPlan protects$"),
        ("missing", r"^West/Plan: counterparts: got 'nothing for East/Documents'; allowed: a counterpart in us-west-2 for every store; replicate it"),
        ("stranger", r"^West/Plan: counterparts: got 'East/Stray, which is not among the stores'; allowed: one counterpart for each store; add it to stores, or remove its counterpart$"),
        ("twice", r"^West/Plan: counterparts: got 'East/Documents twice'; allowed: one counterpart for each store; remove it$"),
        ("other region", r"^West/Plan: counterparts: got 'East/Documents in eu-west-1'; allowed: counterparts in us-west-2: one region takes over whole; make the replica in us-west-2$"),
        ("point", r"^West/Plan: recovery point of PostgreSQL orders: loss of its region: got '1 h'; allowed: 15 min at most, which posture.recovery_point promises for the loss of a region; replicate this store"),
        ("time", r"^West/Plan: recovery time: got '15 min \+ 30 min = 45 min'; allowed: 30 min at most, which posture.recovery_time promises for the loss of a region; decide sooner, keep a replica of the slowest store \(PostgreSQL orders: loss of us-east-1\), or promise less$"),
        ("no replica", r"^East/Documents: got 'no recovery fact for the loss of a region'; allowed: a replica in another region than its source; make one, or restore from copies of its backups$"),
        ("because", r"^East/Stray: because: got 'well'; allowed: why nothing is lost, in 20 characters or more; say who fills it again$"),
    ],
)  # fmt: skip
def test_refuses(case: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        refused(World(), case)


def test_postures_of_a_second_region() -> None:
    big = replace(PRODUCTION, compute=replace(PRODUCTION.compute, min_tasks=5))
    warm, light = big.warm_standby(), big.pilot_light()
    assert (warm.compute.min_tasks, warm.compute.max_tasks) == (3, PRODUCTION.compute.max_tasks)
    assert PRODUCTION.warm_standby().compute.min_tasks == 2
    assert warm.database == PRODUCTION.database
    assert (light.compute.min_tasks, light.database.multi_az, light.aurora.readers, light.cache.replicas) == (1, False, 0, 0)
    assert (warm.regions.readiness, light.regions.readiness) == ("WARM_STANDBY", "PILOT_LIGHT")
    assert STAGING.pilot_light().regions == STAGING.regions


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"readiness": "COLD"}, r"RegionPosture.readiness: got 'COLD'"),
        ({"recovery_point": timedelta(days=3)}, r"RegionPosture.recovery_point"),
        ({"recovery_time": timedelta(minutes=1)}, r"RegionPosture.recovery_time"),
        ({"decision": timedelta(hours=1)}, r"RegionPosture.decision: got '1:00:00'; allowed: less than recovery_time, 1:00:00; promise more time, or decide beforehand who may decide alone$"),
    ],
)  # fmt: skip
def test_refuses_a_posture(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(POSTURE, **changes)


# Secrets


def replicated(app: cdk.App) -> SecretReplica:
    east, away = new_stack(app, "East"), new_stack(app, "Away", region=SECOND_REGION)
    secret = secretsmanager.Secret(east, "Payment", secret_name="shop/production/payment")
    replica = SecretReplica(away, "Payment", secret=secret, posture=POSTURE)
    role = iam.Role(new_stack(app, "West", region=SECOND_REGION), "Reader", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    replica.grant_read(role)
    return replica


@pytest.mark.control("DR-5", "SEC-2")
def test_a_secret_follows_under_a_key_of_its_own_region() -> None:
    app = new_app()
    replica = replicated(app)
    assert findings(app.node.find_child("Away")) == []  # type: ignore[arg-type]
    templates = synth_all(app)
    (copy,) = templates["East"].props("AWS::SecretsManager::Secret")["ReplicaRegions"]
    assert copy["Region"] == SECOND_REGION
    assert (copy["KmsKeyId"]["Fn::GetStackOutput"]["StackName"], copy["KmsKeyId"]["Fn::GetStackOutput"]["Region"]) == (
        "Away",
        SECOND_REGION,
    )
    key = templates["Away"].one("AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Retain"
    assert "AWS::SecretsManager::Secret" not in {one["Type"] for one in templates["Away"].resources.values()}
    (reads,) = templates["West"].props("AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    assert resolved(reads["Resource"], NAMES) == f"arn:aws:secretsmanager:{SECOND_REGION}:{ACCOUNT}:secret:shop/production/payment-??????"
    # No role of a stack that comes later stands in the key's policy: readers of the account, through Secrets Manager.
    decrypts = resolved(key["Properties"]["KeyPolicy"]["Statement"][-1], NAMES | {"AWS::URLSuffix": "amazonaws.com"})
    assert (decrypts["Principal"], decrypts["Action"]) == ({"AWS": "*"}, "kms:Decrypt")
    assert decrypts["Condition"] == {
        "StringEquals": {"kms:CallerAccount": ACCOUNT, "kms:ViaService": f"secretsmanager.{SECOND_REGION}.amazonaws.com"}
    }
    assert "Fn::GetStackOutput" not in str(templates["Away"].body)
    assert (replica.name, replica.field("key").field) == ("shop/production/payment", "key")


@pytest.mark.parametrize(
    ("region", "name", "posture", "message"),
    [
        (REGION, "shop/production/payment", POSTURE, r"^Away/Payment: got 'a stack of us-east-1 for a secret of us-east-1'; allowed: a stack of another region than the secret's, both stated; make the SecretReplica in a stack with env=Environment\(region=...\) of the second region$"),
        (SECOND_REGION, None, POSTURE, r"^Away/Payment: secret: got 'East/Payment without a name'; allowed: a secret whose name is stated: in both regions it is found by it; give the secret a name, as AppSecret does$"),
        (SECOND_REGION, "shop/production/payment", PRODUCTION.kept_in(REGION).regions, r"^Away/Payment: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions"),
    ],
)  # fmt: skip
def test_refuses_a_replica(region: str, name: str | None, posture: Any, message: str) -> None:
    app = new_app()
    secret = secretsmanager.Secret(new_stack(app, "East"), "Payment", secret_name=name)
    with pytest.raises(ConfigurationError, match=message):
        SecretReplica(new_stack(app, "Away", region=region), "Payment", secret=secret, posture=posture)


# ARC Region switch


def arn(service: str, resource: str, region: str) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


BOTH = (REGION, SECOND_REGION)
STEPS = {
    "Decide": Approve(role_arn=f"arn:aws:iam::{ACCOUNT}:role/OnCall", within=timedelta(minutes=30)),
    "Database": PromoteAurora(global_name="orders", clusters={region: arn("rds", f"cluster:orders-{region}", region) for region in BOTH}),
    "Replica": PromoteReplica(instances={region: arn("rds", f"db:stock-{region}", region) for region in BOTH}),
    "Service": ScaleService(
        services={
            region: RegionalService(cluster_arn=arn("ecs", "cluster/shop", region), service_arn=arn("ecs", "service/shop/web", region))
            for region in BOTH
        }
    ),
    "Worker": ScaleService(
        services={
            region: RegionalService(cluster_arn=arn("ecs", "cluster/shop", region), service_arn=arn("ecs", "service/shop/work", region))
            for region in BOTH
        },
        percent=50,
    ),
    "Names": SwitchNames(hosted_zone_id="Z1", name="shop.example.com", records={REGION: "first", SECOND_REGION: "second"}),
}


def switch(stack: cdk.Stack, **changes: Any) -> RegionSwitch:
    return RegionSwitch(
        stack, "Switch", **{"name": "shop", "posture": POSTURE, "home": REGION, "standby": SECOND_REGION, "steps": STEPS, **changes}
    )


@pytest.fixture(scope="module")
def switched() -> tuple[Template, list[str]]:
    stack = new_stack(region=SECOND_REGION)
    switch(stack)
    return synth(stack), findings(stack)


@pytest.mark.control("DR-5")
def test_each_region_can_take_over_by_the_same_steps(switched: tuple[Template, list[str]]) -> None:
    plan = switched[0].props("AWS::ARCRegionSwitch::Plan")
    assert (plan["RecoveryApproach"], plan["Regions"], plan["PrimaryRegion"]) == ("activePassive", [REGION, SECOND_REGION], REGION)
    assert plan["RecoveryTimeObjectiveMinutes"] == 60
    assert [(one["WorkflowTargetAction"], one["WorkflowTargetRegion"]) for one in plan["Workflows"]] == [
        ("activate", SECOND_REGION),
        ("activate", REGION),
    ]
    for workflow in plan["Workflows"]:
        assert [(step["Name"], step["ExecutionBlockType"]) for step in workflow["Steps"]] == [
            ("Decide", "ManualApproval"),
            ("Database", "AuroraGlobalDatabase"),
            ("Replica", "RdsPromoteReadReplica"),
            ("Service", "ECSServiceScaling"),
            ("Worker", "ECSServiceScaling"),
            ("Names", "Route53HealthCheck"),
        ]
        # One kind of block a step, written as CloudFormation takes it.
        assert [list(step["ExecutionBlockConfiguration"]) for step in workflow["Steps"]] == [
            ["ExecutionApprovalConfig"],
            ["GlobalAuroraConfig"],
            ["RdsPromoteReadReplicaConfig"],
            ["EcsCapacityIncreaseConfig"],
            ["EcsCapacityIncreaseConfig"],
            ["Route53HealthCheckConfig"],
        ]
        assert {
            key[0].isupper() for step in workflow["Steps"] for block in step["ExecutionBlockConfiguration"].values() for key in block
        } == {True}
        aurora = workflow["Steps"][1]["ExecutionBlockConfiguration"]["GlobalAuroraConfig"]
        assert (aurora["Behavior"], aurora["Ungraceful"]) == ("switchoverOnly", {"Ungraceful": "failover"})
    for command in resolved(switched[0].recorded("RegionSwitch")[0]["switch"]["commands"], NAMES):
        assert cli_faults(command) == []


@pytest.mark.control("DR-5", "SEC-5")
def test_its_role_changes_what_is_named_only(switched: tuple[Template, list[str]]) -> None:
    template, found = switched
    statements = resolved(template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"], NAMES)
    changing = {
        (action, resource)
        for one in statements
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
        for resource in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        if not action.split(":")[1].startswith(("Describe", "List", "Get"))
    }
    assert ("rds:FailoverGlobalCluster", f"arn:aws:rds::{ACCOUNT}:global-cluster:orders") in changing
    assert ("rds:PromoteReadReplica", arn("rds", f"db:stock-{SECOND_REGION}", SECOND_REGION)) in changing
    assert ("ecs:UpdateService", arn("ecs", "service/shop/work", REGION)) in changing
    assert {action for action, resource in changing if resource == "*"} == {"application-autoscaling:RegisterScalableTarget"}
    (trust,) = template.props("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "arc-region-switch.amazonaws.com"}
    assert found == ["AwsSolutions-IAM5[Resource::*] @ Stack/Switch/Role/Policy/Resource"]
    waived = [entry["data"]["rule"] for entries in template.metadata.values() for entry in entries if entry["type"] == "prodready:waiver"]
    assert waived == ["AwsSolutions-IAM5[Resource::*]"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "shop/production"}, r"^Stack/Switch: name: got 'shop/production'; allowed: 1 to 32 letters, digits and hyphens; shorten it, or leave out the other characters$"),
        ({"standby": REGION}, r"^Stack/Switch: standby: got 'us-east-1'; allowed: another region than us-east-1; name the second region$"),
        ({"posture": PRODUCTION.kept_in(REGION).regions}, r"^Stack/Switch: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions"),
        ({"steps": {"Names": STEPS["Names"], "Decide": STEPS["Decide"]}}, r"^Stack/Switch: steps: got \['Names', 'Decide'\]; allowed: an Approve first, and what is done after it; begin with"),
        ({"steps": {"Decide": STEPS["Decide"]}}, r"^Stack/Switch: steps: got \['Decide'\]"),
        ({"standby": "eu-west-1"}, r"^Stack/Switch: PromoteAurora: clusters: got \['us-east-1', 'us-west-2'\]; allowed: one for us-east-1 and one for eu-west-1; name both regions of the plan, and no other$"),
        ({"steps": {**STEPS, "Service": replace(STEPS["Service"], percent=0)}}, r"^Stack/Switch: ScaleService: percent: got 0; allowed: 1 to 100; say 100$"),  # type: ignore[type-var]
    ],
)  # fmt: skip
def test_refuses_a_switch(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        switch(new_stack(region=SECOND_REGION), **changes)


def test_messages() -> None:
    world = World()
    assert Part(world.west, "First").stated_region
    with counted() as counts:
        world.plan()
    assert total(counts) <= 12, counts
    stack = new_stack(region=SECOND_REGION)
    assert Part(stack, "First").path
    with counted() as counts:
        switch(stack)
    assert total(counts) <= 20, counts
    assert counts["callback"] == 0


def test_facts_are_of_data() -> None:
    fact: RecoveryFact = BACKUP
    assert fact.region_loss is False
