"""Leave to read a secret that lands on the reader alone.

The CDK's own grant writes the reader into the policy of the secret's key. Where the key lives in a stack that must not know the reader (data
outlives releases), that is a cyclic reference. The reader's own policy is enough: a key policy that lets the account's IAM decide is AWS's
default and ``DataKey``'s.
"""

from __future__ import annotations

from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.foundation.part import REGION, URL_SUFFIX
from prodready_constructs.foundation.roles import ComposedRole

_VIA = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.{URL_SUFFIX}"}}


def let_read(secret: secretsmanager.ISecret, reader: ComposedRole) -> None:
    """Let *reader* have the value of *secret*, of whichever stack it is."""
    # Secrets Manager ends each ARN with six characters of its own, which a partial one lacks.
    arn = secret.secret_full_arn or f"{secret.secret_arn}-??????"
    reader.allow({"Action": "secretsmanager:GetSecretValue", "Resource": arn}, *_decrypt(secret))


def let_decrypt(secret: secretsmanager.ISecret, reader: ComposedRole) -> None:
    """Let *reader* open *secret* with its key, where it has one of its own, and only as Secrets Manager asks."""
    if statements := _decrypt(secret):
        reader.allow(*statements)


def _decrypt(secret: secretsmanager.ISecret) -> list[dict[str, object]]:
    key = secret.encryption_key
    return [{"Action": "kms:Decrypt", "Resource": key.key_arn, "Condition": _VIA}] if key is not None else []
