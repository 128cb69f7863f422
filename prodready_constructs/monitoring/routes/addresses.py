"""Who can hear of an alert: addresses and pagers, checked before SNS would ask them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from prodready_constructs.errors import ConfigurationError

_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
#: A name of the public DNS: at least two labels, the last with a letter.
_HOST = rf"(?=.{{1,253}}(?:[:/?#]|$))(?:{_LABEL}\.)+(?=[A-Za-z0-9-]*[A-Za-z]){_LABEL}"
#: RFC 5321, section 4.1.2, without quoted local parts, which no mail system at work gives anybody.
_ATOM = r"[A-Za-z0-9!#$%&'*+=?^_`{|}~-]+"
_EMAIL = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_HOST}")
_HTTPS = re.compile(rf"https://{_HOST}(?::(?P<port>[1-9][0-9]{{0,4}}))?(?:[/?#][!-~]*)?")
HIGHEST_PORT = 65_535
#: What stands in a text until synth; a host of it cannot be looked at.
_TOKEN = "${Token["
#: What PagerDuty calls an integration key: 32 characters, letters and digits.
_PAGERDUTY = re.compile(r"[A-Za-z0-9]{32}")
#: What Opsgenie calls an API key: a UUID.
_OPSGENIE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: A pager that is down for half an hour must not lose a page: pauses grow from 5 seconds to 2 minutes, some 45 minutes in all. SNS allows 100
#: retries in 3,600 seconds, which thirty of the longest pauses just are.
#: Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
HTTPS_DELIVERY = {
    "healthyRetryPolicy": {
        "numRetries": 30,
        "numNoDelayRetries": 0,
        "minDelayTarget": 5,
        "maxDelayTarget": 120,
        "numMinDelayRetries": 3,
        "numMaxDelayRetries": 20,
        "backoffFunction": "exponential",
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    """A PagerDuty service, by its *Amazon CloudWatch* integration.

    Attributes:
        integration_key: 32 letters and digits. It stands in the template: whoever reads that can page your people.
        region: where the PagerDuty account is.

    Source: https://support.pagerduty.com/main/docs/amazon-cloudwatch-integration-guide
    """

    integration_key: str
    region: Literal["US", "EU"] = "US"

    def __post_init__(self) -> None:
        _key("PagerDuty.integration_key", self.integration_key, _PAGERDUTY, "32 letters and digits", "the Amazon CloudWatch integration")
        _region("PagerDuty.region", self.region)

    @property
    def address(self) -> str:
        """Where SNS posts to."""
        host = "events.eu.pagerduty.com" if self.region == "EU" else "events.pagerduty.com"
        return f"https://{host}/integration/{self.integration_key}/enqueue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opsgenie:
    """An Opsgenie team, by its *Amazon CloudWatch* integration.

    Attributes:
        api_key: of that integration, a UUID. It stands in the template: whoever reads that can page your people.
        region: where the Opsgenie account is.

    Source: https://support.atlassian.com/opsgenie/docs/integrate-opsgenie-with-incoming-amazon-cloudwatch/
    """

    api_key: str
    region: Literal["US", "EU"] = "US"

    def __post_init__(self) -> None:
        _key("Opsgenie.api_key", self.api_key, _OPSGENIE, "a UUID in lower case", "the Amazon CloudWatch integration")
        _region("Opsgenie.region", self.region)

    @property
    def address(self) -> str:
        """Where SNS posts to."""
        host = "api.eu.opsgenie.com" if self.region == "EU" else "api.opsgenie.com"
        return f"https://{host}/v1/json/cloudwatch?apiKey={self.api_key}"


#: What SNS can reach by itself.
Address = str | PagerDuty | Opsgenie


def endpoints(where: str, addresses: Iterable[Address]) -> dict[str, tuple[str, str]]:
    """Address -> (SNS protocol, construct id), each checked; the id follows the address, so that a new colleague changes nobody's subscription."""
    plain = [address if isinstance(address, str) else address.address for address in addresses]
    return {address: _endpoint(where, address, plain) for address in plain}


def require_https(where: str, address: str, *, mend: str) -> None:
    """Refuse what no browser could open by HTTPS. What only the deployment knows is looked at as far as it is there.

    Raises:
        ConfigurationError: another scheme, no host, a port that is none, a space.
    """
    known = address.partition(_TOKEN)[0]
    if not (is_https(address) if known == address else known.startswith("https://")):
        raise ConfigurationError(where, given=address, allowed="an https:// address", mend=mend)


def is_https(address: str) -> bool:
    """Whether *address* is an ``https://`` URL with a host, a port that can be, and no character that must be escaped."""
    found = _HTTPS.fullmatch(address)
    return found is not None and int(found["port"] or 443) <= HIGHEST_PORT


def _endpoint(where: str, address: str, among: Sequence[str]) -> tuple[str, str]:
    if len(address) == 1:
        # A text is a sequence too, of its letters.
        raise ConfigurationError(where, given=address, allowed="a list of addresses", mend="put the address into brackets: [...]")
    if among.count(address) > 1:
        raise ConfigurationError(where, given=address, allowed="each address once", mend="remove the second one")
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    if _EMAIL.fullmatch(address):
        return "email", f"Email{digest}"
    if is_https(address):
        return "https", f"Https{digest}"
    raise ConfigurationError(
        where,
        given=address,
        allowed="an e-mail address (ops@example.com) or an https:// address",
        mend="correct the address; plain http would send alerts in the clear",
    )


def subscription(protocol: str, address: str, *, topic_arn: str, dead_letters_arn: str) -> dict[str, Any]:
    """The keywords of ``sns.CfnSubscription`` for one address."""
    return {
        "topic_arn": topic_arn,
        "protocol": protocol,
        "endpoint": address,
        "redrive_policy": {"deadLetterTargetArn": dead_letters_arn},
        "delivery_policy": HTTPS_DELIVERY if protocol == "https" else None,
    }


def _key(where: str, key: str, form: re.Pattern[str], allowed: str, of: str) -> None:
    if not form.fullmatch(key):
        # Not the key itself: a message ends in logs, and all but one letter of it may be right.
        raise ConfigurationError(where, given=f"{len(key)} characters", allowed=allowed, mend=f"copy the key of {of}")


def _region(where: str, region: str) -> None:
    if region not in ("US", "EU"):
        raise ConfigurationError(where, given=region, allowed="'US' or 'EU'", mend="look where the account's web address leads")
