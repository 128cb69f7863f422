"""A plain setting of a container, kept in an SSM parameter."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret
from prodready_constructs.foundation.tasks.values import stored_setting


def ecs_setting(scope: Construct, name: str, value: str, *, path: str, stack: Stack) -> ecs.Secret:
    """The plain *value* for ECS; a changed value is a new parameter. *path* is the construct that refuses."""
    if looks_like_a_secret(name, value):
        raise ConfigurationError(
            f"{path}: environment",
            given=name,
            allowed="plain configuration",
            mend=f"put it into Secrets Manager and call add_secret({name!r}, ...)",
        )
    if not value:
        raise ConfigurationError(
            f"{path}: environment",
            given=f"{name}=''",
            allowed="a value: an SSM parameter cannot be empty",
            mend="leave the variable out and let the application use its default",
        )
    return stored_setting(scope, name, value, stack=stack)
