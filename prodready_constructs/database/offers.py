"""Which instance classes RDS offers where. Data only.

Families of this library's classes that RDS for PostgreSQL (16, 17, 18) and RDS for MySQL (8.4) do not offer in a region; both engines offer the same.
Everywhere else they offer all. Source: the resource specification that cfn-lint packages, of 2026-10-20, which is made from the
AWS price list; see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.RegionSupport.html
"""

from __future__ import annotations

from prodready_constructs.database.classes import CLASSES
from prodready_constructs.database.engine import Engine
from prodready_constructs.errors import ConfigurationError

NOT_OFFERED: dict[str, tuple[str, ...]] = {
    region: tuple(families.split())
    for region, families in {
        "af-south-1": "m7g m7i r7g r7i r8g",
        "ap-east-1": "m7g m7i r7i",
        "ap-east-2": "m8g r8g",
        "ap-northeast-3": "m7i m8g r7i",
        "ap-south-2": "m7i r6i r7i",
        "ap-southeast-3": "m8g r6i",
        "ap-southeast-4": "m6i m8g r6i r7g r7i",
        "ap-southeast-6": "m8g r8g",
        "ap-southeast-7": "m7i m8g r7i r8g",
        "ca-central-1": "m8g",
        "ca-west-1": "m7g m7i r7i r8g t4g",
        "cn-north-1": "m6i m7i r6i r7i",
        "cn-northwest-1": "m6i m7i r6i r7i",
        "eu-central-2": "m6i m7i r6i r7i",
        "eu-south-1": "m7g m7i r8g",
        "eu-south-2": "m6i r6i",
        "eu-west-3": "r7g",
        "il-central-1": "m7i m8g r7i r8g",
        "me-central-1": "m6i m7i m8g r6i r7g r7i r8g",
        "me-south-1": "m7i m8g r7i r8g",
        "mx-central-1": "m8g",
        "us-gov-east-1": "m8g r6i",
        "us-gov-west-1": "m7g m8g r6i",
    }.items()
}


def check_offered(where: str, engine: Engine, name: str, region: str | None) -> None:
    """Refuse a class of *name* that RDS does not offer for *engine* in *region*; one that only the deployment knows (None) is not judged.

    Raises:
        ConfigurationError: not offered; with the nearest of the same kind and size that is.
    """
    missing = NOT_OFFERED.get(region or "", ())
    family, _, size = name.partition(".")
    if family not in missing:
        return
    offered = [one for one in _families() if one[0] == family[0] and one not in missing and f"{one}.{size}" in CLASSES]
    nearest = min(offered, key=lambda one: (abs(int(one[1]) - int(family[1])), one[2:] != family[2:], one))
    raise ConfigurationError(
        f"{where}: posture.instance_class",
        given=f"{name} for {engine.traits.title} {engine.major} in {region}",
        allowed=f"classes of {', '.join(one for one in _families() if one not in missing)}: what RDS offers there",
        mend=f"the nearest offered is {nearest}.{size}",
    )


def _families() -> list[str]:
    return sorted({name.split(".")[0] for name in CLASSES})
