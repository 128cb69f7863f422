"""AWS WAF in front of a load balancer, an API or a distribution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from aws_cdk import Aws, Fn, Names
from aws_cdk import aws_kms as kms
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.edge.waf import alarms
from prodready_constructs.edge.waf.rules import DEFAULT_PATH_LIMITS, EXCLUDED_PATH_UNITS, PATH_LIMIT_UNITS, Acl, Exclusion, Rule, plan
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, EncryptedLogGroup, Part
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-1",
        how="Web ACL with rate rules by address and by path, AWS managed groups against XSS, SQL injection, known bad inputs and bad "
        "addresses, encrypted logs without credentials, alarms on surges",
        frameworks=("NIST 800-53 r5 SC-5", "NIST 800-53 r5 SC-7", "NIST 800-53 r5 AU-2", "PCI DSS 3.2.1 6.6", "SOC 2 CC6.6"),
    ),
)
Placement = Literal["REGIONAL", "CLOUDFRONT", "BEHIND_CLOUDFRONT"]
#: Capacity units in the basic price of a web ACL; 5,000 is the most it can have. Source: AWS WAF developer guide, "Web ACL capacity units".
INCLUDED_UNITS = 1_500
#: What the logs and the sampled requests never show.
CREDENTIAL_HEADERS = ("authorization", "cookie")
#: A part of the stack's id, new with every creation: a log group that outlived its stack is not in the way of the next. Made once.
_INCARNATION = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))


class WebAcl(Part):
    """A web ACL with rate limits, the AWS managed rules and logs.

    Always: a rate rule by address; the managed groups against bad addresses, XSS, known bad inputs and SQL injection; metrics and samples
    of every rule; logs in an encrypted log group, with authorization and cookies taken out of the logs and of the samples.
    *posture* decides how much: the rate and its window, countries turned away, bot control, log retention.

    Args:
        placement: ``REGIONAL`` where visitors connect themselves; ``CLOUDFRONT`` for a distribution (in us-east-1); ``BEHIND_CLOUDFRONT``
            for a load balancer or API that only CloudFront calls: visitors are told apart by ``X-Forwarded-For``, and the lists of bad
            addresses stay with the distribution's own web ACL.
        path_limits: path prefix -> requests of one address in 10 minutes, AWS WAF's longest window.
        count_only: rules on trial, by name, or True for all: they count and log, and block nothing.
        exclusions: where a managed group does not apply.
        blocked_countries: turned away, beside the posture's.
        allowed_countries: when given, everybody else is turned away.
        encryption_key: for the logs; must admit CloudWatch Logs. A key of its own when None.

    Raises:
        ConfigurationError: ``CLOUDFRONT`` outside us-east-1, more than 1,500 capacity units, or a limit, path, country or name WAF refuses.

    Sources: https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html (NIST 800-53 r5 SC-7, PCI DSS 6.6)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        placement: Placement = "REGIONAL",
        path_limits: Mapping[str, int] = DEFAULT_PATH_LIMITS,
        count_only: bool | Collection[str] = False,
        exclusions: Sequence[Exclusion] = (),
        blocked_countries: Collection[str] = (),
        allowed_countries: Collection[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        #: Where it stands.
        self.placement = placement
        self._require_us_east_1(where)
        rules = plan(
            where,
            posture=posture,
            forwarded=placement == "BEHIND_CLOUDFRONT",
            path_limits=path_limits,
            exclusions=exclusions,
            blocked=blocked_countries,
            allowed=allowed_countries,
        )
        self._names = tuple(rule.name for rule in rules)
        trial = _on_trial(where, count_only, self._names)
        #: The capacity units of all rules, as AWS WAF's guide computes them; the true number may be lower, where WAF shares work.
        self.capacity = 0
        self._use(sum(rule.units for rule in rules))
        #: The name in metrics, unique in the account and region.
        self.metric_name = Names.unique_resource_name(self, max_length=100, separator="-")
        self._rules = [_rule(rule, place, rule.name in trial) for place, rule in enumerate(rules)]
        #: The L1 itself; there is no L2 for web ACLs.
        self.acl = Acl(
            self,
            "Acl",
            scope="CLOUDFRONT" if placement == "CLOUDFRONT" else "REGIONAL",
            default_action=Acl.DefaultActionProperty(allow=Acl.AllowActionProperty()),
            visibility_config=_seen_as(self.metric_name),
            rules=self._rules,
            data_protection_config=Acl.DataProtectionConfigProperty(
                data_protections=[
                    Acl.DataProtectProperty(
                        action="SUBSTITUTION",
                        field=Acl.FieldToProtectProperty(field_type="SINGLE_HEADER", field_keys=list(CREDENTIAL_HEADERS)),
                    )
                ]
            ),
        )
        #: The ARN, for a distribution's ``web_acl_id``.
        self.arn = self.acl.attr_arn
        key = encryption_key or DataKey(self, "Key", description=f"WAF logs of {where}", encrypts_logs=True).key
        logs = EncryptedLogGroup(
            self,
            "Logs",
            retention=posture.security_log_retention,
            encryption_key=key,
            # AWS WAF demands the prefix.
            name=f"aws-waf-logs-{self.metric_name}-{_INCARNATION}",
        )
        #: The log group of all requests that a rule looked at.
        self.log_group = logs.log_group
        self._log_group_name = self.log_group.log_group_name
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.arn,
            # The ARN without ':*', which is the only form AWS WAF takes; AWS adds the log group's resource policy by itself.
            log_destination_configs=[
                Fn.sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}", {"Name": self._log_group_name})
            ],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header}) for header in CREDENTIAL_HEADERS
            ],
        )
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            capacity=self.capacity,
            rules=list(self._names),
            on_trial=sorted(trial),
            exclusions=[exclusion.as_fact() for exclusion in exclusions],
        )

    def protect(self, scope: Construct, resource_arn: str, *, construct_id: str = "WebAclAssociation") -> wafv2.CfnWebACLAssociation:
        """Stand in front of *resource_arn*.

        Args:
            scope: under which the association is made: the protected resource's construct, so that it lives and dies with it.
            resource_arn: a load balancer, an API Gateway stage, an AppSync API or a Cognito user pool of this region.
            construct_id: of the association, where *scope* has several.

        Raises:
            ConfigurationError: a web ACL for CloudFront: a distribution takes ``arn`` as its ``web_acl_id`` instead.
        """
        if self.placement == "CLOUDFRONT":
            raise ConfigurationError(
                f"{scope.node.path}: web_acl",
                given="a web ACL for CloudFront",
                allowed="a regional web ACL",
                mend="make one with placement='REGIONAL' (or 'BEHIND_CLOUDFRONT'); a distribution takes web_acl_id=acl.arn",
            )
        return wafv2.CfnWebACLAssociation(scope, construct_id, resource_arn=resource_arn, web_acl_arn=self.arn)

    def add_rule(self, *, name: str, statement: wafv2.CfnWebACL.StatementProperty, units: int, count_only: bool = False) -> None:
        """Block what *statement* matches, after all other rules.

        Args:
            name: of the rule and of its metric; letters, digits, ``-`` and ``_``.
            units: its capacity (``aws wafv2 check-capacity`` says it).
            count_only: on trial: it counts and blocks nothing.

        Raises:
            ConfigurationError: a name that is taken, or no capacity left.
        """
        if name in self._names:
            raise ConfigurationError(
                f"{self.path}: add_rule", given=name, allowed=f"a name other than {', '.join(self._names)}", mend="choose another name"
            )
        self._use(units)
        self._names += (name,)
        self._rules.append(_rule(Rule(name, statement, units), len(self._rules), count_only))
        self.acl.rules = list(self._rules)

    def _use(self, units: int) -> None:
        if self.capacity + units > INCLUDED_UNITS:
            raise ConfigurationError(
                f"{self.path}: capacity",
                given=f"{self.capacity + units} web ACL capacity units",
                allowed=f"{INCLUDED_UNITS}, which the price of a web ACL includes",
                mend=f"a path limit costs {PATH_LIMIT_UNITS} units and an excluded path {EXCLUDED_PATH_UNITS}: give fewer paths, "
                "or exclude by rule, which costs none",
            )
        self.capacity += units

    def _require_us_east_1(self, where: str) -> None:
        if self.placement == "CLOUDFRONT" and (region := self.stated_region) not in (None, CLOUDFRONT_REGION):
            raise ConfigurationError(
                f"{where}: placement",
                given=f"CLOUDFRONT in a stack of {region}",
                allowed=f"a stack of {CLOUDFRONT_REGION}, where CloudFront looks for web ACLs",
                mend=f"make it in an edge stack of {CLOUDFRONT_REGION}",
            )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Surges of blocked and of rate-limited requests."""
        return alarms.specs(self.metric_name, self._names, self.placement, arn=self.arn, log_group=self._log_group_name)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests allowed and blocked, and blocked by rule."""
        return alarms.graphs(self.metric_name, self._names, self.placement)


def _on_trial(where: str, count_only: bool | Collection[str], names: Sequence[str]) -> set[str]:
    trial = (set(names) if count_only else set()) if isinstance(count_only, bool) else set(count_only)
    if unknown := sorted(trial - set(names)):
        raise ConfigurationError(
            f"{where}: count_only", given=", ".join(unknown), allowed=f"rules of this web ACL: {', '.join(names)}", mend="use their names"
        )
    return trial


def _rule(rule: Rule, place: int, trial: bool) -> wafv2.CfnWebACL.RuleProperty:
    count = Acl.CountActionProperty()
    # A managed group brings its own actions, which an override sets aside; a rule of ours has an action itself.
    override = (Acl.OverrideActionProperty(count={}) if trial else Acl.OverrideActionProperty(none={})) if rule.managed else None
    action = (
        None if rule.managed else Acl.RuleActionProperty(count=count) if trial else Acl.RuleActionProperty(block=Acl.BlockActionProperty())
    )
    return Acl.RuleProperty(
        name=rule.name,
        priority=place,
        statement=rule.statement,
        action=action,
        override_action=override,
        visibility_config=_seen_as(rule.name),
    )


def _seen_as(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return Acl.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True)
