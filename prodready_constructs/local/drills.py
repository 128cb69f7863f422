"""What happens when something goes wrong, tried out: each drill says what it did and what stood afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from prodready_constructs.evidence.lock import check_lock, write_lock
from prodready_constructs.local.assembly import Assembly, Stack
from prodready_constructs.local.deploy import try_deploy
from prodready_constructs.local.session import Session
from prodready_constructs.local.variants import vary

_FAILING = "DrillFailing"
_HARMLESS_DAYS = (7, 14)

#: A change that replaces the resource: type, property, the value it is changed to.
_REPLACING: tuple[tuple[str, str, Any], ...] = (
    ("AWS::RDS::DBInstance", "StorageEncrypted", False),
    ("AWS::RDS::DBCluster", "StorageEncrypted", False),
    ("AWS::DynamoDB::Table", "TableName", "drill"),
    ("AWS::S3::Bucket", "BucketName", "drill-that-is-refused"),
)


@dataclass(frozen=True, slots=True)
class Drill:
    """How one drill went: what was done and seen, in order."""

    name: str
    passed: bool
    steps: tuple[str, ...]


class DrillFailedError(Exception):
    """What was expected did not happen; the message is the last step."""


def run_drill(name: str, steps: Iterator[str]) -> Drill:
    """Take the steps one by one; an exception is the last of them."""
    taken: list[str] = []
    try:
        taken.extend(steps)
    except DrillFailedError as error:
        return Drill(name, False, (*taken, f"FAILED: {error}"))
    return Drill(name, True, tuple(taken))


def failing_update(session: Session, assembly: Assembly, *, folder: Path, log: Path) -> Iterator[str]:
    """An update that fails rolls back, and the old values stand."""
    stack, logical_id, before = _log_group(assembly)
    after = next(days for days in _HARMLESS_DAYS if days != before)

    def change(template: dict[str, Any]) -> None:
        template["Resources"][logical_id]["Properties"]["RetentionInDays"] = after
        template["Resources"][_FAILING] = {
            # A selection for a backup plan that does not exist: valid in form, refused by the service.
            "Type": "AWS::Backup::BackupSelection",
            "DependsOn": [logical_id],
            "Properties": {
                "BackupPlanId": "00000000-0000-0000-0000-000000000000",
                "BackupSelection": {"SelectionName": "drill", "IamRoleArn": f"arn:aws:iam::{stack.account}:role/drill"},
            },
        }

    changed = vary(assembly, stack, change, into=folder / "failing-update")
    yield f"{stack.name}: {logical_id} keeps its logs {before} days; deployed an update to {after} days together with an invalid resource"
    outcome = try_deploy(session, changed, [stack.id, "--exclusively"], account=stack.account, region=stack.region, log=log)
    if outcome.exit_code == 0:
        raise DrillFailedError("the update succeeded")
    yield f"cdk deploy ended with {outcome.exit_code}"
    described = session.client("cloudformation", stack.account, stack.region).describe_stacks(StackName=stack.name)["Stacks"][0]
    if described["StackStatus"] != "UPDATE_ROLLBACK_COMPLETE":
        raise DrillFailedError(f"the stack is {described['StackStatus']}")
    events = session.client("cloudformation", stack.account, stack.region).describe_stack_events(StackName=stack.name)["StackEvents"]
    touched = [e for e in events if e["LogicalResourceId"] == logical_id and e["ResourceStatus"] == "UPDATE_COMPLETE"]
    if len(touched) < 2:
        raise DrillFailedError(f"{logical_id} was never changed, so nothing was rolled back")
    yield "the stack is UPDATE_ROLLBACK_COMPLETE; the log group was changed and changed back"
    found = _retention(session, stack, logical_id)
    if found != before:
        raise DrillFailedError(f"logs:DescribeLogGroups says {found} days, not {before}")
    yield f"logs:DescribeLogGroups says {before} days: the old value stands"


def refused_replacement(assembly: Assembly, lock: Path | None, *, folder: Path) -> Iterator[str]:
    """A replacement of a stateful resource is refused before anything is deployed."""
    today = date.today()
    if lock is None:
        lock = folder / "drill.lock.json"
        write_lock(assembly.folder, lock, today=today)
        yield "no lock was given: one was written from this assembly for the drill"
    blocking = [change for change in check_lock(assembly.folder, lock, today=today) if change.blocks]
    if blocking:
        raise DrillFailedError(f"the assembly itself is refused: {blocking[0]}")
    stack, logical_id, name, value = _replaceable(assembly)

    def change(template: dict[str, Any]) -> None:
        template["Resources"][logical_id]["Properties"][name] = value

    changed = vary(assembly, stack, change, into=folder / "refused-replacement")
    yield f"{stack.name}: {logical_id}.{name} changed to {value!r}, which would replace it"
    refused = [c for c in check_lock(changed.folder, lock, today=today) if c.blocks and c.kind == "replaced" and c.what == name]
    if not refused:
        raise DrillFailedError("the replacement guard let it pass")
    yield f"refused: {refused[0]}"
    yield "nothing was deployed: the CDK CLI was not started"


def refused_deletion(session: Session, assembly: Assembly) -> Iterator[str]:
    """A protected stack cannot be deleted; afterwards the protection is lifted, in the emulator only, so that it can be."""
    protected = [stack for stack in assembly.stacks if stack.termination_protection]
    if not protected:
        yield "no stack asks for termination protection"
    for stack in protected:
        cloudformation = session.client("cloudformation", stack.account, stack.region)
        try:
            cloudformation.delete_stack(StackName=stack.name)
        except cloudformation.exceptions.ClientError as error:
            if "TerminationProtection" not in str(error):
                raise DrillFailedError(f"{stack.name}: {error}") from error
            yield f"{stack.name}: deletion refused, for its termination protection is on"
        else:
            raise DrillFailedError(f"{stack.name} was deleted although it is protected")
        cloudformation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)


def gone(session: Session, assembly: Assembly) -> Iterator[str]:
    """After ``cdk destroy``: no stack of the assembly is left."""
    for stack in assembly.stacks:
        cloudformation = session.client("cloudformation", stack.account, stack.region)
        left = [each["StackStatus"] for each in cloudformation.describe_stacks()["Stacks"] if each["StackName"] == stack.name]
        if left and left != ["DELETE_COMPLETE"]:
            raise DrillFailedError(f"{stack.name} is {left[0]}")
    yield f"{len(assembly.stacks)} stacks deleted by cdk destroy"


def first_resource(assembly: Assembly, wanted: Callable[[dict[str, Any]], bool]) -> tuple[Stack, str] | None:
    """The first resource of the assembly that is *wanted*: its stack and its logical id."""
    found = ((stack, name) for stack in assembly.stacks for name, resource in stack.resources.items() if wanted(resource))
    return next(found, None)


def _log_group(assembly: Assembly) -> tuple[Stack, str, int]:
    def has_retention(resource: dict[str, Any]) -> bool:
        return resource["Type"] == "AWS::Logs::LogGroup" and isinstance(resource.get("Properties", {}).get("RetentionInDays"), int)

    found = first_resource(assembly, has_retention)
    if found is None:
        raise DrillFailedError("no log group with a retention to change")
    stack, logical_id = found
    return stack, logical_id, stack.resources[logical_id]["Properties"]["RetentionInDays"]


def _replaceable(assembly: Assembly) -> tuple[Stack, str, str, Any]:
    for type_name, name, value in _REPLACING:
        found = first_resource(assembly, lambda resource, wanted=type_name: resource["Type"] == wanted)  # type: ignore[misc]
        if found is not None:
            return (*found, name, value)
    raise DrillFailedError("no stateful resource to replace")


def physical_id(session: Session, stack: Stack, logical_id: str) -> str:
    """What the deployed resource is called."""
    cloudformation = session.client("cloudformation", stack.account, stack.region)
    described = cloudformation.describe_stack_resource(StackName=stack.name, LogicalResourceId=logical_id)
    return str(described["StackResourceDetail"]["PhysicalResourceId"])


def _retention(session: Session, stack: Stack, logical_id: str) -> int | None:
    name = physical_id(session, stack, logical_id)
    groups = session.client("logs", stack.account, stack.region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next((group.get("retentionInDays") for group in groups if group["logGroupName"] == name), None)
