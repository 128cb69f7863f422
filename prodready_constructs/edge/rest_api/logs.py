"""Whose key encrypts the logs of an API, and who made the role that writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from prodready_constructs.errors import ConfigurationError

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiLogs:
    """How the logs of a REST API are kept.

    Attributes:
        encryption_key: of the log groups (and of the web ACL's, where the API makes its own); must admit CloudWatch Logs. A key of its
            own when None.
        role: ``create`` sets API Gateway's one log role of this account and region, which stays when the stack goes; ``existing`` trusts
            that there is one, as where a landing zone or another API of the account has set it.

    Raises:
        ConfigurationError: another role.
    """

    encryption_key: kms.IKey | None = None
    role: Literal["create", "existing"] = "create"

    def __post_init__(self) -> None:
        if self.role not in ("create", "existing"):
            raise ConfigurationError(
                "ApiLogs.role", given=self.role, allowed="'create' or 'existing'", mend="choose 'existing' where the account has a log role"
            )
