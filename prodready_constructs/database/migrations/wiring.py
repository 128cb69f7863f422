"""What a migration's container is given: plain settings by SSM parameters, secrets by fields; only the execution role reads them."""

from __future__ import annotations

import hashlib
import json

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from prodready_constructs.contracts import SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret


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
    resolved = stack.resolve(value) if "${Token[" in value else value  # only what AWS fills in looks different once resolved
    digest = hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:8]
    return ecs.Secret.from_ssm_parameter(ssm.StringParameter(scope, f"{name}{digest}", string_value=value))


def field_of(scope: Construct, name: str, field: SecretField, *, reader: iam.Role) -> ecs.Secret:
    """One field of a secret. A view without its key, for the CDK would write *reader* into the key's policy: a cycle between two stacks."""
    secret = field.secret
    full = secret.secret_full_arn
    view = (
        secretsmanager.Secret.from_secret_complete_arn(scope, name, full)
        if full is not None
        else secretsmanager.Secret.from_secret_partial_arn(scope, name, secret.secret_arn)
    )
    if (key := secret.encryption_key) is not None:
        reader.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}},
            )
        )
    return ecs.Secret.from_secrets_manager(view, field.field)
