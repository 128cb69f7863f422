"""Addresses of AWS's console."""

from __future__ import annotations

#: Where the console of a partition is, by the start of the names of its regions (user guides of AWS GovCloud (US) and of AWS in China).
_HOSTS = (("cn-", "console.amazonaws.cn"), ("us-gov-", "console.amazonaws-us-gov.com"))


def dashboard_url(name: str, region: str) -> str:
    """The dashboard *name* in *region*; a region that only the deployment knows is taken for one of the commercial partition."""
    host = next((host for start, host in _HOSTS if region.startswith(start)), "console.aws.amazon.com")
    return f"https://{host}/cloudwatch/home?region={region}#dashboards/dashboard/{name}"
