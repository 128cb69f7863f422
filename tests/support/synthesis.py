"""Synthesize once, then assert on plain JSON."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk

ACCOUNT = "111122223333"
REGION = "us-east-1"
SECOND_REGION = "us-west-2"
ROOT = Path(__file__).parents[2]


@functools.cache
def recommended_flags() -> dict[str, Any]:
    """The context of ``cdk.json``: every recommended feature flag, weak references."""
    return dict(json.loads((ROOT / "cdk.json").read_text())["context"])


class ZonedStack(cdk.Stack):
    """A stack with three stated zones: an explicit environment would otherwise ask AWS for them."""

    @property
    def availability_zones(self) -> list[str]:
        return [f"{self.region}{letter}" for letter in "abc"]


def new_app(*, flags: Mapping[str, Any] | None = None, outdir: str | None = None) -> cdk.App:
    """An app without CDK's built-in CloudFormation validation, which costs seconds and has a test of its own."""
    return cdk.App(
        context=dict(recommended_flags() if flags is None else flags),
        outdir=outdir or tempfile.mkdtemp(prefix="synth-"),
        builtin_cloud_formation_validation=False,
        analytics_reporting=False,
    )


def new_stack(app: cdk.App | None = None, name: str = "Stack", *, region: str = REGION) -> ZonedStack:
    """A stack of the documentation account."""
    return ZonedStack(app or new_app(), name, env=cdk.Environment(account=ACCOUNT, region=region))


@dataclass(frozen=True)
class Template:
    """One synthesized template with the look-ups that tests need."""

    body: dict[str, Any]
    #: Construct path (without the leading slash) -> metadata entries; a waiver of several rules is an entry for each.
    metadata: dict[str, list[dict[str, Any]]]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        return self.body.get("Resources", {})

    def of_type(self, resource_type: str) -> dict[str, dict[str, Any]]:
        """Logical id -> resource, for every resource of *resource_type*."""
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == resource_type}

    def one(self, resource_type: str, containing: str = "") -> dict[str, Any]:
        """The only resource of *resource_type* (whose logical id contains *containing*); anything else fails the test."""
        found = {name: resource for name, resource in self.of_type(resource_type).items() if containing in name}
        assert len(found) == 1, (
            f"{resource_type} containing {containing!r}: found {sorted(found) or 'none'} of {sorted(self.of_type(resource_type))}"
        )
        return next(iter(found.values()))

    def props(self, resource_type: str, containing: str = "") -> dict[str, Any]:
        """The properties of :meth:`one`."""
        return self.one(resource_type, containing).get("Properties", {})

    def recorded(self, kind: str) -> list[dict[str, Any]]:
        """What constructs of class *kind* wrote about themselves (``contracts.record``)."""
        return [
            entry["data"]
            for entries in self.metadata.values()
            for entry in entries
            if entry["type"] == "prodready:construct" and entry["data"]["kind"] == kind
        ]


def synth(stack: cdk.Stack) -> Template:
    """Synthesize the whole app of *stack* and return the template of *stack*."""
    return synth_all(stack.node.root)[stack.stack_name]


def synth_all(app: Any) -> dict[str, Template]:
    """Synthesize *app*: stack name -> template."""
    return read_templates(Path(app.synth().directory))


def read_templates(directory: Path) -> dict[str, Template]:
    """The templates of a cloud assembly: stack name -> template."""
    manifest = json.loads((directory / "manifest.json").read_text())
    templates = {}
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] != "aws:cloudformation:stack":
            continue
        metadata_file = directory / artifact.get("additionalMetadataFile", f"{name}.metadata.json")
        metadata = json.loads(metadata_file.read_text()) if metadata_file.exists() else artifact.get("metadata", {})
        templates[artifact.get("properties", {}).get("stackName", name)] = Template(
            body=json.loads((directory / artifact["properties"]["templateFile"]).read_text()),
            metadata={path.lstrip("/"): [one for entry in entries for one in _by_rule(entry)] for path, entries in metadata.items()},
        )
    return templates


def _by_rule(entry: dict[str, Any]) -> list[dict[str, Any]]:
    if entry["type"] != "prodready:waiver":
        return [entry]
    return [{**entry, "data": {**entry["data"], "rule": rule}} for rule in entry["data"]["rules"]]


def synth_in(build: Callable[[cdk.Stack], object], *, flags: Mapping[str, Any] | None = None, region: str = REGION) -> Template:
    """Build into a fresh stack and synthesize it: ``synth_in(lambda stack: PrivateNetwork(stack, "Network", ...))``."""
    stack = new_stack(new_app(flags=flags), region=region)
    build(stack)
    return synth(stack)
