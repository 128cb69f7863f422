"""Staging: production with fewer and smaller parts, as one expression, so that a review sees every difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from prodready_constructs.posture.production import PRODUCTION
from prodready_constructs.posture.release import Release
from prodready_constructs.posture.workers import OffHours

STAGING = replace(
    PRODUCTION,
    network=replace(PRODUCTION.network, zones=2, flow_log_retention=timedelta(days=30)),
    bastion=replace(PRODUCTION.bastion, log_retention=timedelta(days=90), announce_sessions=False),
    database=replace(
        PRODUCTION.database,
        instance_class="t4g.micro",
        storage_gib=20,
        max_storage_gib=100,
        multi_az=False,
        backup_retention=timedelta(days=7),
        recovery_time=timedelta(hours=4),
    ),
    aurora=replace(
        PRODUCTION.aurora,
        min_capacity=0.5,
        max_capacity=4,
        readers=0,
        backup_retention=timedelta(days=7),
        recovery_time=timedelta(hours=4),
    ),
    cache=replace(
        PRODUCTION.cache,
        node_type="t4g.micro",
        replicas=0,
        multi_az=False,
        max_storage_gb=1,
        max_ecpu=1_000,
        recovery_time=timedelta(hours=4),
    ),
    edge=replace(PRODUCTION.edge, api_cache_gib=None, graphql_introspection=True, graphql_detailed_metrics=False),
    compute=replace(
        PRODUCTION.compute,
        cpu=256,
        memory_mib=512,
        min_tasks=1,
        max_tasks=2,
        may_sleep=True,
        image_pinning="TAG",
        release=Release(strategy="ALL_AT_ONCE"),
    ),
    workers=replace(PRODUCTION.workers, always_on=False, off_hours=OffHours(), max_concurrency=3, iterator_age=timedelta(hours=1)),
    functions=replace(PRODUCTION.functions, reserved_concurrency=5, release=Release(strategy="ALL_AT_ONCE")),
    devices=replace(PRODUCTION.devices, log_level="INFO", log_retention=timedelta(days=30), audit="WEEKLY"),
    jobs=replace(PRODUCTION.jobs, missed_runs=2),
    storage=replace(PRODUCTION.storage, lock_retention=timedelta(days=1)),
    tables=replace(
        PRODUCTION.tables, max_read_units=400, max_write_units=100, recovery_window=timedelta(days=7), contributor_insights="off"
    ),
    messaging=replace(PRODUCTION.messaging, oldest_message=timedelta(hours=1)),
    images=replace(PRODUCTION.images, kept_releases=10),
    monitoring=replace(PRODUCTION.monitoring, page_on_critical=False, log_deletion_protection=False),
    recovery=replace(
        PRODUCTION.recovery,
        daily_retention=timedelta(days=7),
        weekly_retention=None,
        monthly_retention=None,
        monthly_cold_after=None,
        vault_lock=False,
        recovery_time=timedelta(hours=8),
        validation_window=timedelta(hours=2),
        test_log_retention=timedelta(days=30),
    ),
    drills=replace(PRODUCTION.drills, real_users=False),
    regions=replace(PRODUCTION.regions, readiness="PILOT_LIGHT", recovery_time=timedelta(hours=8)),
)
