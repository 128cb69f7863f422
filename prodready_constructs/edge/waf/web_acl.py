"""AWS WAF in front of a load balancer, an API or a distribution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from aws_cdk import Annotations, Names
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as cloudwatch_logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.regions import CLOUDFRONT_REGION
from prodready_constructs.edge.waf import alarms
from prodready_constructs.edge.waf.addresses import AddressList
from prodready_constructs.edge.waf.limits import require_name
from prodready_constructs.edge.waf.logs import CREDENTIAL_ARGUMENTS, CREDENTIAL_HEADERS, WafLogs, keep_log, log_group_arn, own_log_group
from prodready_constructs.edge.waf.managed import Exclusion, LabelException
from prodready_constructs.edge.waf.rule import TOO_MANY, TOO_MANY_BODY, Rule, seen_as
from prodready_constructs.edge.waf.rule_book import RuleBook
from prodready_constructs.edge.waf.rules import DEFAULT_PATH_LIMITS, Plan, RuleValue
from prodready_constructs.edge.waf.statements import Acl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
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
#: Groups that AWS WAF takes in front of no user pool.
_NOT_FOR_POOLS = {"AccountTakeover", "AccountCreation"}


class WebAcl(Part):
    """A web ACL with rate limits, the AWS managed rules and logs.

    Always: a rate rule by address, answered with 429 and Retry-After; the managed groups against bad addresses, XSS, known bad inputs
    and SQL injection; metrics of every rule; logs, with authorization and cookies taken out of the logs and of the samples.
    *posture* decides how much: the rate and its window, countries turned away, bot control, capacity, log retention.

    Args:
        placement: ``REGIONAL`` where visitors connect themselves; ``CLOUDFRONT`` for a distribution (in us-east-1); ``BEHIND_CLOUDFRONT``
            for a load balancer or API that only CloudFront calls: visitors are told apart by ``X-Forwarded-For``, and the lists of bad
            addresses and bot control stay with the distribution's own web ACL.
        path_limits: path prefix -> requests of one address in 10 minutes, AWS WAF's longest window.
        rules: what is judged beside that: ``RateLimit``, ``AddressList``, ``Countries``, ``ManagedGroup``, ``LabelException``, ``BotControl``,
            ``AccountTakeover``, ``AccountCreation``, ``CustomRule``; each finds its place in the order.
        count_only: rules on trial, by name, or True for all: they count and log, and block nothing.
        exclusions: where a managed group does not apply.
        logs: where the log goes; an encrypted log group of its own by default.
        encryption_key: for that log group; must admit CloudWatch Logs. A key of its own when None.

    Raises:
        ConfigurationError: ``CLOUDFRONT`` outside us-east-1, more capacity units than the posture allows, or a rule that does not fit here.

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
        rules: Sequence[RuleValue] = (),
        count_only: bool | Collection[str] = False,
        exclusions: Sequence[Exclusion] = (),
        logs: WafLogs | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        #: Where it stands.
        self.placement = placement
        self._require_us_east_1()
        lists = [value for value in rules if isinstance(value, AddressList)]
        plan = Plan(
            where=self.path,
            posture=posture,
            placement=placement,
            path_limits=path_limits,
            values=rules,
            exclusions=exclusions,
            sets={one.name: one.sets_in(self, cloudfront=placement == "CLOUDFRONT") for one in lists},
        ).rules()
        self._logs = logs or WafLogs()
        self._book = RuleBook(self, plan, count_only=count_only, samples=self._logs.samples, capacity=posture.waf_capacity)
        #: The name in metrics, unique in the account and region.
        self.metric_name = Names.unique_resource_name(self, max_length=100, separator="-")
        #: The L1 itself; there is no L2 for web ACLs.
        self.acl = Acl(
            self,
            "Acl",
            scope="CLOUDFRONT" if placement == "CLOUDFRONT" else "REGIONAL",
            default_action=Acl.DefaultActionProperty(allow=Acl.AllowActionProperty()),
            visibility_config=seen_as(self.metric_name, samples=self._logs.samples),
            rules=self._book.rendered,
            custom_response_bodies={TOO_MANY: Acl.CustomResponseBodyProperty(content_type="APPLICATION_JSON", content=TOO_MANY_BODY)},
            data_protection_config=Acl.DataProtectionConfigProperty(
                data_protections=[
                    Acl.DataProtectProperty(
                        action="SUBSTITUTION", field=Acl.FieldToProtectProperty(field_type=kind, field_keys=list(names))
                    )
                    for kind, names in (("SINGLE_HEADER", CREDENTIAL_HEADERS), ("SINGLE_QUERY_ARGUMENT", CREDENTIAL_ARGUMENTS))
                ]
            ),
        )
        #: The ARN, for a distribution's ``web_acl_id``.
        self.arn = self.acl.attr_arn
        #: The log group of all requests that a rule looked at; None where the log goes to a bucket or a stream.
        self.log_group: cloudwatch_logs.ILogGroup | None = None
        group_name = None
        if (destination := self._logs.destination()) is None:
            self.log_group = own_log_group(self, self.metric_name, retention=posture.security_log_retention, encryption_key=encryption_key)
            group_name = self.log_group.log_group_name
            destination = log_group_arn(group_name)
        keep_log(self, self.arn, destination, self._logs)
        self._look = self._logs.look(group_name, cloudfront=placement == "CLOUDFRONT")
        if prices := self._book.prices:
            Annotations.of(self).add_info("; ".join(prices))
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            capacity=self.capacity,
            rules=self._book.names,
            on_trial=sorted(self._book.on_trial),
            exclusions=[exclusion.as_fact() for exclusion in exclusions],
            exceptions=[value.as_fact() for value in rules if isinstance(value, LabelException)],
            addresses=[one.as_fact() for one in lists],
        )

    @property
    def capacity(self) -> int:
        """The capacity units of all rules, as AWS WAF's guide computes them; the true number may be lower, where WAF shares work."""
        return self._book.budget.used

    def protect(self, scope: Construct, resource_arn: str, *, construct_id: str = "WebAclAssociation") -> wafv2.CfnWebACLAssociation:
        """Stand in front of *resource_arn*.

        Args:
            scope: under which the association is made: the protected resource's construct, so that it lives and dies with it.
            resource_arn: a load balancer, an API Gateway stage, an AppSync API or a Cognito user pool of this region.
            construct_id: of the association, where *scope* has several.

        Raises:
            ConfigurationError: a web ACL for CloudFront: a distribution takes ``arn`` as its ``web_acl_id`` instead; or one with fraud
                control in front of a user pool.
        """
        if self.placement == "CLOUDFRONT":
            raise ConfigurationError(
                f"{scope.node.path}: web_acl",
                given="a web ACL for CloudFront",
                allowed="a regional web ACL",
                mend="make one with placement='REGIONAL' (or 'BEHIND_CLOUDFRONT'); a distribution takes web_acl_id=acl.arn",
            )
        if ":cognito-idp:" in resource_arn and (fraud := sorted(_NOT_FOR_POOLS & {*self._book.names})):
            raise ConfigurationError(
                f"{scope.node.path}: web_acl",
                given=f"a web ACL with {', '.join(fraud)} in front of a user pool",
                allowed="a web ACL without fraud control: AWS WAF offers none for Cognito",
                mend="give the pool a web ACL of its own; Cognito has threat protection itself",
            )
        return wafv2.CfnWebACLAssociation(scope, construct_id, resource_arn=resource_arn, web_acl_arn=self.arn)

    def add_rule(
        self, *, name: str, statement: wafv2.CfnWebACL.StatementProperty, units: int | None = None, count_only: bool = False
    ) -> None:
        """Block what *statement* matches, after all other rules.

        Args:
            name: of the rule and of its metric; letters, digits, ``-`` and ``_``.
            units: its capacity, for a rule group whose capacity only AWS knows; computed otherwise.
            count_only: on trial: it counts and blocks nothing.

        Raises:
            ConfigurationError: a name that is taken, or no capacity left.
        """
        require_name(f"{self.path}: add_rule", name)
        if name in (names := self._book.names):
            raise ConfigurationError(
                f"{self.path}: add_rule", given=name, allowed=f"a name other than {', '.join(names)}", mend="choose another name"
            )
        group = statement.managed_rule_group_statement is not None or statement.rule_group_reference_statement is not None
        self._book.add(Rule(name=name, statement=statement, units=units, does="group" if group else "block"), trial=count_only)
        self.acl.rules = list(self._book.rendered)

    def reserve_capacity(self, name: str, units: int) -> None:
        """Keep *units* free for a rule group that AWS adds by itself, such as Shield Advanced's mitigations.

        Raises:
            ConfigurationError: no capacity left.
        """
        self._book.budget.take({name: units})

    def _require_us_east_1(self) -> None:
        if self.placement == "CLOUDFRONT" and (region := self.stated_region) not in (None, CLOUDFRONT_REGION):
            raise ConfigurationError(
                f"{self.path}: placement",
                given=f"CLOUDFRONT in a stack of {region}",
                allowed=f"a stack of {CLOUDFRONT_REGION}, where CloudFront looks for web ACLs",
                mend=f"make it in an edge stack of {CLOUDFRONT_REGION}",
            )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Surges of blocked and of rate-limited requests, and of what rules on trial would have blocked."""
        return alarms.specs(self._watched)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests allowed and blocked, and blocked by rule."""
        return alarms.graphs(self._watched)

    @property
    def _watched(self) -> alarms.Watched:
        return alarms.Watched(
            name=self.metric_name,
            rules=self._book.names,
            limits=[rule.name for rule in self._book.rules if rule.limits_rate],
            trial=self._book.on_trial,
            placement=self.placement,
            arn=self.arn,
            look=self._look,
            samples=self._logs.samples,
        )
