"""Bot Control and fraud control: managed groups that AWS charges for beside the web ACL.

Prices: https://aws.amazon.com/waf/pricing/. The figures below were compared with published copies of AWS's price list in 2026; where the
copies disagree there is no figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.edge.waf.statements import Acl, require_path
from prodready_constructs.errors import ConfigurationError

Config = wafv2.CfnWebACL.ManagedRuleGroupConfigProperty
_PRICES = "see https://aws.amazon.com/waf/pricing/"
PRICES = {
    "COMMON": f"Bot Control (common) costs about 10 USD a month and 1 USD for each million requests it looks at: {_PRICES}",
    "TARGETED": f"Bot Control (targeted) costs about 10 USD a month and 10 USD for each million requests it looks at: {_PRICES}",
    "AccountTakeover": f"Account takeover prevention costs about 10 USD a month and a charge for every thousand sign-ins it analyses: {_PRICES}",
    "AccountCreation": f"Account creation fraud prevention costs about 10 USD a month and a charge for every thousand sign-ups: {_PRICES}",
    "captcha": f"CAPTCHA costs about 0.40 USD for every thousand attempts: {_PRICES}",
    "challenge": f"Challenges are charged by the number served: {_PRICES}",
}
Payload = Literal["JSON", "FORM_ENCODED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BotControl:
    """AWS WAF Bot Control.

    Attributes:
        level: ``COMMON`` for bots that say what they are; ``TARGETED`` also for those that do not, with challenges and CAPTCHAs: browsers
            need JavaScript, and native apps AWS's SDK.
        paths: only requests whose path begins with one of these are looked at, and paid for. Everything when empty.
        machine_learning: ``TARGETED`` also learns the site's usual traffic.
    """

    level: Literal["COMMON", "TARGETED"] = "COMMON"
    paths: tuple[str, ...] = ()
    machine_learning: bool = True

    def __post_init__(self) -> None:
        if self.level not in {"COMMON", "TARGETED"}:
            raise ConfigurationError(
                "BotControl.level", given=self.level, allowed="COMMON or TARGETED", mend="begin with COMMON, in count_only"
            )
        for path in self.paths:
            require_path("BotControl.paths", path)

    @property
    def name(self) -> str:
        """Of the rule."""
        return "BotControl"

    @property
    def price(self) -> str:
        """What AWS charges for it."""
        return PRICES[self.level]

    def config(self) -> Config:
        """As AWS WAF takes it."""
        learning = self.machine_learning if self.level == "TARGETED" else None
        common = Acl.AWSManagedRulesBotControlRuleSetProperty(inspection_level=self.level, enable_machine_learning=learning)
        return Acl.ManagedRuleGroupConfigProperty(aws_managed_rules_bot_control_rule_set=common)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTakeover:
    """Account takeover prevention: stolen passwords and guessing at the sign-in.

    Attributes:
        login_path: POST requests whose path begins with it are sign-ins.
        username_field, password_field: where they are in the body: ``/user/name`` in JSON (a JSON pointer), ``username`` in a form.
        payload: ``JSON`` or ``FORM_ENCODED``.
        success_codes, failure_codes: HTTP statuses by which the service answers a sign-in; only for a distribution, and both or none.
    """

    login_path: str
    username_field: str
    password_field: str
    payload: Payload = "JSON"
    success_codes: tuple[int, ...] = ()
    failure_codes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_path("AccountTakeover.login_path", self.login_path)
        _require_fields("AccountTakeover", self.payload, username_field=self.username_field, password_field=self.password_field)
        _require_codes("AccountTakeover", self.success_codes, self.failure_codes)

    @property
    def name(self) -> str:
        """Of the rule."""
        return "AccountTakeover"

    @property
    def price(self) -> str:
        """What AWS charges for it."""
        return PRICES[self.name]

    def config(self) -> Config:
        """As AWS WAF takes it."""
        inspection = Acl.RequestInspectionProperty(
            payload_type=self.payload, username_field=_field(self.username_field), password_field=_field(self.password_field)
        )
        return Acl.ManagedRuleGroupConfigProperty(
            aws_managed_rules_atp_rule_set=Acl.AWSManagedRulesATPRuleSetProperty(
                login_path=self.login_path,
                enable_regex_in_path=False,
                request_inspection=inspection,
                response_inspection=_answers(self.success_codes, self.failure_codes),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreation:
    """Account creation fraud prevention: accounts made by machines.

    Attributes:
        registration_page_path: GET requests for the page with the form; creation_path: POST requests that make the account.
        email_field, username_field, password_field: where they are in the body; at least one.
        payload, success_codes, failure_codes: as for :class:`AccountTakeover`.
    """

    registration_page_path: str
    creation_path: str
    email_field: str | None = None
    username_field: str | None = None
    password_field: str | None = None
    payload: Payload = "JSON"
    success_codes: tuple[int, ...] = ()
    failure_codes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_path("AccountCreation.registration_page_path", self.registration_page_path)
        require_path("AccountCreation.creation_path", self.creation_path)
        fields = {"email_field": self.email_field, "username_field": self.username_field, "password_field": self.password_field}
        given = {name: value for name, value in fields.items() if value is not None}
        if not given:
            raise ConfigurationError(
                "AccountCreation", given="no field", allowed=", ".join(fields), mend="say where one of them is in the body"
            )
        _require_fields("AccountCreation", self.payload, **given)
        _require_codes("AccountCreation", self.success_codes, self.failure_codes)

    @property
    def name(self) -> str:
        """Of the rule."""
        return "AccountCreation"

    @property
    def price(self) -> str:
        """What AWS charges for it."""
        return PRICES[self.name]

    def config(self) -> Config:
        """As AWS WAF takes it."""
        inspection = Acl.RequestInspectionACFPProperty(
            payload_type=self.payload,
            email_field=_field(self.email_field) if self.email_field else None,
            username_field=_field(self.username_field) if self.username_field else None,
            password_field=_field(self.password_field) if self.password_field else None,
        )
        return Acl.ManagedRuleGroupConfigProperty(
            aws_managed_rules_acfp_rule_set=Acl.AWSManagedRulesACFPRuleSetProperty(
                registration_page_path=self.registration_page_path,
                creation_path=self.creation_path,
                enable_regex_in_path=False,
                request_inspection=inspection,
                response_inspection=_answers(self.success_codes, self.failure_codes),
            )
        )


Threat = BotControl | AccountTakeover | AccountCreation


def require_place(where: str, threat: Threat, placement: str) -> None:
    """Refuse *threat* where it cannot tell visitors apart, or has no answers to look at."""
    if placement == "BEHIND_CLOUDFRONT":
        raise ConfigurationError(
            f"{where}: rules",
            given=f"{threat.name} behind CloudFront",
            allowed="a web ACL that visitors meet first: the group tells them apart by the connecting address, which is CloudFront's here",
            mend="give it to the distribution's web ACL",
        )
    if placement != "CLOUDFRONT" and not isinstance(threat, BotControl) and threat.success_codes:
        raise ConfigurationError(
            f"{where}: rules",
            given=f"{threat.name} with success_codes in a {placement} web ACL",
            allowed="a distribution's web ACL: AWS WAF looks at answers for CloudFront only",
            mend="leave success_codes and failure_codes out",
        )


def _field(identifier: str) -> wafv2.CfnWebACL.FieldIdentifierProperty:
    return Acl.FieldIdentifierProperty(identifier=identifier)


def _answers(success: tuple[int, ...], failure: tuple[int, ...]) -> wafv2.CfnWebACL.ResponseInspectionProperty | None:
    if not success:
        return None
    codes = Acl.ResponseInspectionStatusCodeProperty(success_codes=list(success), failure_codes=list(failure))
    return Acl.ResponseInspectionProperty(status_code=codes)


def _require_fields(kind: str, payload: str, **fields: str) -> None:
    if payload not in {"JSON", "FORM_ENCODED"}:
        raise ConfigurationError(f"{kind}.payload", given=payload, allowed="JSON or FORM_ENCODED", mend="say what the form sends")
    for name, value in fields.items():
        if not value.strip() or len(value) > 512 or (payload == "JSON") != value.startswith("/"):
            raise ConfigurationError(
                f"{kind}.{name}",
                given=value,
                allowed="a JSON pointer such as '/user/name'" if payload == "JSON" else "a field of the form such as 'username'",
                mend=f"the payload is {payload}",
            )


def _require_codes(kind: str, success: tuple[int, ...], failure: tuple[int, ...]) -> None:
    both = {*success} & {*failure}
    if bool(success) != bool(failure) or both or any(not 100 <= code <= 599 for code in (*success, *failure)):
        raise ConfigurationError(
            f"{kind}.success_codes",
            given=f"{list(success)} beside failure_codes {list(failure)}",
            allowed="HTTP statuses (100 to 599) in both or neither, and none in both",
            mend="success_codes=(200,), failure_codes=(401,)",
        )
