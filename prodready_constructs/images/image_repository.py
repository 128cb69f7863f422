"""A repository of container images: scanned, immutable, and none deleted that may run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, EventSpec, GraphSpec, RecoveryFact, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part, own_key, require_region
from prodready_constructs.images.access import allow_accounts, allow_organization, deny_without_tls, waive_sign_in
from prodready_constructs.images.events import image_events
from prodready_constructs.images.image_registry import ImageRegistry
from prodready_constructs.images.lifecycle import check_running, expiry_rule, standing_rules
from prodready_constructs.images.recovery import image_recovery
from prodready_constructs.images.tags import DIGEST, EVERY, TAG, can_meet, check_pattern
from prodready_constructs.posture import ImagesPosture

CONTROLS = (
    ControlClaim(
        control="STORE-5",
        how="A private repository encrypted with a customer-managed key, tags that cannot be moved, scan on push, lifecycle rules that keep "
        "releases, retained with its stack; events of vulnerabilities and failed copies reach somebody",
        frameworks=("NIST 800-53 r5 RA-5", "NIST 800-53 r5 SC-28", "NIST 800-53 r5 SI-7", "PCI DSS 3.2.1 6.1", "SOC 2 CC7.1"),
    ),
)
#: Source: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_NAME = re.compile(r"(?=[a-z])(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*")
#: The most exclusions from immutability, and wildcards in one.
#: Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
MOST_EXCLUSIONS, MOST_EXCLUSION_WILDCARDS = 5, 2


class ImageRepository(Part):
    """A private ECR repository.

    Always: a customer-managed key, tags that stay with their image, scan on push, nothing answered without TLS, kept (with its images) when
    its stack is deleted. *posture* decides how many releases are kept, how long untagged images are, and which scanner's events are heard.

    Args:
        posture: degrees, and the regions that are allowed.
        name: the repository's name ("shop/api"); CloudFormation's when None. A repository that is replicated needs one, in both regions.
        release_tags: which tags are releases (``v*``), of which the newest are kept; every tag when ``*``. What is tagged otherwise is kept
            until :meth:`add_expiry` says how long.
        mutable_tags: up to 5 patterns of tags that may be moved, such as ``latest``; they are not to be run.
        registry: the account's registry of this region, where it is ours; says which regions hold copies.
        encryption_key: the key of the data domain; its own when None.

    Raises:
        ConfigurationError: a name or pattern that ECR does not take, releases that may be moved, a registry that replicates a repository
            without a name, a region that is not allowed.

    Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html,
        https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: ImagesPosture,
        name: str | None = None,
        release_tags: str = EVERY,
        mutable_tags: Sequence[str] = (),
        registry: ImageRegistry | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        require_region(where, self.stated_region, posture.allowed_regions)
        _check(where, name, release_tags, mutable_tags, registry)
        self._releases, self._mutable = release_tags, tuple(mutable_tags)
        self._expiring: dict[str, timedelta] = {}
        self._running: set[str] = set()
        self._scanning = posture.scanning
        copied = registry is not None and name is not None and registry.copies(name)
        self._regions = registry.regions if registry and copied else ()
        #: The key of the images.
        self.key: kms.IKey = own_key(self, encryption_key, description=f"{where}: images", statements=[])
        #: The L2 itself. Whatever is changed through it is still judged at synth.
        self.repository = ecr.Repository(
            self,
            "Repository",
            # Always: no argument reaches these.
            empty_on_delete=False,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=self.key,
            image_scan_on_push=True,
            image_tag_mutability=_MUTABILITY[bool(mutable_tags)],
            removal_policy=RemovalPolicy.RETAIN,
            # How much: from the posture.
            lifecycle_rules=standing_rules(posture, release_tags=release_tags),
            # The caller's own.
            repository_name=name,
            image_tag_mutability_exclusion_filters=[ecr.ImageTagMutabilityExclusionFilter.wildcard(tag) for tag in mutable_tags] or None,
        )
        deny_without_tls(self.repository)
        #: ARN of the repository.
        self.arn: str = self.repository.repository_arn
        #: Name of the repository.
        self.name: str = name or self.repository.repository_name
        #: What is pushed to and pulled from: ``<account>.dkr.ecr.<region>.amazonaws.com/<name>``.
        self.uri: str = self.repository.repository_uri
        record(
            self,
            controls=CONTROLS,
            tier="data",
            watchable=True,
            recovery=[fact.as_json() for fact in self.recovery_facts],
        )

    def image(self, tag_or_digest: str) -> ecs.EcrImage:
        """The image to run: ``WebService(image=images.image("v1.4.2"))``, which may then pull it.

        Raises:
            ConfigurationError: no tag or digest, or one under which lifecycle rules could delete what runs.
        """
        where = f"{self.path}: image"
        if not DIGEST.fullmatch(tag_or_digest):
            if not TAG.fullmatch(tag_or_digest):
                raise ConfigurationError(
                    where, given=tag_or_digest, allowed="a tag, or a digest: sha256:...", mend="name the release, such as 'v1.4.2'"
                )
            check_running(where, tag_or_digest, expiring=self._expiring, mutable=self._mutable)
            self._running.add(tag_or_digest)
        return ecs.ContainerImage.from_ecr_repository(self.repository, tag_or_digest)

    def add_expiry(self, tags: str, *, after: timedelta) -> None:
        """Delete images tagged like *tags* ("pr-*") *after* they were pushed: previews and builds that are never released.

        Raises:
            ConfigurationError: it would delete releases or what runs, the pattern is not one, or the time is not whole days.
        """
        rule = expiry_rule(
            f"{self.path}: add_expiry",
            tags,
            after=after,
            release_tags=self._releases,
            already=self._expiring,
            running=self._running,
        )
        self._expiring[tags] = after
        self.repository.add_lifecycle_rule(
            rule_priority=rule.rule_priority,
            description=rule.description,
            tag_status=rule.tag_status,
            tag_pattern_list=rule.tag_pattern_list,
            max_image_age=rule.max_image_age,
        )

    def grant_pull(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* of this account pull; a ``WebService`` that runs :meth:`image` may already."""
        granted = self.repository.grant_pull(grantee)
        waive_sign_in(grantee)
        return granted

    def grant_push(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* of this account (a pipeline) push and pull."""
        granted = self.repository.grant_pull_push(grantee)
        waive_sign_in(grantee)
        return granted

    def allow_pull_from_accounts(self, *account_ids: str) -> None:
        """Let other accounts pull, where their own IAM allows it too.

        Raises:
            ConfigurationError: none, or something that is no account id.
        """
        allow_accounts(f"{self.path}: allow_pull_from_accounts", self.repository, account_ids)

    def allow_pull_from_organization(self, organization_id: str) -> None:
        """Let every account of an AWS organization pull, where their own IAM allows it too.

        Raises:
            ConfigurationError: no organization id.
        """
        allow_organization(f"{self.path}: allow_pull_from_organization", self.repository, organization_id)

    @property
    def alarm_specs(self) -> tuple[EventSpec, ...]:
        """Vulnerabilities, scans that failed, copies that were not made."""
        return image_events(name=self.name, arn=self.arn, scanning=self._scanning)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """None: ECR counts pulls only."""
        return ()

    @property
    def backup_arns(self) -> tuple[str, ...]:
        """None: AWS Backup knows no repository."""
        return ()

    @property
    def recovery_facts(self) -> tuple[RecoveryFact, ...]:
        """Copied to other regions, or built again."""
        return image_recovery(self.construct_id, name=self.name, regions=self._regions)


#: As the CDK writes them: whether some tags may be moved.
_MUTABILITY = {False: ecr.TagMutability.IMMUTABLE, True: ecr.TagMutability.IMMUTABLE_WITH_EXCLUSION}


def _check(where: str, name: str | None, release_tags: str, mutable_tags: Sequence[str], registry: ImageRegistry | None) -> None:
    if name is not None and (not 2 <= len(name) <= 256 or not _NAME.fullmatch(name)):
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed="2 to 256 small letters and digits, with '.', '_' or '-' between them and '/' between parts",
            mend="write it like 'shop/api'",
        )
    check_pattern(f"{where}: release_tags", release_tags)
    if len(mutable_tags) > MOST_EXCLUSIONS:
        raise ConfigurationError(
            f"{where}: mutable_tags", given=list(mutable_tags), allowed=f"{MOST_EXCLUSIONS} patterns at most", mend="join them in one"
        )
    for tag in mutable_tags:
        check_pattern(f"{where}: mutable_tags", tag, wildcards=MOST_EXCLUSION_WILDCARDS)
        if tag == EVERY or (release_tags != EVERY and can_meet(tag, release_tags)):
            raise ConfigurationError(
                f"{where}: mutable_tags",
                given=tag,
                allowed=f"tags that no release has: those are tagged like {release_tags!r}, and must stay what was tested",
                mend="move a tag such as 'latest' or 'main' only",
            )
    if name is None and registry is not None and registry.regions:
        raise ConfigurationError(
            f"{where}: name",
            given=None,
            allowed=f"a name, because {registry.path} copies images to repositories of the same name",
            mend="name it, and make a repository of that name in the other region",
        )
