"""What somebody must hear of images: vulnerabilities, scans that failed, copies that were not made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodready_constructs.contracts import EventSpec, RunbookSpec, Severity
from prodready_constructs.posture.images import Scanning

_SOURCE = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html"
_ENHANCED = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning-enhanced-events.html"
_ANY = [{"numeric": [">", 0]}]


def image_events(*, name: str, arn: str, scanning: Scanning) -> tuple[EventSpec, ...]:
    """The events of the repository *name* that are worth waking or telling somebody."""
    findings = f"aws ecr describe-image-scan-findings --repository-name {name} --image-id imageDigest=<digest of the event>"
    images = (
        f"aws ecr describe-images --repository-name {name} --query 'sort_by(imageDetails,&imagePushedAt)[-10:].[imageTags,imageDigest]'"
    )
    vulnerable = RunbookSpec(
        meaning="An image that was pushed has a vulnerability for which an attack is known or easy: do not deploy it, or replace it where it runs.",
        causes=("A base image that is no longer patched", "A dependency with a newly published vulnerability"),
        first_commands=(
            findings,
            images,
            "aws ecs list-tasks --cluster <cluster>  # does it run? compare imageDigest of describe-tasks with the event",
        ),
    )
    scanned = _basic(name) if scanning == "basic" else _enhanced(arn)
    specs = [
        EventSpec(
            id="CriticalVulnerabilities",
            pattern=_counting(scanned, {"CRITICAL": _ANY}),
            severity=Severity.CRITICAL,
            source=f"Ledger STORE-5: a scan that found a critical vulnerability; {_SOURCE}",
            runbook=vulnerable,
        ),
        EventSpec(
            id="HighVulnerabilities",
            pattern=_counting(scanned, {"HIGH": _ANY}),
            severity=Severity.WARNING,
            source=f"Ledger STORE-5: a scan that found a vulnerability rated high; {_SOURCE}",
            runbook=vulnerable,
        ),
        EventSpec(
            id="ReplicationFailed",
            # ECR sends it in the region of the copy: watch the repository of the same name there.
            pattern={
                "source": ["aws.ecr"],
                "detail-type": ["ECR Replication Action"],
                "detail": {"repository-name": [name], "result": ["FAILED"]},
            },
            severity=Severity.WARNING,
            source=f"Ledger STORE-5: an image has no copy in this region; {_SOURCE}",
            runbook=RunbookSpec(
                meaning="An image was not copied to this region: a recovery here would start without it.",
                causes=(
                    "The repository of this region has the same tag for another image, and tags are immutable",
                    "Its KMS key is disabled, or ECR may not use it",
                ),
                first_commands=(
                    f"aws ecr describe-image-replication-status --repository-name {name} --image-id imageDigest=<digest of the event>"
                    " --region <region of the source>",
                    images,
                ),
            ),
        ),
    ]
    if scanning == "enhanced":
        specs.append(
            EventSpec(
                id="NewVulnerability",
                pattern={
                    "source": ["aws.inspector2"],
                    "detail-type": ["Inspector2 Finding"],
                    "detail": {
                        "status": ["ACTIVE"],
                        "severity": ["CRITICAL", "HIGH"],
                        "resources": {"details": {"awsEcrContainerImage": {"repositoryName": [name]}}},
                    },
                },
                severity=Severity.WARNING,
                source=f"Ledger STORE-5: Amazon Inspector found it in an image that was pushed before; {_ENHANCED}",
                runbook=vulnerable,
            )
        )
    else:
        specs.append(
            EventSpec(
                id="ScanFailed",
                pattern={**scanned, "detail": {"repository-name": [name], "scan-status": ["FAILED"]}},
                severity=Severity.WARNING,
                source=f"Our reason: an image that nobody looked into may be deployed; {_SOURCE}",
                runbook=RunbookSpec(
                    meaning="An image could not be scanned: whether it is vulnerable is not known.",
                    causes=("Its operating system is not supported by basic scanning (a distroless or scratch image)", "A fault of ECR"),
                    first_commands=(
                        findings,
                        f"aws ecr start-image-scan --repository-name {name} --image-id imageDigest=<digest of the event>",
                    ),
                ),
            )
        )
    return tuple(specs)


def _basic(name: str) -> dict[str, Any]:
    return {"source": ["aws.ecr"], "detail-type": ["ECR Image Scan"], "detail": {"repository-name": [name], "scan-status": ["COMPLETE"]}}


def _enhanced(arn: str) -> dict[str, Any]:
    # Inspector writes the ARN into the field of the name.
    return {
        "source": ["aws.inspector2"],
        "detail-type": ["Inspector2 Scan"],
        "detail": {"repository-name": [arn], "scan-status": ["INITIAL_SCAN_COMPLETE"]},
    }


def _counting(pattern: Mapping[str, Any], counts: Mapping[str, Any]) -> dict[str, Any]:
    return {**pattern, "detail": {**pattern["detail"], "finding-severity-counts": dict(counts)}}
