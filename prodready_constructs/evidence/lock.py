"""The replacement guard: a committed lock of every stateful resource, and the changes a new synth would make to it.

CloudFormation replaces a resource when certain properties change, when its logical id changes, or when it leaves the template.
For a database that means an empty one. The lock says what stands; :func:`check_lock` says what a synth would do to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.approvals import Approval, approvals_file, read_approvals, write_approvals
from prodready_constructs.evidence.assembly import Assembly, Resource, read_assembly
from prodready_constructs.evidence.replacement import stateful_types

Kind = Literal["replaced", "deleted", "renamed", "weakened", "new", "stale approval"]
_ABOUT = "Every stateful resource as it stands. Written by `./dev lock`; commit it. A synth that would replace one fails."
#: How safe a resource is when it leaves the template. A policy that is not written deletes.
_STRENGTH = {"Delete": 0, "Snapshot": 1, "RetainExceptOnCreate": 2, "Retain": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a synth would do to one stateful resource."""

    kind: Kind
    #: Construct path of the stack and logical id: ``ProdDataStack.OrdersInstance1A2B``. Approvals are written for this name.
    name: str
    path: str
    type: str
    #: The property whose change does it, the policy that is weakened, or None.
    what: str | None = None
    old: Any = None
    new: Any = None
    #: False where the schema says that a change replaces for some values only.
    certain: bool = True
    approval: Approval | None = None

    @property
    def blocks(self) -> bool:
        """Whether the synth must fail."""
        return self.kind != "new" and self.approval is None

    def __str__(self) -> str:
        subject = f"{self.type} {self.path} ({self.name})"
        values = f"{self.what}: {json.dumps(self.old)} -> {json.dumps(self.new)}"
        text = {
            "replaced": f"{subject} {'would' if self.certain else 'may'} be replaced: {values}",
            "deleted": f"{subject} would be deleted: it is no longer in the templates",
            "renamed": f"{subject} would be replaced by an empty one: {values}",
            "weakened": f"{subject} would be less safe when it is deleted: {values}",
            "new": f"{subject} is new and not in the lock yet",
            "stale approval": f"the approval of {self.name} ({self.what}) {self.new}",
        }[self.kind]
        return f"{text}; approved by {self.approval.owner}: {self.approval.because}" if self.approval else text


def check_lock(assembly: Assembly | Path, lock: Path, *, today: date, approvals: Path | None = None) -> list[Change]:
    """Every change between the committed *lock* and *assembly*, blocking ones first; those in *approvals* carry their approval.

    Args:
        assembly: the cloud assembly, read or to be read.
        lock: the lock file; a missing one counts as empty, so that every stateful resource is new.
        today: an approval that ended before this day does not count.
        approvals: the approvals file; ``<lock>.approvals.json`` beside the lock when None.

    Raises:
        ConfigurationError: a lock or approvals file that cannot be read.
    """
    found = _entries(assembly if isinstance(assembly, Assembly) else read_assembly(assembly))
    changes = list(_changes(*_read_lock(lock), found))
    known = read_approvals(approvals or approvals_file(lock))
    judged: list[Change] = []
    used: set[Approval] = set()
    for change in changes:
        given = next((one for one in known if one.covers(change.name, change.kind)), None)
        if given and change.kind != "new":
            used.add(given)
            change = replace(change, approval=None if given.ended(today) else given)  # noqa: PLW2901
        judged.append(change)
    for approval in known:
        if (
            reason := "has expired" if approval.ended(today) else "approves nothing: remove it" if approval not in used else None
        ) is not None:
            judged.append(Change(kind="stale approval", name=approval.resource, path="", type="", what=approval.change, new=reason))
    return sorted(judged, key=lambda change: (not change.blocks, change.name, change.what or ""))


