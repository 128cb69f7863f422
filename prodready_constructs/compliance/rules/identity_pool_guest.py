"""An identity pool that hands AWS credentials to people who did not sign in, or to roles of their choice."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true


def _find(subject: Subject) -> Iterator[Hit]:
    for pool in subject.of_type("AWS::Cognito::IdentityPool"):
        if is_true(pool.get("AllowUnauthenticatedIdentities")):
            yield hit(pool, detail="Guests", note="It gives them to guests.")
        if is_true(pool.get("AllowClassicFlow")):
            yield hit(pool, detail="ClassicFlow", note="The classic flow does not narrow them to the session.")


RULE = Rule(
    name="IdentityPoolOpen",
    controls=("SEC-5",),
    why="AWS credentials reach people who did not sign in, or reach further than the pool's roles.",
    fix="AllowUnauthenticatedIdentities: false and AllowClassicFlow: false, as identity has; a pool whose guests may only send the measurements "
    "of a web page (CloudWatch RUM) is waived with that reason",
    find=_find,
)
