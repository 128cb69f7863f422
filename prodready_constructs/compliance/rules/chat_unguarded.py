"""A chat channel whose members may do more in AWS than anybody meant, or whose errors nobody can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, listed, mappings
from prodready_constructs.evidence.assembly import Resource, flat

CHANNELS = ("AWS::Chatbot::SlackChannelConfiguration", "AWS::Chatbot::MicrosoftTeamsChannelConfiguration")
POLICIES = "AWS::IAM::ManagedPolicy"
#: AWS's own policies that bound next to nothing.
ADMIN = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
#: AWS's own policies whose names say that they only look.
LOOKING = ("ReadOnly", "ViewOnly")
_READS = ("BatchGet", "Describe", "Filter", "Get", "List", "Lookup", "Search", "View")
_OF_AWS = re.compile(r":iam::aws:policy/(?:[\w-]+/)*(?P<name>\w+)$")


def _statements(policy: Resource, effect: str) -> Iterator[list[str]]:
    """The actions of the statements of *policy* with *effect*: what it does not allow by name (``NotAction``) it allows."""
    for statement in mappings(listed(policy.get("PolicyDocument", "Statement"))):
        if statement.get("Effect") == effect:
            yield ["*"] if effect == "Allow" and "NotAction" in statement else [str(one) for one in listed(statement.get("Action"))]


def _denies_everything(policy: Resource) -> bool:
    return any(
        statement.get("Effect") == "Deny"
        and "*" in listed(statement.get("Action"))
        and "*" in listed(statement.get("Resource"))
        and not statement.get("Condition")
        for statement in mappings(listed(policy.get("PolicyDocument", "Statement")))
    )


def _is_admin(policy: Resource) -> bool:
    return any("*" in actions for actions in _statements(policy, "Allow"))


def _acts(policy: Resource) -> bool:
    """Whether it allows an action that changes something."""
    return any(not action.partition(":")[2].startswith(_READS) for actions in _statements(policy, "Allow") for action in actions)


def _find(subject: Subject) -> Iterator[Hit]:
    for channel in subject.of_type(*CHANNELS):
        guardrails = channel.get("GuardrailPolicies")
        ours = [one for one in subject.targets(channel, guardrails) if one.type == POLICIES]
        # What a policy of another app says is not known here.
        theirs = [match["name"] for one in listed(guardrails) if (match := _OF_AWS.search(flat(one)))]
        closed = any(map(_denies_everything, ours))
        if not guardrails:
            yield hit(channel, detail="Guardrail", note="It has no guardrail, and then it is AdministratorAccess.")
        elif not closed and (any(name in ADMIN for name in theirs) or any(map(_is_admin, ours))):
            yield hit(channel, detail="Guardrail", note="Its guardrail holds nothing back.")
        elif (
            not closed
            and not is_true(channel.get("UserRoleRequired"))
            and (any(map(_acts, ours)) or any(not any(word in name for word in LOOKING) for name in theirs))
        ):
            yield hit(channel, detail="UserRole", note="It allows actions, and everybody in the channel takes them by one role.")
        if channel.get("LoggingLevel") in (None, "NONE"):
            yield hit(channel, detail="Logging", note="What it could not deliver or refused is logged nowhere.")


RULE = Rule(
    name="ChatUnguarded",
    controls=("OPS-1",),
    why="A chat channel has more members than the account has operators, and each may type commands in it (Amazon Q Developer in chat "
    "applications, https://docs.aws.amazon.com/chatbot/latest/adminguide/understanding-permissions.html).",
    fix="GuardrailPolicies that deny or only read, UserRoleRequired where they allow more, LoggingLevel ERROR; monitoring.Routes gives its "
    "SlackChannel and TeamsChannel a guardrail that denies everything",
    find=_find,
)
