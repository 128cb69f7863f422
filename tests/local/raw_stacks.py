"""Templates that go to CloudFormation itself, without synth and without the CDK CLI: seconds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from prodready_constructs.local.assembly import Assembly, load
from prodready_constructs.local.readback import Kind, Row
from prodready_constructs.local.session import Session
from tests.support.synthesis import ACCOUNT, REGION

SECONDS = 60


def template(name: str) -> dict[str, Any]:
    """The template of *name*, beside this file."""
    read: dict[str, Any] = yaml.safe_load((Path(__file__).parent / f"{name}.yaml").read_text())
    return read


def assembly(name: str, folder: Path, completed: Callable[[dict[str, Any]], dict[str, Any]] = lambda read: read) -> Assembly:
    """An assembly of one stack, as ``cdk synth`` would write it, of the template as *completed*."""
    folder.mkdir(parents=True)
    stack = name.capitalize()
    (folder / f"{stack}.template.json").write_text(json.dumps(completed(template(name))))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{ACCOUNT}/{REGION}",
        "properties": {"templateFile": f"{stack}.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {stack: artifact}}))
    return load(folder)


def settled(session: Session, stack: str) -> str:
    """The status of *stack* when nothing is in progress any more; empty when it is gone."""
    cloudformation = session.client("cloudformation", ACCOUNT, REGION)
    for _ in range(SECONDS * 10):
        found = [each["StackStatus"] for each in cloudformation.describe_stacks()["Stacks"] if each["StackName"] == stack]
        if not found or not found[0].endswith("IN_PROGRESS"):
            return found[0] if found else ""
        time.sleep(0.1)
    raise AssertionError(f"{stack} did not settle in {SECONDS} seconds")


def create(session: Session, assembly: Assembly) -> None:
    """Deploy the one stack of *assembly*."""
    (stack,) = assembly.stacks
    cloudformation = session.client("cloudformation", ACCOUNT, REGION)
    cloudformation.create_stack(StackName=stack.name, TemplateBody=stack.template_file.read_text(), Capabilities=["CAPABILITY_IAM"])
    assert settled(session, stack.name) == "CREATE_COMPLETE", session.log.read_text()[-3000:]


def update(session: Session, stack: str, changed: dict[str, Any]) -> str:
    """Deploy *stack* again as *changed*, and say how it ended."""
    cloudformation = session.client("cloudformation", ACCOUNT, REGION)
    cloudformation.update_stack(StackName=stack, TemplateBody=json.dumps(changed), Capabilities=["CAPABILITY_IAM"])
    return settled(session, stack)


def delete(session: Session, assembly: Assembly) -> None:
    """Take the one stack of *assembly* down."""
    (stack,) = assembly.stacks
    session.client("cloudformation", ACCOUNT, REGION).delete_stack(StackName=stack.name)
    assert settled(session, stack.name) in ("", "DELETE_COMPLETE"), session.log.read_text()[-3000:]


def kinds(rows: Sequence[Row]) -> dict[str, set[Kind]]:
    """How the properties of each type were read."""
    found: dict[str, set[Kind]] = {}
    for row in rows:
        found.setdefault(row.type, set()).add(row.kind)
    return found