def write_lock(assembly: Assembly | Path, lock: Path, *, today: date, approvals: Path | None = None) -> list[Change]:
    """Write *lock* from *assembly* and drop the approvals that it used up; returns the changes it took in.

    Raises:
        ConfigurationError: a change that nobody approved: the lock is left as it was.
    """
    assembly = assembly if isinstance(assembly, Assembly) else read_assembly(assembly)
    changes = check_lock(assembly, lock, today=today, approvals=approvals)
    blocked = [change for change in changes if change.blocks and change.kind != "stale approval"]
    if blocked:
        raise ConfigurationError(
            str(lock),
            given="; ".join(map(str, blocked)),
            allowed="changes that keep the data, or approved ones",
            mend=f"approve each by name in {approvals or approvals_file(lock)}",
        )
    entries = _entries(assembly)
    tracked = stateful_types()
    content = {
        "about": _ABOUT,
        "tracked": {
            name: sorted((*tracked[name].replace, *tracked[name].may)) for name in sorted({entry["type"] for entry in entries.values()})
        },
        "resources": dict(sorted(entries.items())),
    }
    lock.write_text(json.dumps(content, indent=2) + "\n")
    used = {change.approval for change in changes if change.approval}
    if used:
        file = approvals or approvals_file(lock)
        write_approvals(file, [approval for approval in read_approvals(file) if approval not in used])
    return changes


def is_fresh(assembly: Assembly | Path, lock: Path, *, today: date) -> bool:
    """Whether *lock* says exactly what *assembly* has: for a test of the committed file."""
    entries = _entries(assembly if isinstance(assembly, Assembly) else read_assembly(assembly))
    return not check_lock(assembly, lock, today=today) and _read_lock(lock)[1] == entries


def _entries(assembly: Assembly) -> dict[str, dict[str, Any]]:
    return {f"{one.stack.path}.{one.logical_id}": _entry(one) for one in assembly.resources if one.type in stateful_types()}


def _entry(resource: Resource) -> dict[str, Any]:
    return {
        "stack": resource.stack.name,
        "path": resource.path,
        "type": resource.type,
        "deletion": resource.body.get("DeletionPolicy", "Delete"),
        "replacement": resource.body.get("UpdateReplacePolicy", "Delete"),
        "values": stateful_types()[resource.type].values(resource.properties),
    }


def _read_lock(lock: Path) -> tuple[Mapping[str, list[str]], dict[str, dict[str, Any]]]:
    if not lock.is_file():
        return {}, {}
    try:
        content = json.loads(lock.read_text())
        return content["tracked"], content["resources"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            str(lock), given=str(error), allowed="a lock as `./dev lock` writes it", mend="restore the committed file"
        ) from error


def _changes(tracked: Mapping[str, list[str]], old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]) -> Iterator[Change]:
    arrived = {(entry["path"], entry["type"]): name for name, entry in new.items() if name not in old}
    explained = set()
    for name, before in old.items():
        after = new.get(name)
        if after is not None:
            yield from _differences(tracked, name, before, after)
            continue
        successor = arrived.get((before["path"], before["type"]))
        if successor is None:
            yield Change(kind="deleted", name=name, path=before["path"], type=before["type"])
        else:
            explained.add(successor)
            yield Change(
                kind="renamed",
                name=name,
                path=before["path"],
                type=before["type"],
                what="logical id",
                old=name.rsplit(".", 1)[-1],
                new=successor.rsplit(".", 1)[-1],
            )
    for name in sorted(set(arrived.values()) - explained):
        yield Change(kind="new", name=name, path=new[name]["path"], type=new[name]["type"])


def _differences(tracked: Mapping[str, list[str]], name: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    subject = {"name": name, "path": after["path"], "type": after["type"]}
    if before["type"] != after["type"]:
        yield Change(kind="replaced", what="Type", old=before["type"], new=after["type"], **subject)
        return
    if before["stack"] != after["stack"]:
        yield Change(kind="renamed", what="stack name", old=before["stack"], new=after["stack"], **subject)
    rules = stateful_types().get(after["type"])
    # A property that the lock's schemas did not track yet is not a change of the resource.
    for prop in tracked.get(after["type"], []):
        was, becomes = before["values"].get(prop), after["values"].get(prop)
        if rules and was != becomes and prop in (*rules.replace, *rules.may):
            yield Change(kind="replaced", what=prop, old=was, new=becomes, certain=prop in rules.replace, **subject)
    for policy, label in (("deletion", "DeletionPolicy"), ("replacement", "UpdateReplacePolicy")):
        if _STRENGTH.get(after[policy], 0) < _STRENGTH.get(before[policy], 0):
            yield Change(kind="weakened", what=label, old=before[policy], new=after[policy], **subject)
