"""Caches: what is always so, what follows the posture, who may reach them, and what a bent one looks like."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam

from prodready_constructs.cache import (
    REDIS_7,
    CacheAccess,
    CacheEngine,
    CachePasswordRotation,
    ReplicatedCache,
    ServerlessCache,
)
from prodready_constructs.compute import WebService
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, DataKey
from prodready_constructs.posture import PRODUCTION, STAGING
from tests.cache.conftest import Built, any_vpc, build
from tests.support.packs import findings
from tests.support.synthesis import new_stack, synth

GROUP, SERVERLESS = "AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache"
IAM5 = "AwsSolutions-IAM5[Resource::*] @ Stack/Sessions/Rotation/Role/Policy/Resource"
AEC6 = "AwsSolutions-AEC6 @ Stack/Sessions/Group"


# --- always ------------------------------------------------------------------------------------------------------------


@pytest.mark.control("CACHE-1")
def test_nodes_speak_tls_only_and_not_on_the_engines_port(replicated: Built) -> None:
    body = replicated.body
    assert (body["TransitEncryptionEnabled"], body["TransitEncryptionMode"]) == (True, "required")
    assert body["Port"] == 6380


@pytest.mark.control("CACHE-1")
def test_everything_is_under_one_rotating_customer_key(either: Built) -> None:
    ((key, resource),) = either.template.of_type("AWS::KMS::Key").items()
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert resource["Properties"]["EnableKeyRotation"] is True
    assert either.body["KmsKeyId"] == arn
    assert either.template.props("AWS::SecretsManager::Secret")["KmsKeyId"] == arn
    groups = either.template.of_type("AWS::Logs::LogGroup").values()
    assert {json.dumps(group["Properties"]["KmsKeyId"]) for group in groups} == {json.dumps(arn)}


@pytest.mark.control("CACHE-1")
def test_nodes_encrypt_what_they_store(replicated: Built) -> None:
    assert replicated.body["AtRestEncryptionEnabled"] is True


@pytest.mark.control("CACHE-1")
def test_it_stands_in_isolated_subnets(replicated: Built, serverless: Built) -> None:
    assert replicated.template.props("AWS::ElastiCache::SubnetGroup")["SubnetIds"] == ["isolated-0", "isolated-1"]
    assert serverless.body["SubnetIds"] == ["isolated-0", "isolated-1"]


@pytest.mark.control("CACHE-1")
def test_the_default_user_is_off_and_has_a_password(either: Built) -> None:
    user = either.user("default")
    assert user["AccessString"] == "off -@all"
    assert user["AuthenticationMode"]["Type"] == "password"


@pytest.mark.control("CACHE-1", "SEC-2")
def test_the_applications_password_is_generated_and_only_referred_to(either: Built) -> None:
    ((secret, resource),) = either.template.of_type("AWS::SecretsManager::Secret").items()
    made = resource["Properties"]["GenerateSecretString"]
    assert (made["GenerateStringKey"], made["PasswordLength"], made["ExcludePunctuation"]) == ("password", 64, True)
    user = either.user("app")
    assert json.loads(made["SecretStringTemplate"]) == {"username": "app", "user_id": user["UserId"]}
    (password,) = user["AuthenticationMode"]["Passwords"]
    assert password == {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": secret}, ":SecretString:password::}}"]]}


@pytest.mark.control("CACHE-1")
def test_the_application_may_neither_administer_nor_stop_the_cache(either: Built) -> None:
    assert either.user("app")["AccessString"] == "on ~* &* -@all +@all -@admin -@dangerous +info"


@pytest.mark.control("CACHE-1")
def test_the_cache_takes_users_of_its_group_only(either: Built) -> None:
    ((group, resource),) = either.template.of_type("AWS::ElastiCache::UserGroup").items()
    users = set(either.template.of_type("AWS::ElastiCache::User"))
    assert {one["Ref"] for one in resource["Properties"]["UserIds"]} == users
    assert either.body.get("UserGroupIds", [either.body.get("UserGroupId")]) == [{"Ref": group}]
    assert "AuthToken" not in either.body


@pytest.mark.control("CACHE-2")
def test_a_last_snapshot_is_taken(replicated: Built, serverless: Built) -> None:
    resource = replicated.template.one(GROUP)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    assert serverless.body["FinalSnapshotName"] == f"{serverless.cache.identifier}-final"


@pytest.mark.control("CACHE-1")
def test_slow_commands_and_the_engine_are_logged_as_json(replicated: Built) -> None:
    deliveries = replicated.body["LogDeliveryConfigurations"]
    assert [(one["LogType"], one["LogFormat"], one["DestinationType"]) for one in deliveries] == [
        ("slow-log", "json", "cloudwatch-logs"),
        ("engine-log", "json", "cloudwatch-logs"),
    ]
    for one in deliveries:
        group = replicated.template.resources[one["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"]["Ref"]]
        assert group["Properties"]["RetentionInDays"] == PRODUCTION.cache.log_retention.days
        assert group["Properties"]["LogGroupName"].startswith("/aws/vendedlogs/elasticache/stack-sessions-")
        assert group["DeletionPolicy"] == "RetainExceptOnCreate"
    assert replicated.template.props("AWS::ElastiCache::ParameterGroup")["Properties"]["slowlog-log-slower-than"] == "10000"


def test_minor_versions_come_by_themselves(replicated: Built) -> None:
    assert replicated.body["AutoMinorVersionUpgrade"] is True


@pytest.mark.control("SEC-2")
def test_the_password_rotates_on_schedule(either: Built) -> None:
    schedule = either.template.props("AWS::SecretsManager::RotationSchedule")
    assert schedule["RotationRules"] == {"AutomaticallyAfterDays": PRODUCTION.cache.rotation_period.days}
    function = either.template.props("AWS::Lambda::Function")
    (endpoint,) = function["Environment"]["Variables"].items()
    assert endpoint[0] == "ENDPOINT_" + either.user("app")["UserId"].replace("-", "_")
    assert json.dumps(endpoint[1]).endswith(':6380"]]}' if "Port" in either.body else ':6379"]]}')
    assert function["Timeout"] == 300
    assert function["VpcConfig"]["SubnetIds"] == ["private-0", "private-1"]


@pytest.mark.control("SEC-1")
def test_rotation_may_change_the_one_user(either: Built) -> None:
    statements = either.template.props("AWS::IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    (modify,) = [one for one in statements if "elasticache:ModifyUser" in one["Action"]]
    assert json.dumps(modify["Resource"]).endswith(f':user:{either.user("app")["UserId"]}"]]}}')
    assert not either.template.of_type("AWS::IAM::Policy")


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_feature_flags_change_nothing_of_it(form: Any, replicated: Built, serverless: Built) -> None:
    plain = build(form, flags={})
    flagged = replicated if form is ReplicatedCache else serverless
    for kind in (GROUP, SERVERLESS, "AWS::ElastiCache::User", "AWS::ElastiCache::UserGroup", "AWS::ElastiCache::ParameterGroup"):
        assert plain.template.of_type(kind) == flagged.template.of_type(kind)


# --- what follows the posture --------------------------------------------------------------------------------------------


@pytest.mark.control("CACHE-2")
def test_production_has_a_replica_in_another_zone(replicated: Built) -> None:
    body = replicated.body
    assert (body["NumCacheClusters"], body["MultiAZEnabled"], body["AutomaticFailoverEnabled"]) == (2, True, True)
    assert (body["SnapshotRetentionLimit"], body["SnapshotWindow"]) == (15, "02:00-03:00")
    assert body["PreferredMaintenanceWindow"] == "sun:04:00-sun:05:00"
    assert (body["CacheNodeType"], body["Engine"], body["EngineVersion"]) == ("cache.t4g.medium", "valkey", "8.2")


@pytest.mark.control("CACHE-2")
def test_staging_is_one_node_with_the_same_snapshots() -> None:
    built = build(posture=STAGING.cache, judge=True)
    body = built.body
    assert (body["NumCacheClusters"], body["MultiAZEnabled"], body["AutomaticFailoverEnabled"]) == (1, False, False)
    assert (body["CacheNodeType"], body["SnapshotRetentionLimit"]) == ("cache.t4g.micro", 15)
    assert built.findings == ["AwsSolutions-AEC4 @ Stack/Sessions/Group", AEC6, IAM5]
    (fact,) = built.cache.recovery_facts
    assert fact.recovery_point == timedelta(days=1)


@pytest.mark.control("CACHE-1")
def test_more_shards_are_cluster_mode_resharded_without_interruption() -> None:
    built = build(posture=replace(PRODUCTION.cache, shards=3, replicas=2))
    body = built.body
    assert (body["ClusterMode"], body["NumNodeGroups"], body["ReplicasPerNodeGroup"]) == ("enabled", 3, 2)
    assert "NumCacheClusters" not in body
    assert built.template.one(GROUP)["UpdatePolicy"] == {"UseOnlineResharding": True}
    assert built.template.props("AWS::ElastiCache::ParameterGroup")["Properties"]["cluster-enabled"] == "yes"
    (group,) = built.template.of_type(GROUP)
    environment = built.stack.resolve(built.cache.attachment.environment)
    assert environment["CACHE_HOST"] == {"Fn::GetAtt": [group, "ConfigurationEndPoint.Address"]}
    assert environment["CACHE_CLUSTER_MODE"] == "true"


def test_a_cluster_without_replicas_can_still_fail_over_by_replacement() -> None:
    body = build(posture=replace(STAGING.cache, shards=2)).body
    assert (body["AutomaticFailoverEnabled"], body["MultiAZEnabled"]) == (True, False)


def test_one_shard_has_the_address_of_its_primary(replicated: Built) -> None:
    (group,) = replicated.template.of_type(GROUP)
    environment = replicated.stack.resolve(replicated.cache.attachment.environment)
    assert environment["CACHE_HOST"] == {"Fn::GetAtt": [group, "PrimaryEndPoint.Address"]}
    assert environment["CACHE_CLUSTER_MODE"] == "false"


@pytest.mark.control("CACHE-1", "CACHE-2")
def test_a_serverless_cache_has_limits_and_daily_snapshots(serverless: Built) -> None:
    body = serverless.body
    assert body["CacheUsageLimits"] == {"DataStorage": {"Unit": "GB", "Maximum": 10}, "ECPUPerSecond": {"Maximum": 10_000}}
    assert (body["Engine"], body["MajorEngineVersion"]) == ("valkey", "8")
    assert (body["SnapshotRetentionLimit"], body["DailySnapshotTime"]) == (15, "02:00")


def test_minimums_are_passed_on() -> None:
    posture = replace(PRODUCTION.cache, min_storage_gb=2, min_ecpu=5_000)
    limits = build(ServerlessCache, posture).body["CacheUsageLimits"]
    assert limits == {"DataStorage": {"Unit": "GB", "Minimum": 2, "Maximum": 10}, "ECPUPerSecond": {"Minimum": 5_000, "Maximum": 10_000}}


def test_redis_oss_can_be_chosen() -> None:
    built = build(engine=REDIS_7)
    assert (built.body["Engine"], built.body["EngineVersion"]) == ("redis", "7.1")
    assert built.template.props("AWS::ElastiCache::ParameterGroup")["CacheParameterGroupFamily"] == "redis7"
    assert {one["Properties"]["Engine"] for one in built.template.of_type("AWS::ElastiCache::User").values()} == {"redis"}
    assert built.template.props("AWS::ElastiCache::UserGroup")["Engine"] == "redis"


def test_a_new_cache_can_begin_with_a_snapshot() -> None:
    assert build(snapshot_name="last-good").body["SnapshotName"] == "last-good"
    arn = "arn:aws:elasticache:us-east-1:111122223333:serverlesscachesnapshot:last-good"
    assert build(ServerlessCache, snapshot_arn=arn).body["SnapshotArnsToRestore"] == [arn]


# --- who may reach it ----------------------------------------------------------------------------------------------------


@pytest.mark.control("CACHE-1")
def test_nobody_may_reach_it_but_the_rotation(either: Built) -> None:
    access = either.template.props("AWS::EC2::SecurityGroup", "SessionsAccess")
    assert "SecurityGroupIngress" not in access
    rule = either.template.props("AWS::EC2::SecurityGroupIngress")
    assert rule["FromPort"] == rule["ToPort"] == either.body.get("Port", 6379)
    assert "Rotation" in json.dumps(rule["SourceSecurityGroupId"])


@pytest.mark.control("CACHE-1", "SEC-2")
@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_a_service_connects_by_reference_and_gets_the_secret(form: Any) -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    cache = form(stack, "Sessions", vpc=vpc, posture=PRODUCTION.cache)
    image = ecs.ContainerImage.from_registry(f"public.ecr.aws/x/y@sha256:{'a' * 64}")
    service = WebService(stack, "Web", vpc=vpc, image=image, posture=PRODUCTION.compute)
    service.connect_to(cache)
    template = synth(stack)
    (container,) = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    names = {one["Name"] for one in container["Secrets"]}
    assert names == {"CACHE_HOST", "CACHE_PORT", "CACHE_TLS", "CACHE_CLUSTER_MODE", "CACHE_USER", "CACHE_PASSWORD"}
    ingress = [one["Properties"] for one in template.of_type("AWS::EC2::SecurityGroupIngress").values()]
    assert len(ingress) == 2
    assert all("SourceSecurityGroupId" in one and one["FromPort"] == cache.attachment.port for one in ingress)


@pytest.mark.control("CACHE-1")
@pytest.mark.parametrize(("form", "kind"), [(ReplicatedCache, "replicationgroup"), (ServerlessCache, "serverlesscache")])
def test_a_user_of_iam_signs_in_to_this_cache_as_itself(form: Any, kind: str) -> None:
    stack = new_stack()
    cache = form(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache)
    reports = cache.add_iam_user("reports", access=CacheAccess.read_only("report:*"))
    role = ComposedRole(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="Reads reports")
    cache.grant_connect(role, user=reports)
    template = synth(stack)
    users = template.of_type("AWS::ElastiCache::User")
    (user,) = [one["Properties"] for one in users.values() if one["Properties"]["AuthenticationMode"] == {"Type": "iam"}]
    assert user["UserId"] == user["UserName"] == reports.name
    assert user["AccessString"] == "on ~report:* resetchannels -@all +@read +@connection -@admin -@dangerous +info"
    assert {one["Ref"] for one in template.props("AWS::ElastiCache::UserGroup")["UserIds"]} == set(users)
    statement = next(
        one
        for policy in template.of_type("AWS::IAM::ManagedPolicy").values()
        for one in policy["Properties"]["PolicyDocument"]["Statement"]
        if one["Action"] == "elasticache:Connect"
    )
    resources = [json.dumps(one) for one in statement["Resource"]]
    assert f":{kind}:{cache.identifier}" in resources[0]
    assert f":user:{reports.name}" in resources[1]
    attachment = reports.attachment
    assert (attachment.secrets, attachment.environment["CACHE_USER"]) == ({}, reports.name)


def test_a_rotation_serves_several_caches() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    rotation = CachePasswordRotation(stack, "Rotation", vpc=vpc)
    for name, form in (("One", ReplicatedCache), ("Two", ServerlessCache)):
        made: Any = form(stack, name, vpc=vpc, posture=PRODUCTION.cache, rotation=rotation)
        assert "RotationErrors" not in {spec.id for spec in made.alarm_specs}
    template = synth(stack)
    function = template.props("AWS::Lambda::Function")
    assert len(function["Environment"]["Variables"]) == 2
    assert len(template.of_type("AWS::SecretsManager::RotationSchedule")) == 2
    assert template.recorded("CachePasswordRotation")[0]["watchable"] is True
    assert [spec.id for spec in rotation.alarm_specs] == ["RotationErrors", "RotationDeadLetters"]


def test_a_key_from_elsewhere_is_used_for_all_of_it() -> None:
    stack = new_stack()
    key = DataKey(stack, "Data", description="Data", encrypts_logs=True).key
    ReplicatedCache(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache, encryption_key=key)
    assert len(synth(stack).of_type("AWS::KMS::Key")) == 1


def test_two_caches_of_one_stack_have_names_of_their_own() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    for name in ("First-Cache-With-A-Long-Name", "First-Cache-With-A-Long-Nam3"):
        ReplicatedCache(stack, name, vpc=vpc, posture=STAGING.cache)
    template = synth(stack)
    ids = [one["Properties"]["ReplicationGroupId"] for one in template.of_type(GROUP).values()]
    assert len(set(ids)) == 2
    assert all(len(one) <= 40 and one == one.lower() and "--" not in one for one in ids)
    users = [one["Properties"]["UserId"] for one in template.of_type("AWS::ElastiCache::User").values()]
    assert len(set(users)) == 4


# --- clean, and bent -----------------------------------------------------------------------------------------------------


def test_the_packs_find_what_is_waived_and_no_more(replicated: Built, serverless: Built) -> None:
    assert replicated.findings == [AEC6, IAM5]
    assert serverless.findings == [IAM5]


@pytest.mark.parametrize(
    ("bend", "rule"),
    [
        ({"transit_encryption_enabled": False}, "AwsSolutions-AEC3"),
        ({"at_rest_encryption_enabled": False}, "AwsSolutions-AEC3"),
        ({"multi_az_enabled": False}, "AwsSolutions-AEC4"),
        ({"snapshot_retention_limit": 1}, "NIST.800.53.R5-ElastiCacheRedisClusterAutomaticBackup"),
        ({"cache_subnet_group_name": None}, "AwsSolutions-AEC1"),
        ({"port": None}, "AwsSolutions-AEC5"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_bent_cache_is_found(bend: dict[str, Any], rule: str) -> None:
    stack = new_stack()
    cache = ReplicatedCache(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache)
    for name, value in bend.items():
        setattr(cache.group, name, value)
    assert f"{rule} @ Stack/Sessions/Group" in findings(stack)


# --- refuses -------------------------------------------------------------------------------------------------------------


def refused(message: str, form: Any = ReplicatedCache, *, vpc: dict[str, int] | None = None, **arguments: Any) -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=message):
        form(stack, "Sessions", vpc=any_vpc(stack, **(vpc or {})), **{"posture": PRODUCTION.cache, **arguments})


@pytest.mark.control("NET-8", "CACHE-1")
@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_refuses_a_vpc_without_isolated_subnets_in_two_zones(form: Any) -> None:
    refused(
        r"^Stack/Sessions: vpc: got 'isolated subnets in no zone'; allowed: isolated subnets in 2 Availability Zones",
        form,
        vpc={"isolated": 0},
    )


@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_refuses_a_region_that_the_data_must_not_be_in(form: Any) -> None:
    refused(
        r"^Stack/Sessions: region: got 'us-east-1'; allowed: eu-central-1: the posture's allowed_regions; put it into one of them",
        form,
        posture=PRODUCTION.kept_in("eu-central-1").cache,
    )


@pytest.mark.control("CACHE-2")
def test_snapshots_end_when_the_class_of_the_data_says_so() -> None:
    posture = replace(PRODUCTION, cache=replace(PRODUCTION.cache, snapshot_retention=timedelta(days=30)))
    ends = replace(posture.data.personal, backup_retention=timedelta(days=20))
    assert posture.holding(ends).cache.snapshot_retention == timedelta(days=20)


@pytest.mark.parametrize("form", [ReplicatedCache, ServerlessCache])
def test_refuses_a_vpc_where_no_rotation_can_stand(form: Any) -> None:
    refused(r"^Stack/Sessions/Rotation: vpc: got 'private subnets in no zone'; allowed: private subnets in 2", form, vpc={"private": 0})


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("node_type", "message"),
    [
        (
            "t4g.large",
            r"^Stack/Sessions: posture.node_type: got 't4g.large'; allowed: a size .* in us-east-1 of t4g, .*; the nearest is t4g.medium$",
        ),
        ("m7g.3xlarge", r"got 'm7g.3xlarge'; .*; the nearest is m7g.2xlarge$"),
        ("r9g.large", r"the nearest is r7g.large$"),
    ],
)
def test_refuses_node_types_that_aws_does_not_offer(node_type: str, message: str) -> None:
    refused(message, posture=replace(PRODUCTION.cache, node_type=node_type))


def test_refuses_a_node_type_that_the_region_does_not_have() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"got 't4g.medium'; allowed: a size that ElastiCache offers in me-south-1 of t3, .*; the nearest is t3.medium$",
    ):
        build(region="me-south-1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "memcached", "version": "1.6"}, r"^CacheEngine.name: got 'memcached'; allowed: 'valkey' or 'redis'; use VALKEY_8"),
        ({"name": "valkey", "version": "8.9"}, r"^CacheEngine.version: got 'valkey 8.9'; allowed: 8.2, 8.1, 8.0, 7.2 for valkey; use 8.2$"),
        ({"name": "redis", "version": "6.2"}, r"got 'redis 6.2'; allowed: 7.1, 7.0 for redis; use 7.0$"),
        ({"name": "redis", "version": "latest"}, r"got 'redis latest'; .*; use 7.0$"),
    ],
)
def test_refuses_engines_that_elasticache_does_not_offer(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        CacheEngine(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keys": ()}, r"^CacheAccess.keys: got \(\); allowed: one pattern at least; use \('shop:\*',\)$"),
        ({"keys": ("a b",)}, r"^CacheAccess.keys: got 'a b'; allowed: a pattern without blanks; give each pattern as an item$"),
        ({"channels": ("",)}, r"^CacheAccess.channels: got ''; allowed: a pattern without blanks"),
        ({"commands": ("nopass",)}, r"^CacheAccess.commands: got 'nopass'; allowed: rules of commands: .*; leave passwords and states to"),
        ({"commands": (">hunter2",)}, r"^CacheAccess.commands: got '>hunter2'"),
        ({"commands": ("+get +set",)}, r"^CacheAccess.commands: got '\+get \+set'"),
    ],
)
def test_refuses_access_that_is_none(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        CacheAccess(**arguments)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Reports", r"^Stack/Sessions: name: got 'Reports'; allowed: a lower-case letter, .* 31 at most; write it as reports$"),
        ("a" * 32, r"31 at most"),
        ("re--ports", r"single hyphens"),
        ("app", r"^Stack/Sessions: name: got 'app'; allowed: another name than default, app; use the user that add_iam_user gave"),
    ],
)
def test_refuses_names_of_users(name: str, message: str) -> None:
    stack = new_stack()
    cache = ReplicatedCache(stack, "Sessions", vpc=any_vpc(stack), posture=PRODUCTION.cache)
    with pytest.raises(ConfigurationError, match=message):
        cache.add_iam_user(name, access=CacheAccess())


def test_refuses_to_let_somebody_in_as_a_user_of_another_cache() -> None:
    stack = new_stack()
    vpc = any_vpc(stack)
    one, two = (ServerlessCache(stack, name, vpc=vpc, posture=PRODUCTION.cache) for name in ("One", "Two"))
    role = ComposedRole(stack, "Role", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description="Reads")
    with pytest.raises(
        ConfigurationError, match=r"^Stack/Two: grant_connect: got 'reports-\w{8}'; allowed: a user of this cache; make one with"
    ):
        two.grant_connect(role, user=one.add_iam_user("reports", access=CacheAccess()))


def test_connections_are_those_of_its_own_group(either: Built) -> None:
    assert either.cache.connections.default_port is not None
    assert isinstance(either.cache.connections, ec2.Connections)
