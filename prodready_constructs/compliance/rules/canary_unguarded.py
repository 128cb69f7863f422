"""A canary that does not sing, that leaves things behind, or whose silence nobody notices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.measured import measuring
from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true
from prodready_constructs.evidence.assembly import Resource

#: The oldest version of each runtime that AWS has not deprecated; a family that is not here is new.
#: Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Runtime_Support_Policy.html
OLDEST = {"syn-nodejs-puppeteer": (8, 0), "syn-python-selenium": (6, 0), "syn-nodejs": (3, 0), "syn": (99, 0)}
#: Whose runs X-Ray traces (AWS::Synthetics::Canary, RunConfig: ``syn-nodejs-2.0`` or later).
TRACED = "syn-nodejs"
_VERSION = re.compile(r"(?P<family>syn(-[a-z]+)*)-(?P<major>\d+)\.(?P<minor>\d+)")


def _is_old(runtime: object) -> bool:
    match = _VERSION.fullmatch(runtime) if isinstance(runtime, str) else None
    return match is not None and (int(match["major"]), int(match["minor"])) < OLDEST.get(match["family"], (0, 0))


def _stays(canary: Resource) -> bool:
    """Whether its function outlives it: cleaning up is the default, which the older property had not."""
    return canary.get("ProvisionedResourceCleanup") == "OFF" and not is_true(canary.get("DeleteLambdaResourcesOnCanaryDeletion"))


def _find(subject: Subject) -> Iterator[Hit]:
    for canary in subject.of_type("AWS::Synthetics::Canary"):
        runtime = canary.get("RuntimeVersion")
        if _is_old(runtime):
            yield hit(canary, detail="Runtime", note=f"{runtime} is deprecated: it gets no patches, and no new canary can have it.")
        elif isinstance(runtime, str) and runtime.startswith(TRACED) and is_off(canary.get("RunConfig", "ActiveTracing")):
            yield hit(canary, detail="Tracing", note="A run that fails does not show where.")
        encryption = canary.get("ArtifactConfig", "S3Encryption") or {}
        if encryption.get("EncryptionMode") != "SSE_KMS" or not encryption.get("KmsKeyArn"):
            yield hit(canary, detail="Artifacts", note="What it saw lies in S3 without a key of yours.")
        if canary.get("StartCanaryAfterCreation") in (False, "false"):
            yield hit(canary, detail="Start", note="It is made and never runs.")
        if _stays(canary):
            yield hit(canary, detail="Cleanup", note="Its function and layers stay when it goes.")
        alarms = measuring(subject, canary, name="Name")
        # No alarm at all is WatchableWithoutAlarms's.
        if alarms and not any(alarm.get("TreatMissingData") == "breaching" for alarm in alarms):
            yield hit(canary, detail="Silence", note="Its alarms take runs that do not come for runs without a failure.")


RULE = Rule(
    name="CanaryUnguarded",
    controls=("OPS-6",),
    why="A canary that is not running, or cannot be read, says the same as one whose runs are good: nothing "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries.html).",
    fix="a runtime that AWS supports, active tracing, artifacts under a KMS key, start and clean-up with the canary, and an alarm that treats "
    "missing data as breaching; monitoring.Canary under a monitoring.Watch has them",
    find=_find,
)
