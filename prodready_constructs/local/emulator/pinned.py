"""The self-test at start: the adapter reaches into private names of one exact version, and says so when they are gone."""

from __future__ import annotations

import importlib
from importlib import metadata

#: The versions the adapter was written against; ``requirements/emulator.txt`` pins the same.
VERSIONS = {"ministack": "1.5.33", "moto": "5.2.5"}

#: What the adapter replaces or calls that ministack does not promise to keep.
PRIVATE_NAMES = {
    "ministack.app": ("app",),
    "ministack.services.cloudformation": ("_stacks",),
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "ministack.services.cloudformation.stacks": ("_runs_on_worker_thread", "_resolve_refs"),
    "ministack.services.cloudformation.engine": ("_resolve_refs", "validate_template_support"),
    "ministack.services.cloudformation.handlers": ("_resolve_refs", "validate_template_support"),
    "ministack.services.cloudformation.changesets": ("_resolve_refs", "validate_template_support"),
    "ministack.services.appsync_events": ("_apis",),
    "ministack.core.responses": ("get_region", "get_account_id", "set_request_region", "request_scope", "AccountRegionScopedDict"),
    "ministack.services.ecs": ("_run_task", "_ACTION_MAP", "_tasks", "_task_defs", "_resolve_td_key", "_mark_task_stopped"),
    "ministack.services.elasticache": ("_user_xml", "_users", "_create_replication_group", "_replication_groups", "_clusters", "_p"),
    "ministack.services.rds": (
        *("_instances", "_clusters", "_global_clusters", "_resolve_cluster", "_resolve_global_cluster"),
        "_attach_cluster_to_global",
    ),
    "ministack.services.secretsmanager": ("_rotate_secret", "_describe_secret", "_resolve"),
    "ministack.services.sqs": ("_HANDLERS", "_Err", "_queue_by_arn", "_queues", "esm_wake"),
    "ministack.services.stepfunctions": ("_resolve_path",),
    "ministack.services.scheduler": ("_SCHEDULE_TICK_INTERVAL",),
    "ministack.services.ec2": ("_parse_ip_permissions", "_p"),
    "ministack.services.route53": ("_zones", "_records", "_default_records", "_lock", "_parse_health_check_config"),
    "moto.codedeploy.responses": ("_deployment_group_info",),
    "moto.codedeploy.models": ("codedeploy_backends",),
    "moto.synthetics.models": ("synthetics_backends",),
    "hypercorn.asyncio": ("serve",),
}


class UnusableEmulatorError(RuntimeError):
    """The emulator's environment is not the pinned one."""


def check() -> None:
    """Raise ``UnusableEmulatorError`` with every difference, when this environment is not the pinned one."""
    problems = [*_wrong_versions(VERSIONS), *_missing_names(PRIVATE_NAMES)]
    if problems:
        raise UnusableEmulatorError("; ".join(problems) + "; make .venv/emulator anew from requirements/emulator.txt")


def _wrong_versions(wanted: dict[str, str]) -> list[str]:
    problems = []
    for package, version in wanted.items():
        try:
            found = metadata.version(package)
        except metadata.PackageNotFoundError:
            found = "nothing"
        if found != version:
            problems.append(f"{package} {version} is wanted, {found} is installed")
    return problems


def _missing_names(wanted: dict[str, tuple[str, ...]]) -> list[str]:
    problems = []
    for module_name, names in wanted.items():
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            problems.append(f"{module_name} cannot be imported ({error})")
            continue
        problems.extend(f"{module_name}.{name} is gone" for name in names if not hasattr(module, name))
    return problems
