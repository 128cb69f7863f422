"""How much of the edge: limits, geography, cache, headers and log retention."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture._check import one_of, within

#: What AWS WAF accepts for a rate-based rule (AWS::WAFv2::WebACL RateBasedStatement).
WAF_RATE_LIMITS = (10, 2_000_000_000)
WAF_WINDOWS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=10))
#: Capacity units that the price of a web ACL includes, and the most it can have (AWS WAF developer guide, "Web ACL capacity units").
WAF_UNITS = (1_500, 5_000)
#: The sizes of API Gateway's cache (AWS::ApiGateway::Stage CacheClusterSize).
API_CACHES_GIB = (0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118, 237)
#: The cache sizes AppSync offers (AWS::AppSync::ApiCache Type).
GRAPHQL_CACHES = ("SMALL", "MEDIUM", "LARGE", "XLARGE", "LARGE_2X", "LARGE_4X", "LARGE_8X", "LARGE_12X")
#: What AppSync logs of a field (AWS::AppSync::GraphQLApi FieldLogLevel); NONE, which it offers too, would leave errors unseen.
GRAPHQL_LOG_LEVELS = ("ERROR", "INFO", "DEBUG", "ALL")
#: The bounds of AWS::AppSync::GraphQLApi; its 0 means no limit at all.
GRAPHQL_DEPTHS = (1, 75)
GRAPHQL_RESOLVER_COUNTS = (1, 10_000)
#: The country codes AWS WAF knows (AWS WAF API reference, CountryCode: ISO 3166-1 alpha-2 and XK).
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD "
    "CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF "
    "GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN "
    "KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI "
    "SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI "
    "VN VU WF WS XK YE YT ZA ZM ZW "
)
COUNTRIES = frozenset(_COUNTRIES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePosture:
    """Degrees of the constructs of ``edge``: web ACLs, load balancers, REST APIs and websites.

    Attributes:
        rate_limit: requests of one address in *rate_window* before WAF blocks it, 10 to 2,000,000,000.
        rate_window: 1, 2, 5 or 10 minutes: the windows AWS WAF offers.
        blocked_countries: ISO 3166-1 alpha-2 codes turned away.
        allowed_countries: when any are given, CloudFront turns everybody else away.
        bot_control: AWS WAF Bot Control for common bots; AWS charges for it by the request.
        waf_capacity: capacity units a web ACL may use: 1,500 are included in its price, up to 5,000 cost more for each request.
        throttle_rate, throttle_burst: API Gateway's steady requests a second and burst, for the stage.
        api_cache_gib: size of API Gateway's cache, which AWS charges for by the hour; None for no cache.
        graphql_introspection: whether callers may ask a GraphQL API for its schema.
        graphql_query_depth: how deep a query may nest, 1 to 75; graphql_resolver_count: how many resolvers it may call, 1 to 10,000.
        graphql_log_level: what AppSync logs of a field; never its content.
        graphql_detailed_metrics: metrics of each operation, resolver and data source, which CloudWatch charges for.
        graphql_cache: size of AppSync's cache, made with the first cached field and charged for by the hour; None for no cache.
        price_class: which CloudFront locations serve the site.
        log_retention: access logs; security_log_retention: WAF logs.
        hsts_max_age: Strict-Transport-Security of websites and load balancers.
    """

    rate_limit: int
    rate_window: timedelta
    blocked_countries: tuple[str, ...]
    allowed_countries: tuple[str, ...]
    bot_control: bool
    waf_capacity: int
    throttle_rate: int
    throttle_burst: int
    api_cache_gib: float | None
    graphql_introspection: bool
    graphql_query_depth: int
    graphql_resolver_count: int
    graphql_log_level: Literal["ERROR", "INFO", "DEBUG", "ALL"]
    graphql_detailed_metrics: bool
    graphql_cache: Literal["SMALL", "MEDIUM", "LARGE", "XLARGE", "LARGE_2X", "LARGE_4X", "LARGE_8X", "LARGE_12X"] | None
    price_class: Literal["100", "200", "ALL"]
    log_retention: timedelta
    security_log_retention: timedelta
    hsts_max_age: timedelta

    def __post_init__(self) -> None:
        within("EdgePosture.rate_limit", self.rate_limit, *WAF_RATE_LIMITS, because="AWS WAF's range for a rate-based rule")
        one_of("EdgePosture.rate_window", self.rate_window, WAF_WINDOWS, because="the evaluation windows AWS WAF offers")
        known_countries("EdgePosture.blocked_countries", self.blocked_countries)
        within("EdgePosture.waf_capacity", self.waf_capacity, *WAF_UNITS, because="AWS WAF includes 1,500 units and takes 5,000")
        known_countries("EdgePosture.allowed_countries", self.allowed_countries)
        if both := sorted(set(self.blocked_countries) & set(self.allowed_countries)):
            raise ConfigurationError(
                "EdgePosture.allowed_countries",
                given=f"{', '.join(both)}, blocked as well",
                allowed="countries that are not among blocked_countries",
                mend="decide for one of both",
            )
        within(
            "EdgePosture.throttle_rate", self.throttle_rate, 1, 10_000, because="API Gateway's account limit is 10,000 requests a second"
        )
        within("EdgePosture.throttle_burst", self.throttle_burst, 1, 5_000, because="API Gateway's account burst is 5,000 requests")
        one_of("EdgePosture.api_cache_gib", self.api_cache_gib, (None, *API_CACHES_GIB), because="the cache sizes API Gateway offers")
        within("EdgePosture.graphql_query_depth", self.graphql_query_depth, *GRAPHQL_DEPTHS, because="AppSync's range for a query's depth")
        within(
            "EdgePosture.graphql_resolver_count",
            self.graphql_resolver_count,
            *GRAPHQL_RESOLVER_COUNTS,
            because="AppSync's range for a query",
        )
        one_of("EdgePosture.graphql_log_level", self.graphql_log_level, GRAPHQL_LOG_LEVELS, because="errors are always logged")
        one_of("EdgePosture.graphql_cache", self.graphql_cache, (None, *GRAPHQL_CACHES), because="the cache sizes AppSync offers")
        one_of("EdgePosture.price_class", self.price_class, ("100", "200", "ALL"), because="CloudFront's price classes")


def known_countries(field: str, codes: Collection[str]) -> None:
    """Refuse a country code that AWS WAF does not know."""
    unknown = sorted(set(codes) - COUNTRIES)
    if unknown:
        raise ConfigurationError(
            field,
            given=", ".join(unknown),
            allowed="ISO 3166-1 alpha-2 codes in capitals that AWS WAF knows, such as 'DE' or 'GB'",
            mend="look the country up in ISO 3166-1",
        )
