"""A new version that takes over, and that nothing would bring back."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true
from prodready_constructs.evidence.assembly import Resource

SHIFTING = ("BLUE_GREEN", "CANARY", "LINEAR")
#: When CodeDeploy goes back by itself.
EVENTS = frozenset({"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"})


def _service(service: Resource) -> Iterator[Hit]:
    configuration = service.get("DeploymentConfiguration")
    if service.get("DeploymentController", "Type") not in (None, "ECS") or (configuration and not isinstance(configuration, dict)):
        return
    breaker = service.get("DeploymentConfiguration", "DeploymentCircuitBreaker") or {}
    if is_off(breaker.get("Enable")) or is_off(breaker.get("Rollback")):
        yield hit(service, detail="Rollback", note="A version whose tasks do not become healthy is tried for hours and stays.")
    strategy = service.get("DeploymentConfiguration", "Strategy")
    alarms = service.get("DeploymentConfiguration", "Alarms") or {}
    armed = alarms.get("AlarmNames") and not is_off(alarms.get("Enable")) and not is_off(alarms.get("Rollback"))
    if strategy in SHIFTING and not armed:
        yield hit(service, detail="Alarms", note=f"{strategy} shows the new version to visitors, and looks at no alarm.")


def _group(group: Resource) -> Iterator[Hit]:
    back = group.get("AutoRollbackConfiguration") or {}
    if is_off(back.get("Enabled")) or not set(back.get("Events") or ()) >= EVENTS:
        yield hit(group, detail="Rollback", note=f"It goes back by itself on {' and '.join(sorted(EVENTS))} only where it says so.")
    alarms = group.get("AlarmConfiguration") or {}
    if is_off(alarms.get("Enabled")) or is_true(alarms.get("IgnorePollAlarmFailure")) or not alarms.get("Alarms"):
        yield hit(group, detail="Alarms", note="It shows the new version to callers, and looks at no alarm.")


def _find(subject: Subject) -> Iterator[Hit]:
    for service in subject.of_type("AWS::ECS::Service"):
        yield from _service(service)
    for group in subject.of_type("AWS::CodeDeploy::DeploymentGroup"):
        yield from _group(group)


RULE = Rule(
    name="ReleaseUnguarded",
    controls=("WEB-4", "FN-2"),
    why="A bad version stays until somebody is awake: no alarm, or no circuit breaker, brings the one before back.",
    fix="hand compute.WebService or compute.HardenedFunction to a Watch of their stack; otherwise a circuit breaker with rollback, and "
    "deployment alarms on errors (ECS: DeploymentConfiguration.Alarms; CodeDeploy: AlarmConfiguration and AutoRollbackConfiguration)",
    find=_find,
)
