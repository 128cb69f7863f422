"""The plain settings of a function: what may be in its environment, and what may not."""

from __future__ import annotations

import re

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation.plain_secrets import looks_like_a_secret

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]+$")
#: Lambda's own. Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def check_setting(where: str, name: str, value: str) -> None:
    """Refuse a secret in plain sight, and a name that Lambda refuses or sets itself."""
    if looks_like_a_secret(name, value):
        raise ConfigurationError(
            f"{where}: environment",
            given=name,
            allowed="plain configuration",
            mend=f"put it into Secrets Manager and call add_secret({name!r}, ...)",
        )
    if not _NAME.match(name) or name in RESERVED:
        raise ConfigurationError(
            f"{where}: environment",
            given=name,
            allowed="a letter, then letters, digits and _; none of the names that Lambda sets itself",
            mend="choose another name",
        )
