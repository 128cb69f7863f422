"""A secret that a function reads when it runs: no value of it is ever in the environment."""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import SecretField
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.foundation.secret_reading import let_read


def read_at_run_time(name: str, secret: SecretField | secretsmanager.ISecret, *, reader: ComposedRole) -> dict[str, str]:
    """The variables that say where the secret is; *reader* may read it."""
    source, field = (secret.secret, secret.field) if isinstance(secret, SecretField) else (secret, None)
    let_read(source, reader)
    arn = source.secret_full_arn or source.secret_arn
    variables = {f"{name}_SECRET_ARN": arn}
    return variables if field is None else {**variables, f"{name}_SECRET_FIELD": field}
