"""Where data may be, and which kind it is: asked by every store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Tags
from constructs import IConstruct

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import DataClass

#: Ledger COST-2: the tag that says which kind of data a resource holds.
DATA_CLASS_TAG = "data-class"


def require_region(where: str, region: str | None, allowed: Sequence[str]) -> None:
    """Refuse *region*, of a store, replica or copy, that is not among *allowed*; none of these allows any.

    A region that only the deployment knows (None) cannot be judged here.

    Raises:
        ConfigurationError: a region outside.
    """
    if allowed and region is not None and region not in allowed:
        raise ConfigurationError(
            where,
            given=region,
            allowed=f"{', '.join(allowed)}: the posture's allowed_regions",
            mend="put it into one of them, or allow the region with posture.kept_in(...) if the data may be there",
        )


def region_of_arn(arn: str) -> str | None:
    """The region an ARN names; None where it is known at the deployment only, or where it names none."""
    parts = arn.split(":")
    return parts[3] if len(parts) > 5 and parts[3] and "${" not in parts[3] else None


def require_class(where: str, data_class: DataClass | None) -> DataClass:
    """*data_class*, which this store cannot do without.

    Raises:
        ConfigurationError: None.
    """
    if data_class is None:
        raise ConfigurationError(
            f"{where}: data_class",
            given=None,
            allowed="the class of the data it holds: it decides how long the data, its versions and backups are kept",
            mend="hand over posture.data.public, .internal, .confidential or .personal, or a DataClass of your own",
        )
    return data_class


def mark(construct: IConstruct, data_class: DataClass) -> None:
    """Tag everything in *construct* with the class of its data."""
    Tags.of(construct).add(DATA_CLASS_TAG, data_class.name)


def class_facts(data_class: DataClass) -> dict[str, Any]:
    """What the evidence needs of *data_class*, as JSON."""
    retention = data_class.retention
    return {
        "name": data_class.name,
        "personal": data_class.personal,
        "retention": retention.total_seconds() if retention else None,
        "noncurrent_retention": data_class.noncurrent_retention.total_seconds(),
        "backup_retention": data_class.backup_retention.total_seconds(),
    }
