"""Assemblies made by hand: a template as somebody may write it, judged without a synth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prodready_constructs.compliance.hardening import hardening_findings
from prodready_constructs.compliance.rules import Subject
from prodready_constructs.evidence.assembly import Assembly, Resource, StackTemplate

Resources = dict[str, dict[str, Any]]


def resource(kind: str, properties: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """``resource("S3::Bucket", {...}, DeletionPolicy="Retain")``."""
    return {"Type": f"AWS::{kind}", "Properties": properties or {}, **attributes}


def stack_of(
    resources: Resources,
    name: str = "Stack",
    *,
    tags: dict[str, str] | None = None,
    outputs: dict[str, Any] | None = None,
    parameters: dict[str, Any] | None = None,
    account: str | None = None,
    region: str | None = None,
) -> StackTemplate:
    """One stack; construct paths are ``<stack>/<logical id>``."""
    template = {"Resources": resources, "Outputs": outputs or {}, "Parameters": parameters or {}}
    stack = StackTemplate(name, name, Path(f"{name}.template.json"), template, tags or {}, account, region, nested=False)
    stack.resources.update({key: Resource(stack, key, f"{name}/{key}", body) for key, body in resources.items()})
    return stack


def assembly_of(*stacks: StackTemplate, metadata: dict[str, list[dict[str, Any]]] | None = None) -> Assembly:
    """An assembly of *stacks*."""
    return Assembly(directory=Path(), stacks=stacks, metadata=metadata or {})


def found(rule: str, *stacks: StackTemplate, **options: Any) -> list[str]:
    """What one rule finds: ``[detail] @ path``, or the path alone."""
    metadata = options.pop("metadata", None)
    subject = Subject(assembly=assembly_of(*stacks, metadata=metadata), **options)
    prefix = f"Prodready-{rule}"
    return sorted(
        f"{finding.rule.removeprefix(prefix)} @ {finding.path}".removeprefix(" @ ")
        for finding in hardening_findings(subject)
        if finding.rule.split("[")[0] == prefix
    )
