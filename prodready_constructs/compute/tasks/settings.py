"""A plain setting of a container, kept in an SSM parameter."""

from __future__ import annotations

import hashlib
import json

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret


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
    # Only what AWS fills in looks different once it is resolved.
    resolved = stack.resolve(value) if "${Token[" in value else value
    digest = hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:8]
    return ecs.Secret.from_ssm_parameter(ssm.StringParameter(scope, f"{name}{digest}", string_value=value))
