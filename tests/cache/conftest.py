"""Both forms of a cache in production, synthesized once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from prodready_constructs.cache import ReplicatedCache, ServerlessCache
from prodready_constructs.posture import PRODUCTION, CachePosture
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth


@dataclass(frozen=True)
class Built:
    stack: cdk.Stack
    cache: ReplicatedCache | ServerlessCache
    template: Template
    findings: list[str]

    @property
    def body(self) -> dict[str, Any]:
        """The properties of the cache itself."""
        (found,) = [
            resource
            for kind in ("AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::ServerlessCache")
            for resource in self.template.of_type(kind).values()
        ]
        return dict(found["Properties"])

    @property
    def text(self) -> str:
        return json.dumps(self.template.body)

    def user(self, name: str) -> dict[str, Any]:
        (found,) = [
            one["Properties"] for one in self.template.of_type("AWS::ElastiCache::User").values() if one["Properties"]["UserName"] == name
        ]
        return dict(found)


def any_vpc(stack: cdk.Stack, *, isolated: int = 2, private: int = 2) -> ec2.IVpc:
    """A VPC from elsewhere with so many subnets of each kind."""
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-1",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["us-east-1a", "us-east-1b"][: max(isolated, private)],
        isolated_subnet_ids=[f"isolated-{number}" for number in range(isolated)] or None,
        isolated_subnet_route_table_ids=[f"rtb-i{number}" for number in range(isolated)] or None,
        private_subnet_ids=[f"private-{number}" for number in range(private)] or None,
        private_subnet_route_table_ids=[f"rtb-p{number}" for number in range(private)] or None,
    )


def build(
    form: type[ReplicatedCache] | type[ServerlessCache] = ReplicatedCache,
    posture: CachePosture = PRODUCTION.cache,
    *,
    flags: Mapping[str, Any] | None = None,
    judge: bool = False,
    region: str = "us-east-1",
    **arguments: Any,
) -> Built:
    stack = new_stack(new_app(flags=flags), region=region)
    cache = form(stack, "Sessions", vpc=any_vpc(stack), posture=posture, **arguments)
    found = findings(stack) if judge else []
    return Built(stack, cache, synth(stack), found)


@pytest.fixture(scope="session")
def replicated() -> Built:
    return build(judge=True)


@pytest.fixture(scope="session")
def serverless() -> Built:
    return build(ServerlessCache, judge=True)


@pytest.fixture(scope="session", params=["replicated", "serverless"])
def either(request: pytest.FixtureRequest) -> Built:
    found: Built = request.getfixturevalue(request.param)
    return found
