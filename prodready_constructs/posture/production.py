"""Production: what the constructs are, unless a posture says otherwise."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.posture.aurora import AuroraPosture
from prodready_constructs.posture.bastion import BastionPosture
from prodready_constructs.posture.cache import CachePosture
from prodready_constructs.posture.compute import ComputePosture
from prodready_constructs.posture.data import USUAL_CLASSES
from prodready_constructs.posture.database import DatabasePosture
from prodready_constructs.posture.devices import DevicePosture
from prodready_constructs.posture.drills import DrillPosture
from prodready_constructs.posture.edge import EdgePosture
from prodready_constructs.posture.functions import FunctionPosture
from prodready_constructs.posture.images import ImagesPosture
from prodready_constructs.posture.jobs import JobPosture
from prodready_constructs.posture.messaging import MessagingPosture
from prodready_constructs.posture.monitoring import MonitoringPosture
from prodready_constructs.posture.network import AWS_ENDPOINTS, NetworkPosture
from prodready_constructs.posture.proxy import ProxyPosture
from prodready_constructs.posture.recovery import RecoveryPosture
from prodready_constructs.posture.regions import RegionPosture
from prodready_constructs.posture.release import Release
from prodready_constructs.posture.storage import StoragePosture
from prodready_constructs.posture.tables import TablePosture
from prodready_constructs.posture.whole import Posture
from prodready_constructs.posture.workers import OffHours, WorkerPosture

PRODUCTION = Posture(
    data=USUAL_CLASSES,
    network=NetworkPosture(zones=3, egress="regional", interface_endpoints=AWS_ENDPOINTS, flow_log_retention=timedelta(days=90)),
    bastion=BastionPosture(
        instance_type="t4g.nano",
        # A person who needs it at night wakes it, and somebody hears of that.
        off_hours=OffHours(),
        max_lifetime=timedelta(days=7),
        # PCI DSS 3.2.1 8.1.8: after 15 minutes idle a session is signed in to again.
        idle_timeout=timedelta(minutes=15),
        max_session=timedelta(hours=8),
        # PCI DSS 3.2.1 10.7: an audit trail is kept for a year.
        log_retention=timedelta(days=365),
        announce_sessions=True,
        transfer_gib=5,
    ),
    database=DatabasePosture(
        instance_class="t4g.medium",
        storage_gib=100,
        max_storage_gib=500,
        multi_az=True,
        backup_retention=timedelta(days=35),
        rotation_period=timedelta(days=30),
        rotation_window=timedelta(hours=3),
        insights_retention=timedelta(days=7),
        monitoring_interval=timedelta(seconds=60),
        log_retention=timedelta(days=30),
        recovery_time=timedelta(minutes=2),
        read_replicas=0,
        replica_lag=timedelta(minutes=10),
        backup_window="02:00-03:00",
        maintenance_window="sun:04:00-sun:05:00",
        slow_statement=timedelta(seconds=1),
        # What is too long is the workload's to say: None leaves the engine's own limits.
        statement_timeout=None,
        lock_timeout=None,
        idle_transaction_timeout=None,
        allowed_regions=(),
    ),
    aurora=AuroraPosture(
        instance_class="serverless",
        min_capacity=2,
        max_capacity=16,
        readers=1,
        storage="aurora",
        backtrack_window=timedelta(hours=24),
        backup_retention=timedelta(days=35),
        rotation_period=timedelta(days=30),
        rotation_window=timedelta(hours=3),
        insights_retention=timedelta(days=7),
        monitoring_interval=timedelta(seconds=60),
        log_retention=timedelta(days=30),
        recovery_time=timedelta(minutes=2),
        allowed_regions=(),
    ),
    proxy=ProxyPosture(
        connection_share=90,
        idle_share=30,
        borrow_timeout=timedelta(seconds=30),
        idle_client_timeout=timedelta(minutes=30),
        log_retention=timedelta(days=30),
    ),
    cache=CachePosture(
        node_type="t4g.medium",
        shards=1,
        replicas=1,
        multi_az=True,
        eviction_policy="volatile-lru",
        # A minimum is paid for by the hour: give one where a known peak begins faster than the cache grows.
        min_storage_gb=None,
        max_storage_gb=10,
        min_ecpu=None,
        max_ecpu=10_000,
        snapshot_retention=timedelta(days=15),
        snapshot_window="02:00-03:00",
        maintenance_window="sun:04:00-sun:05:00",
        rotation_period=timedelta(days=30),
        log_retention=timedelta(days=30),
        recovery_time=timedelta(minutes=2),
        allowed_regions=(),
    ),
    edge=EdgePosture(
        rate_limit=10_000,
        rate_window=timedelta(minutes=5),
        # UN and US sanctions leave no lawful visitor there; it also keeps the geographic rules in force, ready for yours.
        blocked_countries=("KP",),
        allowed_countries=(),
        bot_control=False,
        waf_capacity=1_500,
        throttle_rate=500,
        throttle_burst=1_000,
        api_cache_gib=0.5,
        graphql_introspection=False,
        graphql_query_depth=10,
        graphql_resolver_count=500,
        graphql_log_level="ERROR",
        graphql_detailed_metrics=True,
        # Charged for by the hour, and no rule asks for it: turn it on where a field is worth it.
        graphql_cache=None,
        price_class="100",
        log_retention=timedelta(days=30),
        security_log_retention=timedelta(days=90),
        hsts_max_age=timedelta(days=365),
    ),
    compute=ComputePosture(
        cpu=512,
        memory_mib=1024,
        architecture="arm64",
        min_tasks=2,
        max_tasks=10,
        cpu_target=70,
        memory_target=80,
        requests_per_target=1_000,
        scale_out_cooldown=timedelta(minutes=1),
        scale_in_cooldown=timedelta(minutes=5),
        spot_weight=0,
        may_sleep=False,
        image_pinning="DIGEST",
        release=Release(strategy="CANARY", percent=10, bake=timedelta(minutes=15)),
        log_retention=timedelta(days=30),
    ),
    workers=WorkerPosture(
        always_on=True,
        zero_when_empty=False,
        off_hours=None,
        busy_target=80,
        scale_out_cooldown=timedelta(minutes=1),
        scale_in_cooldown=timedelta(minutes=5),
        stop_timeout=timedelta(seconds=120),
        max_concurrency=30,
        record_age=timedelta(hours=6),
        record_retries=50,
        iterator_age=timedelta(minutes=15),
        redrive_rate=10,
    ),
    functions=FunctionPosture(
        memory_mib=512,
        ephemeral_mib=512,
        reserved_concurrency=50,
        # Charged for by the hour: keep some warm where a cold start is felt.
        provisioned=0,
        max_provisioned=0,
        provisioned_target=70,
        application_log_level="INFO",
        system_log_level="INFO",
        event_age=timedelta(hours=6),
        retries=2,
        release=Release(strategy="CANARY", percent=10, bake=timedelta(minutes=15)),
        log_retention=timedelta(days=30),
    ),
    devices=DevicePosture(
        log_level="WARN",
        log_retention=timedelta(days=90),
        audit="DAILY",
        message_bytes=16 * 1024,
        messages=600,
        connections=20,
        denials=5,
        refused=50,
    ),
    jobs=JobPosture(retries=185, retry_age=timedelta(hours=1), missed_runs=1, duration_percent=80, log_retention=timedelta(days=30)),
    storage=StoragePosture(
        noncurrent_retention=timedelta(days=90),
        archive_after=timedelta(days=90),
        log_retention=timedelta(days=365),
        lock_retention=timedelta(days=14),
        lock_mode="GOVERNANCE",
        replication_time_control=False,
        allowed_regions=(),
    ),
    tables=TablePosture(
        max_read_units=4_000,
        max_write_units=1_000,
        recovery_window=timedelta(days=35),
        contributor_insights="throttled",
        allowed_regions=(),
    ),
    messaging=MessagingPosture(
        retention=timedelta(days=4),
        max_receives=5,
        oldest_message=timedelta(minutes=15),
        backlog=1_000,
        delivery_sample_percent=5,
        log_retention=timedelta(days=30),
        allowed_regions=(),
    ),
    images=ImagesPosture(
        # Basic scanning is free; replace it by "enhanced" where Amazon Inspector's price for each image is worth it.
        scanning="basic",
        kept_releases=50,
        untagged_retention=timedelta(days=14),
        allowed_regions=(),
    ),
    monitoring=MonitoringPosture(
        page_on_critical=True,
        dashboard_span=timedelta(hours=12),
        webhook_log_retention=timedelta(days=90),
        repeats_held_back=timedelta(hours=1),
        log_deletion_protection=True,
        findings_retention=timedelta(days=90),
        canary_interval=timedelta(minutes=5),
        canary_retention=timedelta(days=30),
    ),
    recovery=RecoveryPosture(
        daily_retention=timedelta(days=35),
        weekly_retention=timedelta(days=90),
        monthly_retention=timedelta(days=365),
        monthly_cold_after=timedelta(days=30),
        copy_to_second_region=True,
        vault_lock=True,
        recovery_time=timedelta(hours=1),
        recovery_point=timedelta(minutes=5),
        tested_point_age=timedelta(days=7),
        validation_window=timedelta(hours=8),
        test_log_retention=timedelta(days=365),
        measurement_age=timedelta(days=365),
        allowed_regions=(),
    ),
    # SOC 2 A1.3 is audited over a year: the logs of a year's drills are there.
    drills=DrillPosture(real_users=True, log_retention=timedelta(days=365)),
    regions=RegionPosture(
        readiness="WARM_STANDBY",
        recovery_time=timedelta(hours=1),
        recovery_point=timedelta(minutes=15),
        decision=timedelta(minutes=15),
        allowed_regions=(),
    ),
)
