"""Images: scanned, immutable, encrypted; none deleted that may run; the registry's settings owned once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from bench.messages import counted, total
from prodready_constructs import PRODUCTION, STAGING
from prodready_constructs.compute import WebService
from prodready_constructs.contracts import Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.images import ImageRegistry, ImageRepository
from prodready_constructs.images.tags import can_meet
from tests.compute.support import a_vpc
from tests.support.packs import findings
from tests.support.synthesis import SECOND_REGION, Template, new_app, new_stack, synth

POSTURE = PRODUCTION.images
ENHANCED = replace(POSTURE, scanning="enhanced")
DAY = timedelta(days=1)


def a_repository(stack: cdk.Stack, construct_id: str = "Api", **changed: Any) -> ImageRepository:
    return ImageRepository(stack, construct_id, **{"posture": POSTURE, **changed})


def a_registry(stack: cdk.Stack, construct_id: str = "Registry", **changed: Any) -> ImageRegistry:
    return ImageRegistry(stack, construct_id, **{"posture": POSTURE, **changed})


def rules(template: Template) -> list[dict[str, Any]]:
    text = template.props("AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"]
    return sorted(json.loads(text)["rules"], key=lambda rule: rule["rulePriority"])


def statements(template: Template) -> list[dict[str, Any]]:
    return list(template.props("AWS::ECR::Repository")["RepositoryPolicyText"]["Statement"])


class Made(NamedTuple):
    template: Template
    images: ImageRepository
    findings: list[str]


@pytest.fixture(scope="module")
def made() -> Made:
    stack = new_stack()
    registry = a_registry(stack, replication="create", replicate_to=[SECOND_REGION], prefixes=["shop/"])
    images = a_repository(stack, name="shop/api", release_tags="v*", mutable_tags=["latest", "main-*"], registry=registry)
    images.add_expiry("pr-*", after=7 * DAY)
    images.add_expiry("build-*", after=30 * DAY)
    WebService(stack, "Web", vpc=a_vpc(stack), image=images.image(f"sha256:{'a' * 64}"), posture=PRODUCTION.compute)
    for name, grant in (("Puller", images.grant_pull), ("Pusher", images.grant_push)):
        role = ComposedRole(stack, name, assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"), description="test")
        grant(role)
        grant(role)
    images.allow_pull_from_accounts("222233334444", "333344445555")
    found = findings(stack)
    return Made(synth(stack), images, found)


# -- always ----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-5")
@pytest.mark.control("SEC-8")
@pytest.mark.parametrize("flags", [None, {}], ids=["flags", "no flags"])
def test_a_repository_is_encrypted_scanned_immutable_and_kept(flags: dict[str, Any] | None) -> None:
    stack = new_stack(new_app(flags=flags))
    a_repository(stack)
    template = synth(stack)
    (key,) = template.of_type("AWS::KMS::Key")
    repository = template.one("AWS::ECR::Repository")
    properties = repository["Properties"]
    assert properties["EncryptionConfiguration"] == {"EncryptionType": "KMS", "KmsKey": {"Fn::GetAtt": [key, "Arn"]}}
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["ImageTagMutability"] == "IMMUTABLE"
    assert properties["EmptyOnDelete"] is False
    assert repository["DeletionPolicy"] == repository["UpdateReplacePolicy"] == "Retain"
    assert "RepositoryName" not in properties


@pytest.mark.control("STORE-5")
def test_only_tags_that_are_named_may_be_moved(made: Made) -> None:
    properties = made.template.props("AWS::ECR::Repository")
    assert properties["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert [one["ImageTagMutabilityExclusionFilterValue"] for one in properties["ImageTagMutabilityExclusionFilters"]] == [
        "latest",
        "main-*",
    ]


# -- posture ---------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-5")
def test_releases_are_kept_and_the_rest_goes(made: Made) -> None:
    untagged, previews, builds, releases = rules(made.template)
    assert untagged["selection"] == {"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": 14, "countUnit": "days"}
    assert (previews["selection"]["tagPatternList"], previews["selection"]["countNumber"]) == (["pr-*"], 7)
    assert (builds["selection"]["tagPatternList"], builds["selection"]["countNumber"]) == (["build-*"], 30)
    assert releases["selection"] == {
        "tagStatus": "tagged",
        "tagPatternList": ["v*"],
        "countType": "imageCountMoreThan",
        "countNumber": POSTURE.kept_releases,
    }
    stack = new_stack()
    a_repository(stack, posture=STAGING.images)
    assert rules(synth(stack))[-1]["selection"]["countNumber"] == STAGING.images.kept_releases == 10


@pytest.mark.control("STORE-5")
@pytest.mark.parametrize(
    ("posture", "scan_type", "frequency"), [(POSTURE, "BASIC", "SCAN_ON_PUSH"), (ENHANCED, "ENHANCED", "CONTINUOUS_SCAN")]
)
def test_the_registry_scans_as_the_posture_says(posture: Any, scan_type: str, frequency: str) -> None:
    stack = new_stack()
    a_registry(stack, posture=posture)
    assert findings(stack) == []
    template = synth(stack)
    assert template.props("AWS::ECR::RegistryScanningConfiguration") == {
        "ScanType": scan_type,
        "Rules": [{"ScanFrequency": frequency, "RepositoryFilters": [{"Filter": "*", "FilterType": "WILDCARD"}]}],
    }
    assert not template.of_type("AWS::ECR::ReplicationConfiguration")


@pytest.mark.control("STORE-5")
def test_images_are_copied_to_the_second_region(made: Made) -> None:
    (rule,) = made.template.props("AWS::ECR::ReplicationConfiguration")["ReplicationConfiguration"]["Rules"]
    assert rule == {
        "Destinations": [{"Region": SECOND_REGION, "RegistryId": {"Ref": "AWS::AccountId"}}],
        "RepositoryFilters": [{"Filter": "shop/", "FilterType": "PREFIX_MATCH"}],
    }


@pytest.mark.parametrize("state", ["existing", "skip"])
def test_what_is_elsewhere_is_left_alone(state: Any) -> None:
    stack = new_stack()
    regions = [SECOND_REGION] if state == "existing" else []
    registry = a_registry(stack, scanning=state, replication=state, replicate_to=regions)
    images = a_repository(stack, name="api", registry=registry)
    assert len(images.recovery_facts) == 1 + len(regions)
    template = synth(stack)
    assert not template.of_type("AWS::ECR::RegistryScanningConfiguration")
    assert not template.of_type("AWS::ECR::ReplicationConfiguration")
    (recorded,) = template.recorded("ImageRegistry")
    assert recorded["scanning"]["is"] == recorded["replication"]["is"] == state


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scanning": "deep"}, r"ImagesPosture.scanning: got 'deep'; allowed: one of 'basic', 'enhanced'"),
        ({"kept_releases": 3}, r"ImagesPosture.kept_releases: got 3; allowed: 10 to 10000 \(with fewer, a busy day"),
        ({"untagged_retention": DAY}, r"ImagesPosture.untagged_retention: got '1 day'; allowed: 7 days to 365 days"),
    ],
)
def test_the_posture_has_floors(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(POSTURE, **changed)


# -- refuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Shop/Api", "a", "shop//api", "1shop", "shop/api-", "a" * 257])
def test_refuses_a_name_that_ecr_would(name: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"Stack/Api: name: got '.*'; allowed: 2 to 256 small letters and digits, with .*; write it like"
    ):
        a_repository(new_stack(), name=name)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"release_tags": "v*-*-*-*-*"}, r"release_tags: got 'v\*-\*-\*-\*-\*'; allowed: a tag, or a pattern of at most 4 '\*'; write it"),
        ({"release_tags": "v 1"}, r"release_tags: got 'v 1'; allowed: a tag, or a pattern"),
        ({"mutable_tags": ["a*b*c*"]}, r"mutable_tags: got 'a\*b\*c\*'; allowed: a tag, or a pattern of at most 2"),
        ({"mutable_tags": list("abcdef")}, r"mutable_tags: got \['a', .*\]; allowed: 5 patterns at most; join them"),
        ({"mutable_tags": ["*"]}, r"mutable_tags: got '\*'; allowed: tags that no release has"),
        (
            {"mutable_tags": ["v1*"], "release_tags": "v*"},
            r"mutable_tags: got 'v1\*'; allowed: tags that no release has: those are tagged like 'v\*', and must stay what was tested; move a tag",
        ),
        (
            {"posture": replace(POSTURE, allowed_regions=("eu-central-1",))},
            r"Stack/Api: got 'us-east-1'; allowed: eu-central-1: the posture's allowed_regions",
        ),
    ],
)
def test_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_repository(new_stack(), **changed)


def test_what_is_copied_has_a_name() -> None:
    stack = new_stack()
    registry = a_registry(stack, replication="create", replicate_to=[SECOND_REGION])
    with pytest.raises(
        ConfigurationError, match=r"Stack/Api: name: got None; allowed: a name, because Stack/Registry copies images to .*; name it, and"
    ):
        a_repository(stack, registry=registry)


@pytest.mark.control("STORE-5")
def test_no_rule_deletes_releases() -> None:
    images = a_repository(new_stack(), release_tags="v*")
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Api: add_expiry: tags: got 'v1.\*'; allowed: tags that no release has: those are tagged like 'v\*', and one that runs for "
        r"long would be deleted by its age; tag previews apart, such as 'pr-\*', and say how releases are tagged: release_tags='v\*'",
    ):
        images.add_expiry("v1.*", after=30 * DAY)
    with pytest.raises(
        ConfigurationError, match=r"add_expiry: tags: got 'pr-\*'; allowed: tags that no release has: those are tagged like '\*'"
    ):
        a_repository(new_stack()).add_expiry("pr-*", after=30 * DAY)


@pytest.mark.control("STORE-5")
def test_no_rule_deletes_what_runs_whichever_is_said_first() -> None:
    first, second = (a_repository(new_stack(), release_tags="v*") for _ in range(2))
    runs = r"got \"'pr-7' runs, and images tagged like 'pr-\*' expire\"; allowed: a rule that leaves what runs: the next task could not be started"
    first.image("pr-7")
    with pytest.raises(ConfigurationError, match=f"Stack/Api: add_expiry: {runs}"):
        first.add_expiry("pr-*", after=30 * DAY)
    second.add_expiry("pr-*", after=30 * DAY)
    with pytest.raises(ConfigurationError, match=f"Stack/Api: image: {runs}; run a release, or let the pattern mean other tags"):
        second.image("pr-7")


@pytest.mark.control("STORE-5")
def test_a_tag_that_may_move_is_not_run() -> None:
    images = a_repository(new_stack(), mutable_tags=["latest"])
    with pytest.raises(
        ConfigurationError,
        match=r"Stack/Api: image: got 'latest'; allowed: a tag that stays with its image: 'latest' may be moved, and the image that runs would be "
        r"deleted without its tag; run a release's tag, or the digest sha256:...",
    ):
        images.image("latest")
    with pytest.raises(
        ConfigurationError, match=r"Stack/Api: image: got 'a tag'; allowed: a tag, or a digest: sha256:...; name the release"
    ):
        images.image("a tag")
    assert images.image(f"sha256:{'0' * 64}").image_name.endswith("0" * 64)


@pytest.mark.parametrize(
    ("tags", "after", "message"),
    [
        (
            "pr-*",
            timedelta(hours=36),
            r"add_expiry: after: got '1 day, 12:00:00'; allowed: whole days, 1 or more, which is what ECR counts",
        ),
        ("pr-*", timedelta(0), r"add_expiry: after: got '0:00:00'; allowed: whole days"),
        ("pr *", DAY, r"add_expiry: tags: got 'pr \*'; allowed: a tag, or a pattern of at most 4"),
        ("build-*", DAY, r"add_expiry: tags: got 'build-\*'; allowed: each pattern once, 48 in all; join the patterns in one"),
    ],
)
def test_an_expiry_is_one_that_ecr_takes(tags: str, after: timedelta, message: str) -> None:
    images = a_repository(new_stack(), release_tags="v*")
    images.add_expiry("build-*", after=DAY)
    with pytest.raises(ConfigurationError, match=message):
        images.add_expiry(tags, after=after)


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("v*", "v1", True),
        ("v*", "*1", True),
        ("v*", "pr-*", False),
        ("*-rc", "v*", True),
        ("a*b", "a*c", False),
        ("a*b*", "*c", True),
        ("", "*", True),
        ("abc", "abd", False),
    ],
)
def test_whether_two_patterns_can_mean_one_tag(one: str, other: str, met: bool) -> None:
    assert can_meet(one, other) is can_meet(other, one) is met


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scanning": "yes"}, r"Stack/Registry: scanning: got 'yes'; allowed: create, existing, skip; choose one of them"),
        ({"replication": "create"}, r"replicate_to: got \[\]; allowed: 1 to 25 regions, or none with replication='skip'; say replication="),
        (
            {"replicate_to": [SECOND_REGION]},
            r"replicate_to: got \['us-west-2'\]; allowed: 1 to 25 regions, or none with replication='skip'",
        ),
        (
            {"replication": "create", "replicate_to": ["us-east-1"]},
            r"replicate_to: got 'us-east-1'; allowed: other regions than the registry's own, each once; name a second region",
        ),
        (
            {"replication": "create", "replicate_to": [SECOND_REGION] * 2},
            r"replicate_to: got 'us-west-2'; allowed: other regions .* each once",
        ),
        (
            {"replication": "create", "replicate_to": [SECOND_REGION], "posture": replace(POSTURE, allowed_regions=("us-east-1",))},
            r"replicate_to: got 'us-west-2'; allowed: us-east-1: the posture's allowed_regions; put it into one of them, or allow",
        ),
        ({"prefixes": ["Shop/"]}, r"prefixes: got 'Shop/'; allowed: 2 to 250 small letters, digits, .*; write it like 'shop/'"),
    ],
)
def test_the_registry_refuses(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        a_registry(new_stack(), **changed)


def test_one_registry_in_a_stack() -> None:
    stack = new_stack()
    a_registry(stack)
    with pytest.raises(
        ConfigurationError, match=r"Stack/Other: got 'a second ImageRegistry beside Stack/Registry'; allowed: one in a stack"
    ):
        a_registry(stack, "Other")


@pytest.mark.parametrize("accounts", [[], ["12"], ["222233334444", "*"]])
def test_accounts_are_named(accounts: list[str]) -> None:
    with pytest.raises(
        ConfigurationError, match=r"allow_pull_from_accounts: got \[.*\]; allowed: AWS account ids, of 12 digits; name the accounts"
    ):
        a_repository(new_stack()).allow_pull_from_accounts(*accounts)


def test_an_organization_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"allow_pull_from_organization: got '\*'; allowed: an organization id: o-a1b2c3d4e5; take it"
    ):
        a_repository(new_stack()).allow_pull_from_organization("*")


# -- reach -----------------------------------------------------------------------------------------------------------


@pytest.mark.control("STORE-5")
@pytest.mark.control("SEC-1")
def test_only_tls_and_only_who_is_named(made: Made) -> None:
    denied, allowed = statements(made.template)
    assert (denied["Effect"], denied["Action"], denied["Principal"]) == ("Deny", "ecr:*", "*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [arn["Fn::Join"][1][-1] for arn in allowed["Principal"]["AWS"]] == [":iam::222233334444:root", ":iam::333344445555:root"]
    assert allowed["Action"] == ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


@pytest.mark.control("SEC-1")
def test_an_organization_is_reached_by_its_condition() -> None:
    stack = new_stack()
    a_repository(stack).allow_pull_from_organization("o-a1b2c3d4e5")
    assert findings(stack) == ["AwsSolutions-ECR1 @ Stack/Api/Repository/Resource"]
    template = synth(stack)
    _, allowed = statements(template)
    assert allowed["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert waivers(template) == ["AwsSolutions-ECR1 @ Stack/Api/Repository"]


@pytest.mark.control("SEC-1")
def test_grants_are_of_this_repository(made: Made) -> None:
    for name, pushes in (("Puller", False), ("Pusher", True)):
        repository, sign_in = made.template.props("AWS::IAM::ManagedPolicy", name)["PolicyDocument"]["Statement"]
        assert ("ecr:PutImage" in repository["Action"]) is pushes
        assert "ecr:BatchGetImage" in repository["Action"]
        assert "ApiRepository" in json.dumps(repository["Resource"])
        assert (sign_in["Action"], sign_in["Resource"]) == ("ecr:GetAuthorizationToken", "*")


def test_a_grant_to_another_principal_needs_no_policy_of_ours() -> None:
    stack = new_stack()
    role = iam.Role(stack, "Theirs", assumed_by=iam.ServicePrincipal("codebuild.amazonaws.com"))
    assert a_repository(stack).grant_pull(role).success


def test_a_key_from_elsewhere_is_used() -> None:
    stack = new_stack()
    arn = f"arn:aws:kms:{stack.region}:{stack.account}:key/11111111-1111-1111-1111-111111111111"
    a_repository(stack, encryption_key=kms.Key.from_key_arn(stack, "Theirs", arn))
    template = synth(stack)
    assert not template.of_type("AWS::KMS::Key")
    assert template.props("AWS::ECR::Repository")["EncryptionConfiguration"]["KmsKey"] == arn


# -- wakes -----------------------------------------------------------------------------------------------------------


def matches(pattern: Any, event: Any) -> bool:
    """As EventBridge matches, as far as these patterns go."""
    if isinstance(pattern, dict):
        if isinstance(event, list):
            return any(matches(pattern, one) for one in event)
        return isinstance(event, dict) and all(key in event and matches(value, event[key]) for key, value in pattern.items())
    for wanted in pattern:
        if isinstance(wanted, dict):
            comparison, threshold = wanted["numeric"]
            assert comparison == ">"
            if isinstance(event, int) and event > threshold:
                return True
        elif event == wanted:
            return True
    return False


def basic(status: str = "COMPLETE", **counts: int) -> dict[str, Any]:
    return {
        "source": "aws.ecr",
        "detail-type": "ECR Image Scan",
        "resources": ["arn:aws:ecr:us-east-1:111122223333:repository/api"],
        "detail": {"scan-status": status, "repository-name": "api", "finding-severity-counts": counts, "image-tags": ["v1"]},
    }


def enhanced(arn: str, **counts: int) -> dict[str, Any]:
    return {
        "source": "aws.inspector2",
        "detail-type": "Inspector2 Scan",
        "resources": [arn],
        "detail": {"scan-status": "INITIAL_SCAN_COMPLETE", "repository-name": arn, "finding-severity-counts": {**counts, "TOTAL": 3}},
    }


def finding(severity: str, status: str = "ACTIVE", name: str = "api") -> dict[str, Any]:
    return {
        "source": "aws.inspector2",
        "detail-type": "Inspector2 Finding",
        "detail": {
            "severity": severity,
            "status": status,
            "resources": [
                {"type": "AWS_ECR_CONTAINER_IMAGE", "details": {"awsEcrContainerImage": {"repositoryName": name, "imageTags": ["v1"]}}}
            ],
        },
    }


def replication(result: str, name: str = "api") -> dict[str, Any]:
    return {
        "source": "aws.ecr",
        "detail-type": "ECR Replication Action",
        "detail": {"result": result, "repository-name": name, "action-type": "REPLICATE", "source-region": "us-west-2"},
    }


def heard(images: ImageRepository, event: dict[str, Any]) -> set[str]:
    return {spec.id for spec in images.alarm_specs if matches(spec.pattern, event)}


@pytest.mark.control("STORE-5")
def test_what_is_heard_of_basic_scanning() -> None:
    images = a_repository(new_stack(), name="api")
    assert heard(images, basic(CRITICAL=1, HIGH=2)) == {"CriticalVulnerabilities", "HighVulnerabilities"}
    assert heard(images, basic(CRITICAL=3)) == {"CriticalVulnerabilities"}
    assert heard(images, basic(MEDIUM=9)) == set()
    assert heard(images, basic("FAILED")) == {"ScanFailed"}
    assert heard(images, replication("FAILED")) == {"ReplicationFailed"}
    assert heard(images, replication("SUCCESS")) == heard(images, replication("FAILED", "other")) == set()
    severities = {spec.id: spec.severity for spec in images.alarm_specs}
    assert [name for name, severity in severities.items() if severity is Severity.CRITICAL] == ["CriticalVulnerabilities"]
    assert images.graphs == ()


@pytest.mark.control("STORE-5")
def test_what_is_heard_of_enhanced_scanning() -> None:
    images = a_repository(new_stack(), name="api", posture=ENHANCED)
    assert heard(images, enhanced(images.arn, CRITICAL=1)) == {"CriticalVulnerabilities"}
    assert heard(images, enhanced(images.arn, HIGH=1)) == {"HighVulnerabilities"}
    assert heard(images, enhanced("arn:aws:ecr:us-east-1:111122223333:repository/other", HIGH=1)) == set()
    assert heard(images, finding("HIGH")) == heard(images, finding("CRITICAL")) == {"NewVulnerability"}
    assert (
        heard(images, finding("LOW")) == heard(images, finding("HIGH", "CLOSED")) == heard(images, finding("HIGH", name="other")) == set()
    )
    assert heard(images, basic(CRITICAL=1)) == set()


@pytest.mark.control("DR-4")
def test_how_images_come_back_is_said(made: Made) -> None:
    copied, rebuilt = made.images.recovery_facts
    assert SECOND_REGION in copied.store
    assert any(f"--region {SECOND_REGION}" in command for command in copied.restore_commands)
    assert "assumption" in rebuilt.recovery_time_is
    assert made.images.backup_arns == ()
    (recorded,) = made.template.recorded("ImageRepository")
    assert len(recorded["recovery"]) == 2
    # Another prefix: no copy.
    stack = new_stack()
    other = a_repository(
        stack, name="blog", registry=a_registry(stack, replication="create", replicate_to=[SECOND_REGION], prefixes=["shop/"])
    )
    assert len(other.recovery_facts) == 1


# -- clean and bent --------------------------------------------------------------------------------------------------


def waivers(template: Template) -> list[str]:
    return sorted(
        f"{entry['data']['rule']} @ {path}"
        for path, entries in template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver"
    )


def test_clean_but_for_signing_in(made: Made) -> None:
    sign_in = [f"AwsSolutions-IAM5[Resource::*] @ Stack/{name}/Policy" for name in ("Puller", "Pusher")]
    found = [one for one in made.findings if "Stack/Web" not in one]
    assert found == [f"{one}/Resource" for one in sign_in]
    # Once for each role, though it was granted twice.
    assert [one for one in waivers(made.template) if "Stack/Web" not in one] == sign_in


def test_a_service_that_runs_an_image_needs_no_second_waiver() -> None:
    stack = new_stack()
    images = a_repository(stack)
    service = WebService(stack, "Web", vpc=a_vpc(stack), image=images.image(f"sha256:{'a' * 64}"), posture=PRODUCTION.compute)
    images.grant_pull(service.execution_role)
    sign_in = [one for one in waivers(synth(stack)) if one.startswith("AwsSolutions-IAM5[Resource::*] @ Stack/Web/ExecutionRole")]
    assert len(sign_in) == 1


def test_bent_it_is_found() -> None:
    stack = new_stack()
    images = a_repository(stack)
    cast("ecr.CfnRepository", images.repository.node.default_child).repository_policy_text = {
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]
    }
    assert findings(stack) == ["AwsSolutions-ECR1 @ Stack/Api/Repository/Resource"]


def test_messages_to_the_kernel() -> None:
    stack = new_stack()
    a_repository(stack, "First")
    with counted() as counts:
        second = a_repository(stack, "Second")
    assert total(counts) <= 17, counts
    with counted() as counts:
        assert second.alarm_specs and second.recovery_facts  # noqa: PT018
    assert total(counts) == 0
    with counted() as counts:
        a_registry(stack, replication="create", replicate_to=[SECOND_REGION])
    assert total(counts) <= 6, counts
