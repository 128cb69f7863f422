"""Secrets Manager as far as rotations see it: versions, stages, and an optional failure."""

from __future__ import annotations

# ruff: noqa: N803 (the stand-in has the parameter names of boto3)
import json
from collections.abc import Mapping
from typing import Any


class NotFoundError(Exception):
    pass


class FakeSecretsManager:
    """Several secrets by ARN, each with versions and their stages."""

    class exceptions:  # noqa: N801 (boto3's own name)
        ResourceNotFoundException = NotFoundError

    def __init__(self) -> None:
        self.values: dict[str, dict[str, str]] = {}
        self.stages: dict[str, dict[str, list[str]]] = {}
        self.enabled = True
        self.fails_at: str | None = None

    def add(self, arn: str, value: Mapping[str, str]) -> None:
        self.values[arn] = {"v0": json.dumps(dict(value))}
        self.stages[arn] = {"v0": ["AWSCURRENT"]}

    def begin(self, arn: str) -> str:
        """What Secrets Manager does before the first step: a version that waits for its value. An attempt that broke off is taken up again."""
        for version, stages in self.stages[arn].items():
            if "AWSPENDING" in stages and "AWSCURRENT" not in stages:
                return version
        token = f"v{len(self.stages[arn])}"
        self.stages[arn][token] = ["AWSPENDING"]
        return token

    def value(self, arn: str, stage: str = "AWSCURRENT") -> dict[str, str]:
        found: dict[str, str] = json.loads(self.get_secret_value(arn, stage)["SecretString"])
        return found

    def _call(self, operation: str) -> None:
        if operation == self.fails_at:
            raise ConnectionError(operation)

    def describe_secret(self, SecretId: str) -> dict[str, Any]:
        self._call("describe_secret")
        return {"RotationEnabled": self.enabled, "VersionIdsToStages": {one: list(stages) for one, stages in self.stages[SecretId].items()}}

    def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, str]:
        self._call("get_secret_value")
        for version, stages in self.stages[SecretId].items():
            if VersionStage in stages and VersionId in (None, version) and version in self.values[SecretId]:
                return {"SecretString": self.values[SecretId][version]}
        raise NotFoundError(VersionStage)

    def put_secret_value(self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]) -> None:
        self._call("put_secret_value")
        self.values[SecretId][ClientRequestToken] = SecretString
        self.stages[SecretId][ClientRequestToken] = VersionStages

    def update_secret_version_stage(self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str) -> None:
        self._call("update_secret_version_stage")
        for stages in self.stages[SecretId].values():
            if "AWSPREVIOUS" in stages:
                stages.remove("AWSPREVIOUS")
        self.stages[SecretId][RemoveFromVersionId].remove(VersionStage)
        self.stages[SecretId][RemoveFromVersionId].append("AWSPREVIOUS")
        self.stages[SecretId][MoveToVersionId] = [VersionStage]
