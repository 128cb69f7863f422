"""How images come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact


def image_recovery(construct_id: str, *, name: str, regions: Sequence[str]) -> tuple[RecoveryFact, ...]:
    """By a copy in another region, where there is one, and by building again, always.

    Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
    """
    rebuilt = RecoveryFact(
        store=f"ECR repository {construct_id}",
        recovery_point=timedelta(0),
        recovery_time=timedelta(minutes=30),
        recovery_time_is="an assumption: one build and push; it needs the registries of the base images",
        how="images hold nothing that their commit does not: each is built from it again",
        restore_commands=(
            f"docker build --tag <account>.dkr.ecr.<region>.amazonaws.com/{name}:<tag> .  # at the commit of the release",
            f"docker push <account>.dkr.ecr.<region>.amazonaws.com/{name}:<tag>",
        ),
    )
    if not regions:
        return (rebuilt,)
    copied = RecoveryFact(
        store=f"ECR repository {construct_id}: copies in {', '.join(regions)}",
        recovery_point=timedelta(0),
        recovery_time=timedelta(0),
        recovery_time_is="the copy is pulled as it is; most images arrive within 30 minutes of their push (ECR user guide), younger ones are built again",
        how="every image is copied to a repository of the same name in the other regions when it is pushed",
        restore_commands=tuple(
            f"aws ecr describe-images --repository-name {name} --region {region} --query 'sort_by(imageDetails,&imagePushedAt)[-1].imageTags'"
            for region in regions
        ),
    )
    return (copied, rebuilt)
