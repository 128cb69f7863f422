"""How many images are kept, and how they are scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from prodready_constructs.posture._check import one_of, within

Scanning = Literal["basic", "enhanced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesPosture:
    """Degrees of ``images.ImageRepository`` and ``images.ImageRegistry``.

    Attributes:
        scanning: ``basic``: packages of the operating system, when an image is pushed; ``enhanced``: Amazon Inspector also reads
            the packages of programming languages, and looks again whenever a vulnerability becomes known (billed by the image).
        kept_releases: how many releases of a repository are kept: as far back as a deployment can be rolled back.
        untagged_retention: how long an image that lost its tag, or never had one, is kept.
        allowed_regions: the regions that repositories and their copies may be in; any where there are none.
    """

    scanning: Scanning
    kept_releases: int
    untagged_retention: timedelta
    allowed_regions: tuple[str, ...]

    def __post_init__(self) -> None:
        one_of("ImagesPosture.scanning", self.scanning, ("basic", "enhanced"), because="the scan types of Amazon ECR")
        within(
            "ImagesPosture.kept_releases",
            self.kept_releases,
            10,
            10_000,
            because="with fewer, a busy day of deployments deletes the release that still runs elsewhere or is rolled back to",
        )
        within(
            "ImagesPosture.untagged_retention",
            self.untagged_retention,
            timedelta(days=7),
            timedelta(days=365),
            because="a task that was started by digest must find its image when it is replaced; whole days",
        )
