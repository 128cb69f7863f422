"""What users of a library do with it: twice in one stack, in a stage, on imported resources, under an aspect."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from constructs import IConstruct

from prodready_constructs import MYSQL_8_4, PRODUCTION, LogBucket, MultiAzDatabase, SecureBucket, WebService
from tests.support.synthesis import ACCOUNT, REGION, Template, ZonedStack, new_app, read_templates

IMAGE = "hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186"


@jsii.implements(cdk.IAspect)
class Mark:
    """An aspect of the consumer's: it must not disturb ours, nor ours it."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, cdk.CfnResource) and node.cfn_resource_type == "AWS::RDS::DBInstance":
            node.add_metadata("marked", True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    app = new_app(outdir=str(tmp_path_factory.mktemp("stage")))
    stage = cdk.Stage(app, "Live", env=cdk.Environment(account=ACCOUNT, region=REGION))
    stack = ZonedStack(stage, "Shop")
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        vpc_cidr_block="10.4.0.0/16",
        availability_zones=[f"{REGION}a", f"{REGION}b"],
        private_subnet_ids=["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"],
        private_subnet_route_table_ids=["rtb-0aaaaaaaaaaaaaaa1", "rtb-0aaaaaaaaaaaaaaa2"],
        isolated_subnet_ids=["subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"],
        isolated_subnet_route_table_ids=["rtb-0bbbbbbbbbbbbbbb1", "rtb-0bbbbbbbbbbbbbbb2"],
    )
    key = kms.Key.from_key_arn(stack, "TheirKey", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555")
    orders = MultiAzDatabase(stack, "Orders", vpc=vpc, posture=PRODUCTION.database, database_name="orders", encryption_key=key)
    people = MultiAzDatabase(stack, "People", vpc=vpc, posture=PRODUCTION.database, database_name="people", engine=MYSQL_8_4)
    for name, database in (("Api", orders), ("Admin", people)):
        service = WebService(stack, name, vpc=vpc, image=ecs.ContainerImage.from_registry(IMAGE), posture=PRODUCTION.compute)
        service.connect_to(database)
    logs = LogBucket(stack, "AccessLogs", posture=PRODUCTION.storage)
    for name in ("Invoices", "Photos"):
        SecureBucket(stack, name, posture=PRODUCTION.storage, access_logs=logs.bucket)
    cdk.Aspects.of(stage).add(Mark())
    app.synth()
    (nested,) = Path(app.outdir).glob("assembly-*")
    return read_templates(nested)["Live-Shop"]


@pytest.mark.control("LIB-6")
def test_each_instance_is_its_own(template: Template) -> None:
    assert len(template.of_type("AWS::RDS::DBInstance")) == 2
    assert len(template.of_type("AWS::ECS::Service")) == 2
    assert len(template.of_type("AWS::S3::Bucket")) == 3
    names = [instance["Properties"]["DBInstanceIdentifier"] for instance in template.of_type("AWS::RDS::DBInstance").values()]
    assert len(set(names)) == 2


@pytest.mark.control("LIB-1", "NET-8")
def test_the_callers_own_vpc_and_key_are_used(template: Template) -> None:
    assert not template.of_type("AWS::EC2::VPC")
    orders = template.props("AWS::RDS::DBInstance", "Orders")
    assert "11111111-2222-3333-4444-555555555555" in orders["KmsKeyId"]
    groups = template.of_type("AWS::RDS::DBSubnetGroup").values()
    assert all(set(group["Properties"]["SubnetIds"]) == {"subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2"} for group in groups)


@pytest.mark.control("NET-6")
def test_a_service_reaches_its_own_database_and_no_other(template: Template) -> None:
    rules = [
        (rule["Properties"]["GroupId"]["Fn::GetAtt"][0], rule["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0])
        for rule in template.of_type("AWS::EC2::SecurityGroupIngress").values()
    ]
    assert sorted((to[:6], by[:5]) for to, by in rules) == [("Orders", "ApiSe"), ("People", "Admin")]


@pytest.mark.control("LIB-6")
def test_an_aspect_of_the_consumer_is_heard(template: Template) -> None:
    assert all(instance["Metadata"]["marked"] is True for instance in template.of_type("AWS::RDS::DBInstance").values())
