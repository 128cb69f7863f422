"""What a repository deletes: never what may run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import NoReturn

from aws_cdk import Duration
from aws_cdk import aws_ecr as ecr

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.images.tags import can_meet, check_pattern, matches
from prodready_constructs.posture import ImagesPosture

#: The order of rules. The first rule that an image matches decides, but a rule that counts counts the images of the others too: previews
#: that were tagged like releases would push releases out. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
_UNTAGGED, _FIRST_EXPIRY, _RELEASES = 1, 10, 900
#: The most rules of a lifecycle policy. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
MOST_RULES = 50
SHORTEST_EXPIRY = timedelta(days=1)


def standing_rules(posture: ImagesPosture, *, release_tags: str) -> list[ecr.LifecycleRule]:
    """Delete what has no tag after a while, and all but the newest releases."""
    return [
        ecr.LifecycleRule(
            rule_priority=_UNTAGGED,
            description="Images without a tag",
            tag_status=ecr.TagStatus.UNTAGGED,
            max_image_age=_days(posture.untagged_retention.days),
        ),
        ecr.LifecycleRule(
            rule_priority=_RELEASES,
            description="All but the newest releases",
            tag_status=ecr.TagStatus.TAGGED,
            tag_pattern_list=[release_tags],
            max_image_count=posture.kept_releases,
        ),
    ]


def expiry_rule(
    where: str, tags: str, *, after: timedelta, release_tags: str, already: Mapping[str, timedelta], running: Iterable[str]
) -> ecr.LifecycleRule:
    """Delete images tagged like *tags* some time after they were pushed.

    Raises:
        ConfigurationError: it would delete releases, or an image that is said to run; twice the same; less than a day.
    """
    check_pattern(f"{where}: tags", tags)
    if after < SHORTEST_EXPIRY or after != timedelta(days=after.days):
        raise ConfigurationError(
            f"{where}: after", given=str(after), allowed="whole days, 1 or more, which is what ECR counts", mend="use timedelta(days=14)"
        )
    if can_meet(tags, release_tags):
        raise ConfigurationError(
            f"{where}: tags",
            given=tags,
            allowed=f"tags that no release has: those are tagged like {release_tags!r}, and one that runs for long would be deleted by its age",
            mend="tag previews apart, such as 'pr-*', and say how releases are tagged: release_tags='v*'",
        )
    if hit := sorted(tag for tag in running if matches(tags, tag)):
        _refuse_running(where, tags, hit[0])
    if tags in already or len(already) >= MOST_RULES - 2:
        raise ConfigurationError(
            f"{where}: tags", given=tags, allowed=f"each pattern once, {MOST_RULES - 2} in all", mend="join the patterns in one"
        )
    return ecr.LifecycleRule(
        rule_priority=_FIRST_EXPIRY + len(already),
        description=f"Images tagged like {tags}",
        tag_status=ecr.TagStatus.TAGGED,
        tag_pattern_list=[tags],
        max_image_age=_days(after.days),
    )


def check_running(where: str, tag: str, *, expiring: Iterable[str], mutable: Iterable[str]) -> None:
    """Refuse to run an image that lifecycle rules could delete under the running task.

    Raises:
        ConfigurationError: its tag expires, or may be moved to another image.
    """
    for pattern in expiring:
        if matches(pattern, tag):
            _refuse_running(where, pattern, tag)
    for pattern in mutable:
        if matches(pattern, tag):
            raise ConfigurationError(
                where,
                given=tag,
                allowed=f"a tag that stays with its image: {pattern!r} may be moved, and the image that runs would be deleted without its tag",
                mend="run a release's tag, or the digest sha256:...",
            )


def _refuse_running(where: str, pattern: str, tag: str) -> NoReturn:
    raise ConfigurationError(
        where,
        given=f"{tag!r} runs, and images tagged like {pattern!r} expire",
        allowed="a rule that leaves what runs: the next task could not be started",
        mend="run a release, or let the pattern mean other tags",
    )


@cache
def _days(days: int) -> Duration:
    return Duration.days(days)
