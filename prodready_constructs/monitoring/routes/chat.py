"""Chat channels that Amazon Q Developer in chat applications (formerly AWS Chatbot) tells of alerts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from constructs import Construct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole, Part

_WORKSPACE = re.compile(r"T[0-9A-Z]{8,}")
_CHANNEL = re.compile(r"[CG][0-9A-Z]{8,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
#: As the URL of a Teams channel has it: ``19%3a...%40thread.tacv2``.
_TEAMS_CHANNEL = re.compile(r"[a-zA-Z0-9\-_=+/.,]*%3[aA][a-zA-Z0-9\-_=+/.,]*%40[a-zA-Z0-9\-_=+/.,]*")
#: What ends a configuration's name.
_NAME = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """A Slack channel. Somebody must have let Amazon Q Developer into the workspace, and have invited it: ``/invite @Amazon Q``.

    Attributes:
        workspace_id: ``T0123ABCD``, as the console of Amazon Q Developer in chat applications shows it.
        channel_id: ``C0123ABCD``, the end of the channel's link; private ones may begin with ``G``.
    """

    workspace_id: str
    channel_id: str

    def __post_init__(self) -> None:
        _refuse("SlackChannel.workspace_id", self.workspace_id, _WORKSPACE, "T and at least 8 capital letters and digits")
        _refuse("SlackChannel.channel_id", self.channel_id, _CHANNEL, "C (or G) and at least 8 capital letters and digits")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsChannel:
    """A channel of Microsoft Teams. Somebody must have let Amazon Q Developer into the tenant, and have added its app to the team.

    Attributes:
        tenant_id, team_id: UUIDs (``tenantId`` and ``groupId`` of the channel's link).
        channel_id: as the channel's link has it, ``19%3a...%40thread.tacv2``.
    """

    tenant_id: str
    team_id: str
    channel_id: str

    def __post_init__(self) -> None:
        _refuse("TeamsChannel.tenant_id", self.tenant_id, _UUID, "a UUID")
        _refuse("TeamsChannel.team_id", self.team_id, _UUID, "a UUID")
        _refuse("TeamsChannel.channel_id", self.channel_id, _TEAMS_CHANNEL, "an id with %3a and %40, such as 19%3a...%40thread.tacv2")


ChatChannel = SlackChannel | TeamsChannel


class ChatConfiguration(Part):
    """One *channel* that hears of the topics in *topic_arns*.

    Always: nobody can do anything in AWS from the channel (its role may nothing, and its guardrail denies everything: left out, the guardrail
    would be AdministratorAccess); errors are logged.

    Args:
        channel: whom it tells. topic_arns: what it hears. name: of the configuration; no other of the account has it.

    Sources: https://docs.aws.amazon.com/chatbot/latest/adminguide/understanding-permissions.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-chatbot-slackchannelconfiguration.html
    """

    def __init__(self, scope: Construct, construct_id: str, *, channel: ChatChannel, topic_arns: Sequence[str], name: str) -> None:
        super().__init__(scope, construct_id)
        #: What the channel acts as in AWS. It may do nothing; grant it to read metrics, and relax the guardrail, to see graphs.
        self.role = ComposedRole(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description="A chat channel that hears of alerts and may do nothing",
        )
        #: The most that anybody can do from the channel: nothing.
        self.guardrail = iam.ManagedPolicy(
            self,
            "Guardrail",
            description="Nobody does anything in AWS from a chat channel",
            document=iam.PolicyDocument.from_json({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}),
        )
        role_arn, guardrails, topics = self.role.role_arn, [self.guardrail.managed_policy_arn], list(topic_arns)
        #: The configuration itself.
        self.configuration: chatbot.CfnSlackChannelConfiguration | chatbot.CfnMicrosoftTeamsChannelConfiguration
        if isinstance(channel, SlackChannel):
            self.configuration = chatbot.CfnSlackChannelConfiguration(
                self,
                "Configuration",
                configuration_name=name,
                iam_role_arn=role_arn,
                slack_workspace_id=channel.workspace_id,
                slack_channel_id=channel.channel_id,
                sns_topic_arns=topics,
                guardrail_policies=guardrails,
                logging_level="ERROR",
                user_role_required=False,
            )
        else:
            self.configuration = chatbot.CfnMicrosoftTeamsChannelConfiguration(
                self,
                "Configuration",
                configuration_name=name,
                iam_role_arn=role_arn,
                teams_tenant_id=channel.tenant_id,
                team_id=channel.team_id,
                teams_channel_id=channel.channel_id,
                sns_topic_arns=topics,
                guardrail_policies=guardrails,
                logging_level="ERROR",
                user_role_required=False,
            )


def chat_id(channel: ChatChannel) -> str:
    """The construct id of *channel*; it follows the channel, so that a second one does not move the first."""
    digest = hashlib.sha256(repr(channel).encode()).hexdigest()[:8]
    return f"{'Slack' if isinstance(channel, SlackChannel) else 'Teams'}{digest}"


def chat_name(path: str, construct_id: str) -> str:
    """A name that no other configuration of the account has (1 to 128 letters, digits, dashes)."""
    return f"{_NAME.sub('-', path)[-110:].strip('-')}-{construct_id}"


def _refuse(where: str, given: str, form: re.Pattern[str], allowed: str) -> None:
    if not form.fullmatch(given):
        raise ConfigurationError(where, given=given, allowed=allowed, mend="copy it from the channel's link, or from the console")
