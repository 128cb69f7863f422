"""What a container is given: plain settings by SSM parameters, secrets by fields; only the execution role reads either."""

from __future__ import annotations

import hashlib
import json
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from prodready_constructs.foundation.roles import ComposedRole
from prodready_constructs.foundation.secret_reading import let_decrypt


def stored_setting(scope: Construct, name: str, value: str, *, stack: Stack) -> ecs.Secret:
    """The plain *value* in an SSM parameter; a changed one is a new parameter, and so a new task definition."""
    # Only what AWS fills in looks different once it is resolved.
    resolved = stack.resolve(value) if "${Token[" in value else value
    digest = hashlib.sha256(json.dumps(resolved, sort_keys=True).encode()).hexdigest()[:8]
    return ecs.Secret.from_ssm_parameter(ssm.StringParameter(scope, f"{name}{digest}", string_value=value))


def stored_secret(scope: Construct, name: str, secret: secretsmanager.ISecret, field: str | None, *, reader: ComposedRole) -> ecs.Secret:
    """*secret* (or one *field* of it) for ECS, and leave for *reader* to decrypt it."""
    views = _views.setdefault(scope, {})
    if secret not in views:
        views[secret] = _view(scope, name, secret, reader)
    return ecs.Secret.from_secrets_manager(views[secret], field)


#: Scope -> secret -> what of it was named there already: a user name and a password are two fields of one secret.
_views: WeakKeyDictionary[Construct, dict[secretsmanager.ISecret, secretsmanager.ISecret]] = WeakKeyDictionary()


def _view(scope: Construct, name: str, secret: secretsmanager.ISecret, reader: ComposedRole) -> secretsmanager.ISecret:
    full = secret.secret_full_arn
    view = (
        secretsmanager.Secret.from_secret_complete_arn(scope, name, full)
        if full is not None
        else secretsmanager.Secret.from_secret_partial_arn(scope, name, secret.secret_arn)
    )
    let_decrypt(secret, reader)
    return view
