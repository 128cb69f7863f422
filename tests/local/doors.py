"""The template of every type that lets traffic or people in, as an assembly that needs no synth."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

#: Types of these that nothing but the engine keeps.
RECORDED = {
    "AWS::AppSync::DomainName",
    "AWS::AppSync::DomainNameApiAssociation",
    "AWS::Cognito::ManagedLoginBranding",
    "AWS::RUM::AppMonitor",
    "AWS::Route53::DNSSEC",
    "AWS::Route53::KeySigningKey",
}


def assembly(folder: Path, account: str, region: str) -> Path:
    """A cloud assembly of ``doors.yaml``, as ``cdk synth`` would write it."""
    folder.mkdir(parents=True)
    template = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    (folder / "Doors.template.json").write_text(json.dumps(template))
    artifact = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{account}/{region}",
        "properties": {"templateFile": "Doors.template.json"},
    }
    (folder / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"Doors": artifact}}))
    return folder
