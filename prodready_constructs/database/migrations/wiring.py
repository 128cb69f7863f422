"""What a migration's container is given: plain settings by SSM parameters, secrets by fields; only the execution role reads them."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs.contracts import SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret
from prodready_constructs.foundation.tasks.values import stored_secret, stored_setting


def setting(scope: Construct, name: str, value: str, *, where: str, stack: Stack) -> ecs.Secret:
    """The plain *value*; a changed one is a new parameter, and so a new task definition.

    Raises:
        ConfigurationError: it looks like a secret, or is empty.
    """
    if not value or looks_like_a_secret(name, value):
        raise ConfigurationError(
            f"{where}: add_setting",
            given=name if value else f"{name}=''",
            allowed="plain configuration that is not empty",
            mend=f"put a secret into Secrets Manager and call add_secret({name!r}, ...); leave an empty one out",
        )
    return stored_setting(scope, name, value, stack=stack)


def field_of(scope: Construct, name: str, field: SecretField, *, reader: ComposedRole) -> ecs.Secret:
    """One field of a secret, which *reader* alone may decrypt."""
    return stored_secret(scope, name, field.secret, field.field, reader=reader)
