"""Does a plain value look like a secret? Pure Python, used where values are given and where templates are judged."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter

#: The parts of a name that speak of a secret: ``DB_PASSWORD``, ``apiKey``, ``jwt-secret``.
_SECRET_WORDS = frozenset({"password", "passwd", "passphrase", "pwd", "secret", "secrets", "token", "credential", "credentials", "pat"})
_SECRET_PAIRS = frozenset(
    {("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key"), ("signing", "key"), ("encryption", "key"), ("auth", "key")}
)
_RUN_TOGETHER = re.compile(r"(?i)(apikey|privatekey|secretkey|accesskey|password|passwd)$")
#: A last part that makes the name speak *about* a secret: where it is, how long it lives, how it is called.
_ABOUT = frozenset(
    {
        *("address", "algorithm", "arn", "audience", "backend", "bucket", "claim", "class", "cookie", "count", "days", "directory"),
        *("domain", "driver", "email", "enabled", "encoding", "endpoint", "expiry", "field", "file", "format", "grace", "header", "host"),
        *("hours", "id", "interval", "issuer", "kind", "length", "lifetime", "limit", "location", "manager", "max", "method", "min"),
        *("minutes", "mode", "name", "path", "policy", "port", "prefix", "provider", "ref", "region", "retention", "role", "rotation"),
        *("scheme", "scope", "seconds", "service", "size", "source", "store", "strategy", "table", "timeout", "ttl", "type", "uri", "url"),
        *("user", "username", "version", "window"),
    }
)
#: Values that are secrets whatever they are called, by the prefixes their issuers publish.
_KNOWN = re.compile(
    r"""(?x)
    ^(
        (AKIA|ASIA)[A-Z0-9]{16}                 # AWS access key id
      | gh[pousr]_[A-Za-z0-9]{30,}              # GitHub
      | github_pat_[A-Za-z0-9_]{30,}
      | glpat-[A-Za-z0-9_-]{20,}                # GitLab
      | xox[abprs]-[A-Za-z0-9-]{10,}            # Slack
      | (sk|rk)_(live|test)_[A-Za-z0-9]{16,}    # Stripe
      | sk-(ant-|proj-)?[A-Za-z0-9_-]{20,}      # model providers
      | AIza[A-Za-z0-9_-]{35}                   # Google
      | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}  # SendGrid
      | npm_[A-Za-z0-9]{36}
      | eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*  # signed JWT
    )$
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    """
)
_PASSWORD_IN_URL = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_TOKEN_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/\s:@]*:\$\{", re.IGNORECASE)
#: Values that only point somewhere.
_REFERENCE = re.compile(r"^(arn:|\{\{resolve:|[a-z][a-z0-9+.-]*://|/|\.{1,2}/)", re.IGNORECASE)
_TOKEN = "${"
_WORDS = frozenset({"", "true", "false", "yes", "no", "on", "off", "none", "null", "required", "optional", "enabled", "disabled"})
_RANDOM = re.compile(r"^[A-Za-z0-9+/=_-]{32,}$")
#: UUIDs, digests, words in a row, and names as the CDK makes them: a path, and eight digits of its hash.
_HARMLESS = re.compile(
    r"(?i)^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40}|(sha256:)?[0-9a-f]{64}|[a-z]+(-[a-z0-9]+)+"
    r"|[a-z]+(_[a-z]+)*_[0-9a-f]{8})$"
)
#: Bits a character. English text stays under 4.2 over 32 characters; random base64 of that length lies near 4.5.
_RANDOM_ENTROPY = 4.3
#: A name alone is enough to call a value secret from this length on: shorter ones are switches and counts.
_SHORTEST = 4


def looks_like_a_secret(name: str, value: str) -> bool:
    """Whether *value*, given in the open under *name*, is most likely a secret.

    Errs on the side of silence: references (ARNs, URLs without a password, paths, dynamic references, CDK tokens), switches, numbers
    with a unit in the name, UUIDs and digests are no secrets.

    Args:
        name: of the environment variable, parameter or property.
        value: as it would stand in the template.
    """
    value = value.strip()
    if _KNOWN.search(value):
        return True
    if _TOKEN in value:
        # A password beside a token ("postgres://app:hunter2@${Token[TOKEN.1]}") is still in the open.
        return bool(_PASSWORD_IN_URL.match(value)) and not _TOKEN_PASSWORD.match(value)
    if _PASSWORD_IN_URL.match(value):
        return "{{resolve:" not in value
    if _REFERENCE.match(value) or value.lower() in _WORDS:
        return False
    if _speaks_of_a_secret(name):
        return len(value) >= _SHORTEST
    return bool(_RANDOM.match(value)) and not _HARMLESS.match(value) and _entropy(value) >= _RANDOM_ENTROPY


def _speaks_of_a_secret(name: str) -> bool:
    parts = [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    if not parts or parts[-1] in _ABOUT:
        return False
    return (
        any(part in _SECRET_WORDS for part in parts)
        or any(pair in _SECRET_PAIRS for pair in itertools.pairwise(parts))
        or bool(_RUN_TOGETHER.search(parts[-1]))
    )


def _entropy(value: str) -> float:
    return -sum(count / len(value) * math.log2(count / len(value)) for count in Counter(value).values())
