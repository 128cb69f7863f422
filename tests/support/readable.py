"""A template as a reviewer reads it: YAML in construct order, short intrinsics, asset hashes and versions normalised."""

from __future__ import annotations

import re
from typing import Any

import yaml
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.support.synthesis import Template

_ASSET = re.compile(r"\b[0-9a-f]{64}\b")


class YamlSnapshot(SingleFileSnapshotExtension):
    """One YAML file for each snapshot, so that a pull request shows a diff of the template itself."""

    _write_mode = WriteMode.TEXT
    file_extension = "yaml"

    def serialize(self, data: Any, **_: Any) -> str:
        return str(data)


def readable(template: Template) -> str:
    """*template* as YAML text, without what changes from build to build."""
    body = {
        section: template.body[section] for section in ("Description", "Parameters", "Resources", "Outputs") if section in template.body
    }
    body["Resources"] = {name: _shown(resource) for name, resource in sorted(template.resources.items()) if name != "CDKMetadata"}
    text = yaml.safe_dump(_short(body), sort_keys=False, width=140, allow_unicode=True)
    return _ASSET.sub("<asset>", text)


def _shown(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: resource[key] for key in ("Type", "DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Properties") if key in resource}


def _short(value: Any) -> Any:
    """``${X}``, ``${X.Y}`` and joined strings instead of nested JSON."""
    if isinstance(value, list):
        return [_short(item) for item in value]
    if not isinstance(value, dict):
        return value
    function, argument = next(iter(value.items())) if len(value) == 1 else (None, None)
    text: str | None = None
    if function == "Ref":
        text = f"${{{argument}}}"
    elif function == "Fn::GetAtt":
        text = f"${{{'.'.join(map(str, argument))}}}"
    elif function == "Fn::GetStackOutput":
        text = f"${{{argument['StackName']}!{argument['OutputName']}}}"
    elif function == "Fn::Join":
        parts = [_short(part) for part in argument[1]]
        text = argument[0].join(parts) if all(isinstance(part, str) for part in parts) else None
    return {key: _short(item) for key, item in value.items()} if text is None else text
