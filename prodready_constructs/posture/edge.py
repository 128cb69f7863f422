"""How much of the edge: limits, geography, cache, headers and log retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.posture._check import one_of, within

#: What AWS WAF accepts for a rate-based rule (AWS::WAFv2::WebACL RateBasedStatement).
WAF_RATE_LIMITS = (10, 2_000_000_000)
WAF_WINDOWS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10))


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePosture:
    """Degrees of the constructs of ``edge``: web ACLs, load balancers, REST APIs and websites.

    Attributes:
        rate_limit: requests of one address in *rate_window* before WAF blocks it, 10 to 2,000,000,000.
        rate_window: 1, 2, 5 or 10 minutes: the windows AWS WAF offers.
        blocked_countries: ISO 3166-1 alpha-2 codes turned away.
        throttle_rate, throttle_burst: API Gateway's steady requests a second and burst, for the stage.
        price_class: which CloudFront locations serve the site.
        log_retention: access logs; security_log_retention: WAF logs.
        hsts_max_age: Strict-Transport-Security of the website.
    """

    rate_limit: int
    rate_window: timedelta
    blocked_countries: tuple[str, ...]
    throttle_rate: int
    throttle_burst: int
    price_class: Literal["100", "200", "ALL"]
    log_retention: timedelta
    security_log_retention: timedelta
    hsts_max_age: timedelta

    def __post_init__(self) -> None:
        within("EdgePosture.rate_limit", self.rate_limit, *WAF_RATE_LIMITS, because="AWS WAF's range for a rate-based rule")
        one_of("EdgePosture.rate_window", self.rate_window, WAF_WINDOWS, because="the evaluation windows AWS WAF offers")
        within(
            "EdgePosture.throttle_rate", self.throttle_rate, 1, 10_000, because="API Gateway's account limit is 10,000 requests a second"
        )
        within("EdgePosture.throttle_burst", self.throttle_burst, 1, 5_000, because="API Gateway's account burst is 5,000 requests")
        one_of("EdgePosture.price_class", self.price_class, ("100", "200", "ALL"), because="CloudFront's price classes")
