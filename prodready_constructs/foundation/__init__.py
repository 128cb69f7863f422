"""The ground floor: what every room needs and no room owns (roles without inline policies, rotating keys, kept logs)."""

from prodready_constructs.foundation.described import require_described
from prodready_constructs.foundation.keys import DataKey, own_key
from prodready_constructs.foundation.logs import EncryptedLogGroup
from prodready_constructs.foundation.part import ACCOUNT_ID, PARTITION, REGION, URL_SUFFIX, Part, path_of, stated_region_of
from prodready_constructs.foundation.residency import class_facts, mark, region_of_arn, require_class, require_region
from prodready_constructs.foundation.roles import ComposedRole
from prodready_constructs.foundation.schedules import Schedule
from prodready_constructs.foundation.subnets import require_subnets

__all__ = [
    "ACCOUNT_ID",
    "PARTITION",
    "REGION",
    "URL_SUFFIX",
    "ComposedRole",
    "DataKey",
    "EncryptedLogGroup",
    "Part",
    "Schedule",
    "class_facts",
    "mark",
    "own_key",
    "path_of",
    "region_of_arn",
    "require_class",
    "require_described",
    "require_region",
    "require_subnets",
    "stated_region_of",
]
