"""How the objects of a bucket come back."""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import RecoveryFact


def recovery_facts(store: str, *, bucket: str, replica: str | None) -> tuple[RecoveryFact, ...]:
    """Versions, and the copy where there is one."""
    second = f"; a second copy in {replica}, usually within 15 minutes of the write" if replica else ""
    return (
        RecoveryFact(
            store=f"S3 bucket {store}",
            recovery_point=timedelta(0),
            recovery_time=timedelta(minutes=15),
            recovery_time_is="an assumption for thousands of objects; millions need S3 Batch Operations or AWS Backup",
            how=f"versions, which Object Lock keeps from being removed{second}",
            restore_commands=(
                f"aws s3api list-object-versions --bucket {bucket} --prefix <key>",
                f"aws s3api delete-object --bucket {bucket} --key <key> --version-id <delete marker>  # undo a deletion",
                f"aws s3api copy-object --bucket {bucket} --key <key> --copy-source '{bucket}/<key>?versionId=<version>'",
            ),
        ),
    )
