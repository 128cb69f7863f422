"""AWS WAF in front of a load balancer, an API or a distribution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from aws_cdk import aws_kms as kms
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, GraphSpec
from prodready_constructs.edge.web_acl_rules import Exclusion
from prodready_constructs.posture import EdgePosture

Placement = Literal["REGIONAL", "CLOUDFRONT", "BEHIND_CLOUDFRONT"]


class WebAcl(Construct):
    """A web ACL (first form)."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        placement: Placement = "REGIONAL",
        path_limits: Mapping[str, int] | None = None,
        count_only: bool | Collection[str] = False,
        exclusions: Sequence[Exclusion] = (),
        blocked_countries: Collection[str] = (),
        allowed_countries: Collection[str] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.placement = placement
        #: The L1 itself.
        self.acl = wafv2.CfnWebACL(
            self,
            "Acl",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow=wafv2.CfnWebACL.AllowActionProperty()),
            scope="CLOUDFRONT" if placement == "CLOUDFRONT" else "REGIONAL",
            visibility_config=wafv2.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True, metric_name="WebAcl", sampled_requests_enabled=True
            ),
        )
        #: The ARN, for a distribution's ``web_acl_id``.
        self.arn = self.acl.attr_arn

    def protect(self, scope: Construct, resource_arn: str) -> wafv2.CfnWebACLAssociation:
        """Stand in front of *resource_arn*; the association is made under *scope*, in the protected resource's own stack."""
        return wafv2.CfnWebACLAssociation(scope, "WebAclAssociation", resource_arn=resource_arn, web_acl_arn=self.arn)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Surges of blocked requests."""
        return ()

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Allowed and blocked requests."""
        return ()
