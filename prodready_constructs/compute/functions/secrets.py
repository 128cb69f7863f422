"""A secret that a function reads when it runs: no value of it is ever in the environment."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.contracts import SecretField
from prodready_constructs.foundation import REGION, URL_SUFFIX, ComposedRole


def read_at_run_time(name: str, secret: SecretField | secretsmanager.ISecret, *, reader: ComposedRole) -> dict[str, str]:
    """The variables that say where the secret is; *reader* may read it.

    The CDK's own grant writes the reader into the policy of the secret's key. Where the key lives in a stack that must not know the
    function (data outlives releases), that is a cyclic reference. Here the grant lands on the reader alone, which is enough: a key policy
    that lets the account's IAM decide is AWS's default and ``DataKey``'s.
    """
    source, field = (secret.secret, secret.field) if isinstance(secret, SecretField) else (secret, None)
    full = source.secret_full_arn
    arn = full or source.secret_arn
    # Secrets Manager adds six characters to the name of a secret.
    _allow(reader, "secretsmanager:GetSecretValue", arn if full else f"{arn}-??????")
    if (key := source.encryption_key) is not None:
        _allow(reader, "kms:Decrypt", key.key_arn, {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}})
    variables = {f"{name}_SECRET_ARN": arn}
    return variables if field is None else {**variables, f"{name}_SECRET_FIELD": field}


def _allow(reader: ComposedRole, action: str, resource: str, condition: object = None) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    reader.add_to_principal_policy(iam.PolicyStatement.from_json({**statement, "Condition": condition} if condition else statement))
