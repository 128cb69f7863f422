"""The reader of a cloud assembly, on one that the CDK wrote: stages, nested stacks, metadata, tags, references."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST, Assembly, flat, read_assembly, references
from tests.support.synthesis import ACCOUNT, new_app


class Inner(cdk.NestedStack):
    """A nested stack whose bucket has the same logical id as its neighbour's."""


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    app = new_app()
    data = cdk.Stack(app, "Data", stack_name="shop-data", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"), tags={"owner": "shop"})
    bucket = s3.Bucket(data, "Files")
    for name in ("One", "Two"):
        nested = Inner(data, name)
        s3.Bucket(nested, "Files")
        s3.Bucket(Inner(nested, "Deep"), "Files")
    stage = cdk.Stage(app, "Staging", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"))
    queue = sqs.Queue(cdk.Stack(stage, "Work"), "Jobs")
    queue.node.add_metadata("prodready:construct", {"kind": "Queue"})
    reader = cdk.Stack(app, "Reader", env=cdk.Environment(account=ACCOUNT, region="eu-west-1"))
    cdk.CfnOutput(reader, "Name", value=bucket.bucket_arn)
    cdk.Stack(app, "Anywhere")
    return read_assembly(Path(app.synth().directory))


def test_every_stack_of_every_stage_is_read(assembly: Assembly) -> None:
    stacks = {stack.path: stack for stack in assembly.stacks}
    assert sorted(stacks) == ["Anywhere", "Data", "Data/One", "Data/One/Deep", "Data/Two", "Data/Two/Deep", "Reader", "Staging/Work"]
    data = stacks["Data"]
    assert (data.name, data.account, data.region, dict(data.tags)) == ("shop-data", ACCOUNT, "eu-west-1", {"owner": "shop"})
    assert stacks["Staging/Work"].name == "Staging-Work"
    assert (stacks["Anywhere"].account, stacks["Anywhere"].region) == (None, None)
    assert [path for path, stack in sorted(stacks.items()) if stack.nested] == ["Data/One", "Data/One/Deep", "Data/Two", "Data/Two/Deep"]
    assert stacks["Data/One/Deep"].tags == {"owner": "shop"}


def test_every_resource_has_its_construct_path(assembly: Assembly) -> None:
    buckets = [resource.path for resource in assembly.of_type("AWS::S3::Bucket")]
    assert sorted(buckets) == [
        "Data/Files/Resource",
        "Data/One/Deep/Files/Resource",
        "Data/One/Files/Resource",
        "Data/Two/Deep/Files/Resource",
        "Data/Two/Files/Resource",
    ]
    assert [resource.path for resource in assembly.of_type("AWS::SQS::Queue")] == ["Staging/Work/Jobs/Resource"]


def test_what_constructs_record_is_found_by_path(assembly: Assembly) -> None:
    assert list(assembly.recorded("prodready:construct")) == [("Staging/Work/Jobs", {"kind": "Queue"})]


def test_a_reference_is_followed_into_another_stack(assembly: Assembly) -> None:
    reader = next(stack for stack in assembly.stacks if stack.path == "Reader")
    (bucket,) = assembly.targets(reader, reader.template["Outputs"])
    assert bucket.path == "Data/Files/Resource"


def test_references_and_text_of_intrinsic_functions() -> None:
    value = {"Fn::Sub": ["${A}-${B.Arn}-${C}-${AWS::Region}", {"C": {"Ref": "D"}}]}
    assert list(references(value)) == [("Local", "A"), ("Local", "B"), ("Local", "D")]
    assert list(references([{"Fn::GetAtt": "E.Arn"}, {"Fn::GetAtt": ["F", "Arn"]}])) == [("Local", "E"), ("Local", "F")]
    assert flat({"Fn::Join": ["-", ["a", {"Ref": "B"}, {"Fn::Sub": "c${D}"}]]}) == "a-${B}-c${D}"
    assert (flat(None), flat(5)) == ("", "5")


def test_a_refused_assembly_can_be_read_and_an_empty_directory_not(tmp_path: Path) -> None:
    (tmp_path / REFUSED_MANIFEST).write_text('{"artifacts": {}}')
    assert read_assembly(tmp_path).stacks == ()
    with pytest.raises(ConfigurationError, match=r"nowhere: got 'no manifest.json'; allowed: a cloud assembly; synthesize first"):
        read_assembly(tmp_path / "nowhere")
