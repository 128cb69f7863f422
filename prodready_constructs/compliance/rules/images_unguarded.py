"""A repository of images that can be overwritten, unscanned, under AWS's key, or deleted with all its images."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true, mappings
from prodready_constructs.compliance.rules.store_retained import KEPT
from prodready_constructs.evidence.assembly import Resource

#: With exclusions only the tags that are named may be moved.
FIXED = ("IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION")
_SCANS = ("SCAN_ON_PUSH", "CONTINUOUS_SCAN")


def _scanned_by_registry(subject: Subject, repository: Resource) -> bool:
    """Whether a registry setting of this app, in the account and region of *repository*, scans it."""
    name = repository.get("RepositoryName")
    for setting in subject.of_type("AWS::ECR::RegistryScanningConfiguration"):
        here = (setting.stack.account, setting.stack.region) == (repository.stack.account, repository.stack.region)
        for rule in mappings(setting.get("Rules")) if here else ():
            patterns = [str(one.get("Filter")) for one in mappings(rule.get("RepositoryFilters"))]
            # A name that CloudFormation makes up is matched by the star alone.
            if rule.get("ScanFrequency") in _SCANS and any(fnmatchcase(name if isinstance(name, str) else "", one) for one in patterns):
                return True
    return False


def _find(subject: Subject) -> Iterator[Hit]:
    for repository in subject.of_type("AWS::ECR::Repository"):
        mutability = repository.get("ImageTagMutability")
        if not isinstance(mutability, dict) and mutability not in FIXED:
            yield hit(repository, detail="Tags", note="A tag that was tested can be moved to another image.")
        if is_off(repository.get("ImageScanningConfiguration", "ScanOnPush")) and not _scanned_by_registry(subject, repository):
            yield hit(repository, detail="Scan", note="Nobody looks for vulnerabilities in what is pushed.")
        encryption = repository.get("EncryptionConfiguration")
        if not isinstance(encryption, dict) or not (encryption.get("KmsKey") and encryption.get("EncryptionType") != "AES256"):
            yield hit(repository, detail="Key", note="Its key is not yours to watch or withdraw.")
        if is_true(repository.get("EmptyOnDelete")) and repository.body.get("DeletionPolicy") not in KEPT:
            yield hit(
                repository, detail="Emptied", note="Deleting the stack deletes images that may still run: they could not start again."
            )


RULE = Rule(
    name="ImagesUnguarded",
    controls=("STORE-5",),
    why="What runs is what a repository hands out under a name.",
    fix="images.ImageRepository has it all; otherwise ImageTagMutability IMMUTABLE, scan on push (or of the registry), a KMS key of yours, "
    "and no EmptyOnDelete",
    find=_find,
)
