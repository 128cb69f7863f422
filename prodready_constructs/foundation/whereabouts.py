"""Where a construct is, whoever made it: asked of the kernel only where a ``Part`` does not know it already."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack

from prodready_constructs.foundation.part import Part


def path_of(construct: Any) -> str:
    """Where *construct* is in the tree. One that is no ``Part`` may mean another thing by ``path``, so its node is asked."""
    path: str = construct.path if isinstance(construct, Part) else construct.node.path
    return path


def stated_region_of(construct: Any) -> str | None:
    """The region of *construct*'s stack; None where the stack leaves it to the deployment."""
    if isinstance(construct, Part):
        return construct.stated_region
    region = Stack.of(construct).region
    return None if region.startswith("${") else region
