"""What every construct of this library is made of."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from aws_cdk import Aws, Stack
from constructs import Construct, Node

from prodready_constructs.errors import ConfigurationError

#: The pseudo parameters, asked for once: each reading of ``Aws.ACCOUNT_ID`` is a message to the jsii kernel.
ACCOUNT_ID = Aws.ACCOUNT_ID
PARTITION = Aws.PARTITION
REGION = Aws.REGION
URL_SUFFIX = Aws.URL_SUFFIX

#: What was asked of scopes that are no parts (stacks, mostly), by scope: neither answer can change.
_paths: WeakKeyDictionary[Construct, str] = WeakKeyDictionary()
_stacks: WeakKeyDictionary[Construct, Stack] = WeakKeyDictionary()
_regions: WeakKeyDictionary[Stack, str | None] = WeakKeyDictionary()


class Part(Construct):
    """A construct that asks the jsii kernel once for its node, and only where it must for its path, stack and region.

    Raises:
        ConfigurationError: *scope* already has a child of this id.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        try:
            super().__init__(scope, construct_id)
        except RuntimeError as error:
            if "already a Construct" not in str(error):
                raise
            raise ConfigurationError(
                f"{scope.node.path}/{construct_id}",
                given=f"the id {construct_id!r} a second time",
                allowed="ids that no sibling has",
                mend="give one of them another id; the one that is deployed keeps its own",
            ) from None
        self._scope = scope
        #: The last part of its path.
        self.construct_id = construct_id

    @cached_property
    def node(self) -> Node:
        """The construct tree node of this construct."""
        return Construct.node.fget(self)  # type: ignore[attr-defined]

    @cached_property
    def path(self) -> str:
        """Where this construct is in the tree: ``ProdDataStack/Orders``."""
        above = path_of(self._scope)
        # As the constructs library writes it: a slash in an id would look like one more level.
        name = self.construct_id.replace("/", "--")
        return f"{above}/{name}" if above else name

    @cached_property
    def stack(self) -> Stack:
        """The stack of this construct."""
        scope = self._scope
        if isinstance(scope, Stack):
            return scope
        if isinstance(scope, Part):
            return scope.stack
        if scope not in _stacks:
            _stacks[scope] = Stack.of(scope)
        return _stacks[scope]

    @property
    def stated_region(self) -> str | None:
        """The region of this construct's stack; None where the stack leaves it to the deployment."""
        return _stated_region(self.stack)


def path_of(construct: Any) -> str:
    """Where *construct*, of whatever class, is in the tree. One that is no ``Part`` may mean another thing by ``path``: its node is asked."""
    if isinstance(construct, Part):
        return construct.path
    if not isinstance(construct, Construct):
        return str(construct.node.path)
    if construct not in _paths:
        _paths[construct] = construct.node.path
    return _paths[construct]


def stated_region_of(construct: Any) -> str | None:
    """The region of the stack of *construct*, of whatever class; None where the stack leaves it to the deployment."""
    # What stands for a construct without being one says itself where it is.
    says = isinstance(construct, Part) or not isinstance(construct, Construct)
    return _stated_region(construct.stack if says else Stack.of(construct))


def _stated_region(stack: Stack) -> str | None:
    if stack not in _regions:
        region = stack.region
        # Asking Token.is_unresolved would be one more message for what the text shows.
        _regions[stack] = None if region.startswith("${") else region
    return _regions[stack]
