"""A role for the users of an identity pool that other pools, or guests, can take too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, mappings
from prodready_constructs.evidence.assembly import flat

#: Of whatever partition: ``cognito-identity.amazonaws.com``, ``cognito-identity-us-gov.amazonaws.com``.
ISSUER = "cognito-identity"
#: What the condition is about -> what it would be without it.
DEMANDED = {"aud": "Any identity pool of any account may hand it out.", "amr": "It does not say whether for guests or for who signed in."}
#: Operators that hold only where the token has the value: ``ForAllValues`` and ``IfExists`` hold without one.
_EXACT = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _demands(condition: Any) -> Iterator[str]:
    """The claims that must have a value."""
    for operator, claims in condition.items() if isinstance(condition, dict) else ():
        if operator.removeprefix("ForAnyValue:") in _EXACT and isinstance(claims, dict):
            for claim, values in claims.items():
                issuer, _, name = claim.lower().rpartition(":")
                if issuer.startswith(ISSUER) and "*" not in _listed(values):
                    yield name


def _find(subject: Subject) -> Iterator[Hit]:
    for role in subject.of_type("AWS::IAM::Role"):
        statements = role.get("AssumeRolePolicyDocument", "Statement")
        for statement in mappings(_listed(statements)):
            principal = statement.get("Principal")
            federated = _listed(principal.get("Federated")) if isinstance(principal, dict) else []
            if statement.get("Effect") == "Allow" and any(flat(one).startswith(ISSUER) for one in federated):
                for claim in sorted(DEMANDED.keys() - set(_demands(statement.get("Condition")))):
                    yield hit(role, detail=claim, note=DEMANDED[claim])


RULE = Rule(
    name="IdentityRoleLoose",
    controls=("SEC-5",),
    why="The role is trusted to Amazon Cognito as a whole, where it is meant for the users of one identity pool.",
    fix="StringEquals cognito-identity.amazonaws.com:aud: <the pool's id>, and ForAnyValue:StringLike cognito-identity.amazonaws.com:amr: "
    "authenticated, as identity.GroupRoles has",
    find=_find,
)
