"""What every construct of this library is made of."""

from __future__ import annotations

from functools import cached_property

from aws_cdk import Aws
from constructs import Construct, Node

#: The pseudo parameters, asked for once: each reading of ``Aws.ACCOUNT_ID`` is a message to the jsii kernel.
ACCOUNT_ID = Aws.ACCOUNT_ID
PARTITION = Aws.PARTITION
REGION = Aws.REGION
URL_SUFFIX = Aws.URL_SUFFIX


class Part(Construct):
    """A construct that asks the jsii kernel for its node and its path once, instead of once for each use."""

    @cached_property
    def node(self) -> Node:  # type: ignore[override]  # a cached property where jsii has a plain one
        """The construct tree node of this construct."""
        return Construct.node.fget(self)  # type: ignore[attr-defined]

    @cached_property
    def path(self) -> str:
        """Where this construct is in the tree: ``ProdDataStack/Orders``."""
        return self.node.path
