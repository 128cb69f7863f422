"""AWS Shield Advanced for what the internet reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from aws_cdk import Annotations, Names
from aws_cdk import aws_iam as iam
from aws_cdk import aws_shield as shield
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.waf import shield_alarms
from prodready_constructs.edge.waf.shield_values import METRIC_REGIONS, ShieldContact, ShieldProtection, ShieldResponseTeam
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import PARTITION, ComposedRole, Part
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="SEC-9",
        how="Shield Advanced protections by resource, with health-based detection where a check is given, and an alarm for each",
        frameworks=("NIST 800-53 r5 SC-5", "SOC 2 A1.2"),
    ),
)
#: What Shield's own rule group takes of a web ACL (AWS WAF developer guide, "Shield Advanced subscriptions and AWS WAF costs").
MITIGATION_UNITS = 150
#: Said at every synth. Source: https://aws.amazon.com/shield/pricing/, as of 2026.
PRICE = (
    "Shield Advanced costs 3,000 USD a month for the whole organization, for at least one year and renewed by itself, and a charge for data "
    "transferred out; see https://aws.amazon.com/shield/pricing/. No template can subscribe: run `aws shield create-subscription` once in "
    "each account before the first deployment"
)
_DRT_POLICY = "service-role/AWSShieldDRTAccessPolicy"
Aggregation = Literal["SUM", "MEAN", "MAX"]


class ShieldAdvanced(Part):
    """Shield Advanced protections for resources of this account, and the way to AWS's response team.

    Always: an alarm for each resource; the price said at synth. The subscription itself is the account's, by hand and for a year.

    Args:
        protecting: the resources, each once.
        group: judge them together: ``SUM`` of their traffic (most cases), ``MEAN`` (they share it evenly), ``MAX`` (they do not share it).
        contacts: whom AWS calls by itself when a health check fails during an attack; needs Business or Enterprise Support.
        response_team: let AWS's response team at the account's web ACLs during an attack; one for each account.

    Raises:
        ConfigurationError: nothing to protect, a resource twice, one whose metrics are in another region, contacts without a phone or
            without a health check, or a web ACL without 150 units left for Shield's rules.

    Sources: https://docs.aws.amazon.com/waf/latest/developerguide/ddos-advanced-summary.html (NIST 800-53 r5 SC-5)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        protecting: Sequence[ShieldProtection],
        group: Aggregation | None = None,
        contacts: Sequence[ShieldContact] = (),
        response_team: ShieldResponseTeam | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._protected = tuple(protecting)
        self._require_resources()
        self._require_contacts(contacts)
        #: The protections, by name.
        self.protections = {one.name: self._protection(one) for one in self._protected}
        if group is not None:
            self._group(group)
        access = self._response_team(response_team) if response_team is not None else None
        if contacts:
            engagement = shield.CfnProactiveEngagement(
                self,
                "Engagement",
                proactive_engagement_status="ENABLED",
                emergency_contact_list=[
                    shield.CfnProactiveEngagement.EmergencyContactProperty(
                        email_address=one.email, phone_number=one.phone, contact_notes=one.notes
                    )
                    for one in contacts
                ],
            )
            if access is not None:
                engagement.add_resource_dependency(access)
        Annotations.of(self).add_info(PRICE)
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            protecting=[{"name": one.name, "kind": one.kind, "mitigate": one.mitigate} for one in self._protected],
            engaged=bool(contacts),
        )

    def _protection(self, one: ShieldProtection) -> shield.CfnProtection:
        response = None
        if one.mitigate is not None and one.web_acl is not None:
            one.web_acl.reserve_capacity(f"Shield{one.name}", MITIGATION_UNITS)
            action = shield.CfnProtection.ActionProperty
            response = shield.CfnProtection.ApplicationLayerAutomaticResponseConfigurationProperty(
                status="ENABLED", action=action(block={}) if one.mitigate == "block" else action(count={})
            )
        return shield.CfnProtection(
            self,
            one.name,
            name=one.name,
            resource_arn=one.resource_arn,
            health_check_arns=[f"arn:{PARTITION}:route53:::healthcheck/{one.health_check_id}"] if one.health_check_id else None,
            application_layer_automatic_response_configuration=response,
        )

    def _group(self, aggregation: Aggregation) -> None:
        if aggregation not in {"SUM", "MEAN", "MAX"}:
            raise ConfigurationError(
                f"{self.path}: group", given=aggregation, allowed="SUM, MEAN or MAX", mend="SUM fits most: the traffic of all together"
            )
        group = shield.CfnProtectionGroup(
            self,
            "Group",
            # AWS demands a name.
            protection_group_id=Names.unique_resource_name(self, max_length=36, separator="-"),
            aggregation=aggregation,
            pattern="ARBITRARY",
            members=[one.resource_arn for one in self._protected],
        )
        for protection in self.protections.values():
            group.add_resource_dependency(protection)

    def _response_team(self, team: ShieldResponseTeam) -> shield.CfnDRTAccess:
        role = ComposedRole(
            self, "ResponseTeam", assumed_by=iam.ServicePrincipal("drt.shield.amazonaws.com"), description="AWS's Shield response team"
        )
        role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(_DRT_POLICY))
        waive(
            role,
            rule=f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{_DRT_POLICY}]",
            because="AWS accepts no other policy for the response team: AssociateDRTRole demands AWSShieldDRTAccessPolicy on the role",
            owner="platform",
        )
        return shield.CfnDRTAccess(self, "Access", role_arn=role.role_arn, log_bucket_list=list(team.log_buckets) or None)

    def _require_resources(self) -> None:
        if not self._protected:
            raise ConfigurationError(
                f"{self.path}: protecting",
                given="no resource",
                allowed="at least one: a subscription protects nothing by itself",
                mend="name one",
            )
        for what in ([one.name for one in self._protected], [one.resource_arn for one in self._protected]):
            if twice := sorted({one for one in what if what.count(one) > 1}):
                raise ConfigurationError(
                    f"{self.path}: protecting",
                    given=f"{', '.join(twice)} twice",
                    allowed="each name and resource once",
                    mend="leave one out",
                )
        for one in self._protected:
            home = METRIC_REGIONS.get(one.kind) if one.kind else None
            if home is not None and self.stated_region not in {None, home}:
                raise ConfigurationError(
                    f"{self.path}: protecting",
                    given=f"{one.name} from a stack of {self.stated_region}",
                    allowed=f"a stack of {home}, where Shield reports on a {str(one.kind).replace('_', ' ')} and an alarm can see it",
                    mend=f"make a ShieldAdvanced in a stack of {home} for it",
                )

    def _require_contacts(self, contacts: Sequence[ShieldContact]) -> None:
        if not contacts:
            return
        if len(contacts) > 10 or not any(one.phone for one in contacts):
            raise ConfigurationError(
                f"{self.path}: contacts",
                given=f"{len(contacts)} contacts, {sum(one.phone is not None for one in contacts)} with a phone",
                allowed="1 to 10 contacts, one of them with a phone",
                mend="add the number of whoever is on call",
            )
        if not any(one.health_check_id for one in self._protected):
            raise ConfigurationError(
                f"{self.path}: contacts",
                given="contacts, and no resource with a health check",
                allowed="a health check on at least one resource: AWS calls only when one fails during an attack",
                mend="give a ShieldProtection health_check_id=",
            )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """An attack on each protected resource."""
        return shield_alarms.specs(self._protected)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """The attacks that Shield sees."""
        return shield_alarms.graphs(self._protected)
