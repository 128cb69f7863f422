"""What an account has once for all its repositories of a region: how they are scanned, and where they are copied to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, Part, require_region
from prodready_constructs.posture import ImagesPosture

CONTROLS = (
    ControlClaim(
        control="STORE-5",
        how="Every image of the registry is scanned when it is pushed (and continuously when enhanced), and copied to the named regions",
        frameworks=("NIST 800-53 r5 RA-5", "NIST 800-53 r5 CP-9", "PCI DSS 3.2.1 6.1", "SOC 2 CC7.1"),
    ),
)
Singleton = Literal["create", "existing", "skip"]
SINGLETONS = ("create", "existing", "skip")
#: Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
MOST_REGIONS = 25
_PREFIX = re.compile(r"(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*")
#: Stack -> the registry in it.
_made: WeakKeyDictionary[Stack, str] = WeakKeyDictionary()


class ImageRegistry(Part):
    """Scanning and replication of an account's private registry in one region.

    Both are settings that AWS has once for each account and region, so each is said apart: ``create`` makes this stack its owner (and
    overwrites what is there), ``existing`` leaves it to a landing zone and states what it does, ``skip`` does without.

    A copy lands in a repository of the same name in the other region: make an ``ImageRepository`` with that ``name`` there first, or ECR makes
    one without key, lifecycle and immutable tags.

    Args:
        posture: basic or enhanced scanning, and the regions that are allowed.
        scanning: of all repositories whose name begins with one of *prefixes*.
        replication: of the same, to *replicate_to*.
        replicate_to: regions that get a copy of every image that is pushed from now on.
        prefixes: beginnings of names ("shop/"); all repositories when empty.

    Raises:
        ConfigurationError: two in a stack, a region that is the own one, not allowed or named twice, regions without replication or the
            other way round, a prefix that is none.

    Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-scanning.html,
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: ImagesPosture,
        scanning: Singleton = "create",
        replication: Singleton = "skip",
        replicate_to: Sequence[str] = (),
        prefixes: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._check(posture, scanning, replication, replicate_to, prefixes)
        #: The regions that hold a copy of every image.
        self.regions: tuple[str, ...] = tuple(replicate_to)
        #: The beginnings of the names that this is about; all when empty.
        self.prefixes: tuple[str, ...] = tuple(prefixes)
        #: The scanning of the registry, where this stack owns it.
        self.scanning: ecr.CfnRegistryScanningConfiguration | None = None
        #: The replication of the registry, where this stack owns it.
        self.replication: ecr.CfnReplicationConfiguration | None = None
        if scanning == "create":
            enhanced = posture.scanning == "enhanced"
            rule = ecr.CfnRegistryScanningConfiguration
            self.scanning = rule(
                self,
                "Scanning",
                scan_type="ENHANCED" if enhanced else "BASIC",
                rules=[
                    rule.ScanningRuleProperty(
                        scan_frequency="CONTINUOUS_SCAN" if enhanced else "SCAN_ON_PUSH",
                        repository_filters=[
                            rule.RepositoryFilterProperty(filter=f"{prefix}*", filter_type="WILDCARD") for prefix in prefixes or ("",)
                        ],
                    )
                ],
            )
        if replication == "create":
            copies = ecr.CfnReplicationConfiguration
            self.replication = copies(
                self,
                "Replication",
                replication_configuration=copies.ReplicationConfigurationProperty(
                    rules=[
                        copies.ReplicationRuleProperty(
                            destinations=[
                                copies.ReplicationDestinationProperty(region=region, registry_id=ACCOUNT_ID) for region in replicate_to
                            ],
                            repository_filters=[
                                copies.RepositoryFilterProperty(filter=prefix, filter_type="PREFIX_MATCH") for prefix in prefixes
                            ]
                            or None,
                        )
                    ]
                ),
            )
        record(
            self,
            controls=CONTROLS,
            tier="data",
            scanning={"is": scanning, "type": posture.scanning if scanning != "skip" else None},
            replication={"is": replication, "to": list(replicate_to)},
        )

    def copies(self, name: str) -> bool:
        """Whether images of the repository *name* are copied to other regions."""
        return bool(self.regions) and (not self.prefixes or any(name.startswith(prefix) for prefix in self.prefixes))

    def _check(
        self, posture: ImagesPosture, scanning: Singleton, replication: Singleton, regions: Sequence[str], prefixes: Sequence[str]
    ) -> None:
        where = self.path
        for field, value in (("scanning", scanning), ("replication", replication)):
            if value not in SINGLETONS:
                raise ConfigurationError(f"{where}: {field}", given=value, allowed=", ".join(SINGLETONS), mend="choose one of them")
        if self.stack in _made:
            raise ConfigurationError(
                where,
                given=f"a second ImageRegistry beside {_made[self.stack]}",
                allowed="one in a stack: the registry is one for the account and region",
                mend="put all prefixes and regions into one",
            )
        here = self.stated_region
        if (replication == "skip") == bool(regions) or len(regions) > MOST_REGIONS:
            raise ConfigurationError(
                f"{where}: replicate_to",
                given=list(regions),
                allowed=f"1 to {MOST_REGIONS} regions, or none with replication='skip'",
                mend="say replication='create' with the regions, or leave both out",
            )
        for region in regions:
            if region == here or list(regions).count(region) > 1:
                raise ConfigurationError(
                    f"{where}: replicate_to",
                    given=region,
                    allowed="other regions than the registry's own, each once",
                    mend="name a second region",
                )
            require_region(f"{where}: replicate_to", region, posture.allowed_regions)
        for prefix in prefixes:
            if not 2 <= len(prefix) <= 250 or not _PREFIX.fullmatch(prefix):
                raise ConfigurationError(
                    f"{where}: prefixes",
                    given=prefix,
                    allowed="2 to 250 small letters, digits, '.', '_', '-' and '/', as names of repositories begin",
                    mend="write it like 'shop/'",
                )
        _made[self.stack] = where
