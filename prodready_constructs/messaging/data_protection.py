"""What SNS looks for in messages, and what it does about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import PARTITION

_IDENTIFIER = re.compile(r"[A-Z][A-Za-z]+(_[A-Za-z]+)*(-[A-Z]{2,3})?")


def data_protection(where: str, *, fifo: bool, again: bool, refuse: Sequence[str], mask: Sequence[str]) -> dict[str, Any]:
    """The data protection policy of a topic, as SNS writes it.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-operations.html
    """
    where = f"{where}: protect_data"
    if fifo:
        raise ConfigurationError(
            where, given="a FIFO topic", allowed="a standard topic, which is what SNS looks into", mend="make the topic without fifo"
        )
    if again:
        raise ConfigurationError(where, given="a second call", allowed="one policy for a topic", mend="name all identifiers in one call")
    named = [*refuse, *mask]
    unknown = [name for name in named if not _IDENTIFIER.fullmatch(name)]
    if not named or unknown or len(set(named)) < len(named):
        raise ConfigurationError(
            where,
            given={"refuse": list(refuse), "mask": list(mask)},
            allowed="names of managed data identifiers, each once: CreditCardNumber, Ssn-US",
            mend="name what must not pass, as AWS's list of managed data identifiers does",
        )
    statements = [
        {"Sid": "Refuse", "DataDirection": "Inbound", "DataIdentifier": _arns(refuse), "Operation": {"Deny": {}}},
        {
            "Sid": "Mask",
            "DataDirection": "Outbound",
            "DataIdentifier": _arns(mask),
            "Operation": {"Deidentify": {"MaskConfig": {"MaskWithCharacter": "#"}}},
        },
    ]
    return {
        "Name": "DataProtection",
        "Description": "Keeps sensitive data out of messages",
        "Version": "2021-06-01",
        "Statement": [{**one, "Principal": ["*"]} for one in statements if one["DataIdentifier"]],
    }


def _arns(names: Sequence[str]) -> list[str]:
    return [f"arn:{PARTITION}:dataprotection::aws:data-identifier/{name}" for name in names]
