"""What the CDK itself found: its CloudFormation validation, other plugins, and the warnings and errors of constructs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from prodready_constructs.compliance.findings import Finding, waivable_finding
from prodready_constructs.evidence.assembly import Assembly

REPORT = "validation-report.json"
#: Read from the constructs themselves, flag or no flag.
_ANNOTATIONS = "Construct Annotations"
#: Shorter than the plugin's own name, so that a waiver can name it.
_PLUGIN_IDS = {"CloudFormation Validate": "CloudFormation"}
_IDENTIFIED = re.compile(r"^(?P<text>.*?)\s*(\[ack: (?P<warning>[^\]]+)\]|\((?:Annotation::)?(?P<error>[^()\s]+)\))$", re.DOTALL)
#: What a construct says of a trial, and of a target that AWS's own promises do not carry: shown, and no finding.
ALLOWED_WARNINGS = ("prodready:no-domain", "prodready:promises")


def was_validated(directory: Path) -> bool:
    """Whether the CDK's CloudFormation validation ran: an app may switch it off (``builtin_cloud_formation_validation=False``)."""
    file = directory / REPORT
    return file.is_file() and any(one["pluginName"] in _PLUGIN_IDS for one in json.loads(file.read_text())["pluginReports"])


def validation_findings(directory: Path, *, judged_elsewhere: frozenset[str]) -> Iterator[Finding]:
    """Findings of every severity in the CDK's validation report, those that the CDK let pass for a waiver included.

    Args:
        judged_elsewhere: plugins whose rules the guard runs itself.
    """
    file = directory / REPORT
    if not file.is_file():
        return
    for report in json.loads(file.read_text())["pluginReports"]:
        if report["pluginName"] in (_ANNOTATIONS, *judged_elsewhere):
            continue
        namespace = _PLUGIN_IDS.get(report["pluginName"]) or re.sub(r"[^A-Za-z0-9.]", ".", report["pluginName"])
        for violation in (*report.get("violations", ()), *report.get("suppressedViolations", ())):
            rule = f"{namespace}-{re.sub(r'[^A-Za-z0-9.-]', '-', violation['ruleName'])}"
            for place in violation["violatingConstructs"]:
                yield waivable_finding(
                    rule=rule,
                    path=place.get("constructPath") or _template(place),
                    why=violation["description"],
                    fix=violation.get("suggestedFix") or f"mend {_properties(place)} in the template",
                )


def construct_notes(assembly: Assembly) -> Iterator[tuple[Finding, bool]]:
    """Every warning and error that constructs wrote about themselves, and whether the guard lets it pass."""
    for severity in ("warning", "error"):
        for path, data in assembly.recorded(f"aws:cdk:{severity}"):
            found = _IDENTIFIED.match(str(data))
            text, name = (found["text"], found["warning"] or found["error"]) if found else (str(data), severity)
            finding = waivable_finding(rule=f"Annotation[{name}]", path=path, why=text, fix="do as the construct says")
            yield replace(finding, accept=finding.accept if severity == "warning" else None), name in ALLOWED_WARNINGS


def _template(place: dict[str, Any]) -> str:
    return str(place.get("cloudFormationResource", {}).get("templatePath", ""))


def _properties(place: dict[str, Any]) -> str:
    return ", ".join(place.get("cloudFormationResource", {}).get("propertyPaths", ())) or "the resource"
