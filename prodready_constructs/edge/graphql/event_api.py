"""A real-time API on AppSync Events: channels that known callers publish to and subscribe to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from aws_cdk import Names
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization, require_known_callers
from prodready_constructs.edge.graphql.code import ChannelCode
from prodready_constructs.edge.graphql.event_alarms import event_alarms, event_graphs, pascal
from prodready_constructs.edge.graphql.modes import event_providers
from prodready_constructs.edge.graphql.parts import admit, give_name, keep_logs, key_fact, log_role
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="WEB-6",
        how="AppSync event API: every channel namespace says who may publish and who may subscribe, nobody publishes by key, web ACL, custom "
        "domain, errors logged in an encrypted group",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-8", "HIPAA 164.312(a)(1)"),
    ),
)
#: AWS::AppSync::ChannelNamespace Name; underscores and dots are no part of it.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?")

#: What finds a key where a caller should be known.
_OPEN = "Prodready-OpenMethod"


class ProtectedEventApi(Part):
    """A real-time API for callers it knows: they publish over HTTPS or WebSocket, and hear over WebSocket.

    Always: no channel namespace without saying who may publish and subscribe; nobody publishes by API key; web ACL; errors logged to an
    encrypted group kept for the posture's time.

    AppSync Events offers no X-Ray, no verbose switch (hence errors only) and no limit of its own but quotas.

    Args:
        posture: degrees.
        authorization: the ways callers may be known; namespaces choose among them. IAM signatures when empty.
        domain: the API's own name, with its certificate in us-east-1; AppSync's name when None, with a warning.
        web_acl: in front of it; its own, regional, when None.
        encryption_key: of the logs; must admit CloudWatch Logs. Its own when None.

    Raises:
        ConfigurationError: an API key in first place, a certificate outside us-east-1.

    Sources: https://docs.aws.amazon.com/appsync/latest/eventapi/event-api-concepts.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        authorization: Sequence[AppSyncAuthorization] = (),
        domain: Domain | None = None,
        web_acl: WebAcl | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._authorization = require_known_callers(self.path, authorization)
        certificate = domain.require_us_east_1(wanted_by=self) if domain else None
        role = log_role(self)
        every = [appsync.CfnApi.AuthModeProperty(auth_type=one.mode) for one in self._authorization]
        known = [mode for mode, one in zip(every, self._authorization, strict=True) if one.mode != "API_KEY"]
        #: The L1 itself: the L2 brings a function for log retention as soon as it logs. Whatever is changed here is still judged at synth.
        self.api = appsync.CfnApi(
            self,
            "Api",
            name=Names.unique_resource_name(self, max_length=50, separator="-"),
            event_config=appsync.CfnApi.EventConfigProperty(
                auth_providers=event_providers(self._authorization),
                connection_auth_modes=every,
                # Every namespace of this construct says its own; these hold for those made past it.
                default_publish_auth_modes=known,
                default_subscribe_auth_modes=known,
                log_config=appsync.CfnApi.EventLogConfigProperty(cloud_watch_logs_role_arn=role.role_arn, log_level="ERROR"),
            ),
        )
        self._key = next((one for one in self._authorization if one.mode == "API_KEY"), None)
        if self._key:
            waive(self.api, rule=f"{_OPEN}[ConnectionAuthModes]", because=self._key.because, owner="platform")
        #: AppSync's id and ARN of the API.
        self.api_id, self.arn = self.api.attr_api_id, self.api.attr_api_arn
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs", encrypts_logs=True).key
        kept, self._log_group_name = keep_logs(self, role, api_id=self.api_id, retention=posture.log_retention, key=key)
        #: Where AppSync logs errors.
        self.log_group = kept.log_group
        admit(self, self._authorization, api_id=self.api_id, api_arn=self.arn)
        self._namespaces: list[str] = []
        #: What stands in front of it.
        self.web_acl = web_acl or WebAcl(self, "WebAcl", posture=posture, placement="REGIONAL", encryption_key=encryption_key)
        self.web_acl.protect(self, self.arn)
        give_name(self, api_id=self.api_id, domain=domain, certificate=certificate)
        #: Where events are published over HTTPS, and where clients connect.
        self.url = f"https://{domain.name if domain else self.api.attr_dns_http}/event"
        self.realtime_url = f"wss://{domain.name if domain else self.api.attr_dns_realtime}/event/realtime"
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            domain=domain.name if domain else None,
            authorization=[one.mode for one in self._authorization],
            api_key=key_fact(self._authorization),
        )

    def add_namespace(
        self,
        name: str,
        *,
        publish: Sequence[AppSyncAuthorization],
        subscribe: Sequence[AppSyncAuthorization],
        code: ChannelCode | None = None,
    ) -> appsync.CfnChannelNamespace:
        """Channels under ``/name/...``.

        Args:
            publish: the ways whose callers may; among those of the API.
            subscribe: the same; a key may subscribe and never publish.
            code: judges or changes events and subscriptions: ``ChannelCode.own_channel()``. Without it every subscriber may hear every
                channel of the namespace.

        Raises:
            ConfigurationError: a name malformed or twice, nobody who may, a way that the API does not have, or publishing by key.
        """
        where = f"{self.path}: namespace"
        if not _NAME.fullmatch(name) or pascal(name) in map(pascal, self._namespaces):
            raise ConfigurationError(
                where,
                given=name,
                allowed="1 to 50 letters, digits and hyphens, none at the ends, once",
                mend="give each namespace a name of its own, such as 'orders'",
            )
        for verb, ways in (("publish", publish), ("subscribe", subscribe)):
            if not ways or any(way not in self._authorization for way in ways):
                raise ConfigurationError(
                    f"{where} {name}: {verb}",
                    given=", ".join(way.mode for way in ways) or "nobody",
                    allowed=f"ways of the API: {', '.join(way.mode for way in self._authorization)}",
                    mend="name at least one, and give it to the API's authorization= as well",
                )
        if any(way.mode == "API_KEY" for way in publish):
            raise ConfigurationError(
                f"{where} {name}: publish",
                given="an API key",
                allowed="callers that are known: whoever holds the key could speak to every subscriber",
                mend="let a service publish with AppSyncAuthorization.iam()",
            )
        made = appsync.CfnChannelNamespace(
            self,
            f"Namespace-{name}",
            api_id=self.api_id,
            name=name,
            publish_auth_modes=[appsync.CfnChannelNamespace.AuthModeProperty(auth_type=way.mode) for way in publish],
            subscribe_auth_modes=[appsync.CfnChannelNamespace.AuthModeProperty(auth_type=way.mode) for way in subscribe],
            code_handlers=code.text if code else None,
        )
        if self._key and self._key in subscribe:
            waive(made, rule=f"{_OPEN}[SubscribeAuthModes]", because=self._key.because, owner="platform")
        self._namespaces.append(name)
        return made

    def grant_publish(self, grantee: iam.IGrantable, namespace: str) -> iam.Grant:
        """Let *grantee* connect and publish to the channels of *namespace* with an IAM signature.

        Raises:
            ConfigurationError: a namespace that was not added.
        """
        return self._grant(grantee, "appsync:EventPublish", namespace)

    def grant_subscribe(self, grantee: iam.IGrantable, namespace: str) -> iam.Grant:
        """Let *grantee* connect and subscribe to the channels of *namespace* with an IAM signature.

        Raises:
            ConfigurationError: a namespace that was not added.
        """
        return self._grant(grantee, "appsync:EventSubscribe", namespace)

    def _grant(self, grantee: iam.IGrantable, action: str, namespace: str) -> iam.Grant:
        if namespace not in self._namespaces:
            raise ConfigurationError(
                f"{self.path}: grant",
                given=namespace,
                allowed=f"namespaces of the API: {', '.join(self._namespaces) or 'none yet'}",
                mend="add the namespace first",
            )
        iam.Grant.add_to_principal(grantee=grantee, actions=["appsync:EventConnect"], resource_arns=[self.arn])
        return iam.Grant.add_to_principal(grantee=grantee, actions=[action], resource_arns=[f"{self.arn}/channelNamespace/{namespace}"])

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, refusals, latency, connections, events lost by namespace, and an API key that expires."""
        return event_alarms(
            api_id=self.api_id, log_group=self._log_group_name, namespaces=self._namespaces, authorization=self._authorization
        )

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency, and the events of each namespace."""
        return event_graphs(api_id=self.api_id, namespaces=self._namespaces)
