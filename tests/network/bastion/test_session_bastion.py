"""The bastion: no door, one machine that is always fresh, sessions by IAM and on record."""

from __future__ import annotations

import base64
import copy
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from prodready_constructs.contracts import AlarmSpec, EventSpec, MathMetric, Severity
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.network import PrivateEndpoints, PrivateNetwork, SessionBastion
from prodready_constructs.posture import PRODUCTION, STAGING, OffHours
from tests.compliance.templates import found, stack_of
from tests.network.bastion.parts import POSTURE, a_bastion, a_store, a_vpc, text
from tests.support.aws_cli import commands_in, faults
from tests.support.packs import findings
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_in

ALWAYS_ON = replace(POSTURE, off_hours=None)
SERVICES = ("ecr.api", "kms", "logs", "ssm", "ssmmessages")


class Made(NamedTuple):
    bastion: SessionBastion
    template: Template
    findings: list[str]


def endpoints(stack: Any, vpc: ec2.IVpc, services: tuple[str, ...] = SERVICES) -> PrivateEndpoints:
    return PrivateEndpoints(security_group=ec2.SecurityGroup(stack, "Endpoints", vpc=vpc, allow_all_outbound=False), services=services)


@pytest.fixture(scope="module")
def production() -> Made:
    stack = new_stack()
    vpc = a_vpc(stack)
    bastion = a_bastion(stack, vpc, endpoints=endpoints(stack, vpc))
    bastion.connect_to(a_store(stack, vpc), name="Orders")
    bastion.grant_session(iam.Role.from_role_name(stack, "Operators", "operators"))
    bastion.grant_shell(iam.Role(stack, "Engineers", assumed_by=iam.AccountPrincipal("111122223333")))
    ours = [finding for finding in findings(stack) if "Stack/Bastion/" in finding]
    return Made(bastion, synth(stack), ours)


def statements(template: Template, policy: str) -> list[dict[str, Any]]:
    return template.props("AWS::IAM::ManagedPolicy", policy)["PolicyDocument"]["Statement"]


@pytest.mark.control("NET-7")
class TestAlways:
    """What no argument reaches."""

    def test_no_key_no_address_no_ingress(self, production: Made) -> None:
        start = production.template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
        assert "KeyName" not in start
        (interface,) = start["NetworkInterfaces"]
        assert interface["AssociatePublicIpAddress"] is False
        assert interface["Groups"] == [{"Fn::GetAtt": [next(iter(self.own_group(production.template))), "GroupId"]}]
        assert "SecurityGroupIngress" not in next(iter(self.own_group(production.template).values()))["Properties"]
        into = [rule["Properties"]["GroupId"] for rule in production.template.of_type("AWS::EC2::SecurityGroupIngress").values()]
        assert not [group for group in into if "Bastion" in str(group)]

    @staticmethod
    def own_group(template: Template) -> dict[str, Any]:
        return {name: one for name, one in template.of_type("AWS::EC2::SecurityGroup").items() if name.startswith("Bastion")}

    def test_it_stands_in_private_subnets(self, production: Made) -> None:
        assert production.template.props("AWS::AutoScaling::AutoScalingGroup")["VPCZoneIdentifier"] == ["subnet-a", "subnet-b"]

    def test_credentials_of_the_instance_need_a_token_and_one_hop(self, production: Made) -> None:
        options = production.template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["MetadataOptions"]
        assert (options["HttpTokens"], options["HttpPutResponseHopLimit"], options["HttpEndpoint"]) == ("required", 1, "enabled")
        assert options["InstanceMetadataTags"] == "disabled"

    def test_its_disk_is_encrypted_and_goes_with_it(self, production: Made) -> None:
        start = production.template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
        (disk,) = start["BlockDeviceMappings"]
        assert disk["Ebs"]["Encrypted"] is True
        assert "BastionKey" in disk["Ebs"]["KmsKeyId"]["Fn::GetAtt"][0]
        assert (disk["Ebs"]["VolumeType"], disk["Ebs"]["DeleteOnTermination"]) == ("gp3", True)
        assert start["EbsOptimized"] is True
        assert start["Monitoring"] == {"Enabled": True}

    def test_every_start_is_the_newest_image_for_its_processor(self, production: Made) -> None:
        start = production.template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
        assert start["ImageId"] == "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
        assert start["InstanceType"] == "t4g.nano"
        assert start["CreditSpecification"] == {"CpuCredits": "standard"}

    def test_what_runs_at_the_start_is_a_script_that_ends_the_ssh_server(self, production: Made) -> None:
        script = base64.b64decode(production.template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["UserData"]).decode()
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        assert script.startswith("#!/bin/bash\n")
        assert "systemctl mask --now sshd.service" in script
        shell = production.template.props("AWS::SSM::Document", "Shell")["Content"]["inputs"]
        assert f"useradd --create-home --shell /bin/bash {shell['runAsDefaultUser']}" in script
        assert "sudo" not in script

    def test_there_is_never_a_second_one(self, production: Made) -> None:
        group = production.template.props("AWS::AutoScaling::AutoScalingGroup")
        assert group["MaxSize"] == "1"
        assert group["InstanceMaintenancePolicy"] == {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 100}
        policy = production.template.one("AWS::AutoScaling::AutoScalingGroup")["UpdatePolicy"]
        assert policy["AutoScalingRollingUpdate"]["MinInstancesInService"] == 0
        assert policy["AutoScalingScheduledAction"] == {"IgnoreUnmodifiedGroupSizeProperties": True}

    def test_its_rights_are_there_before_it_is(self, production: Made) -> None:
        (policy,) = [name for name in production.template.of_type("AWS::IAM::ManagedPolicy") if name.startswith("BastionRolePolicy")]
        assert policy in production.template.one("AWS::AutoScaling::AutoScalingGroup")["DependsOn"]

    def test_shells_are_encrypted_and_streamed_to_a_log_that_is_kept(self, production: Made) -> None:
        document = production.template.props("AWS::SSM::Document", "Shell")
        assert (document["DocumentType"], document["UpdateMethod"]) == ("Session", "NewVersion")
        content = document["Content"]
        assert (content["schemaVersion"], content["sessionType"]) == ("1.0", "Standard_Stream")
        inputs = content["inputs"]
        (log_group,) = [name for name in production.template.of_type("AWS::Logs::LogGroup") if name.startswith("BastionSessions")]
        assert inputs["cloudWatchLogGroupName"] == {"Ref": log_group}
        assert inputs["cloudWatchEncryptionEnabled"] is inputs["cloudWatchStreamingEnabled"] is inputs["runAsEnabled"] is True
        assert inputs["s3EncryptionEnabled"] is True
        assert "BastionKey" in inputs["kmsKeyId"]["Fn::GetAtt"][0]
        kept = production.template.one("AWS::Logs::LogGroup", "BastionSessions")
        assert kept["DeletionPolicy"] == "Retain"
        assert "BastionKey" in str(kept["Properties"]["KmsKeyId"])

    def test_the_account_s_own_preferences_are_left_alone(self, production: Made) -> None:
        assert not [one for one in production.template.of_type("AWS::SSM::Document").values() if "Name" in one["Properties"]]


@pytest.mark.control("NET-7", "LIB-3")
def test_its_role_can_do_nothing_but_sessions(production: Made) -> None:
    channels, logs, key = statements(production.template, "BastionRolePolicy")
    assert set(channels["Action"]) == {
        "logs:DescribeLogGroups",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
    assert channels["Condition"] == {"StringEquals": {"aws:RequestedRegion": {"Ref": "AWS::Region"}}}
    assert "BastionSessions" in str(logs["Resource"])
    assert key["Action"] == "kms:Decrypt"
    role = production.template.props("AWS::IAM::Role", "BastionRole")
    assert "Policies" not in role
    assert "ManagedPolicyArns" not in role


@pytest.mark.control("NET-7", "SEC-8")
def test_only_auto_scaling_may_use_the_key_for_disks(production: Made) -> None:
    *_, disks = production.template.props("AWS::KMS::Key", "BastionKey")["KeyPolicy"]["Statement"]
    assert disks["Principal"] == {"AWS": "*"}
    condition = disks["Condition"]
    assert condition["StringEquals"]["kms:CallerAccount"] == {"Ref": "AWS::AccountId"}
    assert text(condition["StringEquals"]["kms:ViaService"]).startswith("ec2.us-east-1.")
    assert text(condition["ArnEquals"]["aws:PrincipalArn"]) == (
        "arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
    assert not any(action.endswith("*") for action in disks["Action"])


def test_a_key_of_yours_admits_auto_scaling_too() -> None:
    def build(stack: Any) -> None:
        a_bastion(stack, encryption_key=kms.Key(stack, "Mine"))

    template = synth_in(build)
    assert len(template.of_type("AWS::KMS::Key")) == 1
    assert "AWSServiceRoleForAutoScaling" in str(template.props("AWS::KMS::Key")["KeyPolicy"])


class TestReach:
    """Whom the bastion may call."""

    @pytest.mark.control("NET-6", "NET-7")
    def test_with_endpoints_nothing_but_them_and_the_store(self, production: Made) -> None:
        group = production.template.props("AWS::EC2::SecurityGroup", "BastionSecurityGroup")
        assert "SecurityGroupEgress" not in group
        out = {
            (rule["Properties"]["ToPort"], rule["Properties"]["DestinationSecurityGroupId"]["Fn::GetAtt"][0][:9])
            for rule in production.template.of_type("AWS::EC2::SecurityGroupEgress").values()
        }
        assert out == {(443, "Endpoints"), (5433, "OrdersGro")}
        (into,) = production.template.of_type("AWS::EC2::SecurityGroupIngress").values()
        assert into["Properties"]["ToPort"] == 5433
        assert "Bastion" in str(into["Properties"]["SourceSecurityGroupId"])

    def test_without_endpoints_https_anywhere(self) -> None:
        group = synth_in(a_bastion).props("AWS::EC2::SecurityGroup")
        (rule,) = group["SecurityGroupEgress"]
        assert (rule["CidrIp"], rule["FromPort"], rule["ToPort"]) == ("0.0.0.0/0", 443, 443)

    def test_the_endpoints_of_our_network_are_enough(self) -> None:
        stack = new_stack()
        network = PrivateNetwork(stack, "Network", posture=replace(PRODUCTION.network, egress="none"))
        a_bastion(stack, network.vpc, endpoints=network.endpoints)
        assert set(network.endpoints.services) == set(PRODUCTION.network.interface_endpoints)


class TestPosture:
    """How much."""

    @pytest.mark.control("COST-4")
    def test_it_keeps_hours(self) -> None:
        hours = OffHours(start="08:30", stop="18:15", days=("MON", "SAT"), time_zone="Europe/Berlin")
        template = synth_in(lambda stack: a_bastion(stack, posture=replace(POSTURE, off_hours=hours)))
        morning, evening = (template.props("AWS::AutoScaling::ScheduledAction", name) for name in ("Morning", "Evening"))
        assert (morning["Recurrence"], morning["DesiredCapacity"]) == ("30 8 * * MON,SAT", 1)
        # Every evening: also after a Sunday on which somebody woke it.
        assert (evening["Recurrence"], evening["DesiredCapacity"]) == ("15 18 * * *", 0)
        assert morning["TimeZone"] == evening["TimeZone"] == "Europe/Berlin"
        group = template.props("AWS::AutoScaling::AutoScalingGroup")
        assert group["MinSize"] == "0"
        assert "DesiredCapacity" not in group

    def test_always_there_it_has_no_schedule_and_nothing_to_wake(self) -> None:
        template = synth_in(lambda stack: a_bastion(stack, posture=ALWAYS_ON))
        assert template.of_type("AWS::AutoScaling::ScheduledAction") == {}
        assert template.props("AWS::AutoScaling::AutoScalingGroup")["MinSize"] == "1"
        assert "SetDesiredCapacity" not in str(template.resources)
        assert "Outputs" not in template.body

    def test_times_and_size_are_the_posture_s(self) -> None:
        posture = replace(
            POSTURE,
            instance_type="c7g.large",
            max_lifetime=timedelta(days=2),
            idle_timeout=timedelta(minutes=1),
            max_session=timedelta(minutes=1440),
            log_retention=timedelta(days=7),
        )

        def build(stack: Any) -> None:
            vpc = a_vpc(stack)
            a_bastion(stack, vpc, posture=posture).connect_to(a_store(stack, vpc), name="Orders")

        template = synth_in(build)
        for name in ("Shell", "OrdersDocument"):
            inputs = template.props("AWS::SSM::Document", name)["Content"]["inputs"]
            assert (inputs["idleSessionTimeout"], inputs["maxSessionDuration"]) == ("1", "1440")
        assert template.props("AWS::AutoScaling::AutoScalingGroup")["MaxInstanceLifetime"] == 2 * 86_400
        start = template.props("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
        assert start["InstanceType"] == "c7g.large"
        assert "CreditSpecification" not in start
        assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 7

    def test_staging_keeps_logs_shorter_and_tells_less(self) -> None:
        template = synth_in(lambda stack: a_bastion(stack, posture=STAGING.bastion))
        assert template.props("AWS::Logs::LogGroup")["RetentionInDays"] == 90
        told = {spec.id for spec in a_bastion(new_stack(), posture=STAGING.bastion).alarm_specs}
        assert {"SessionOpened", "BastionWoken"}.isdisjoint(told)

    def test_feature_flags_do_not_matter(self) -> None:
        def build(stack: Any) -> None:
            a_bastion(stack)

        bare, full = (synth_in(build, flags=flags) for flags in ({}, None))
        for kind in ("AWS::EC2::LaunchTemplate", "AWS::AutoScaling::AutoScalingGroup", "AWS::SSM::Document", "AWS::EC2::SecurityGroup"):
            assert bare.props(kind) == full.props(kind)


class TestAccess:
    """Who may open sessions, and which."""

    @pytest.mark.control("NET-7", "SEC-3")
    def test_on_this_bastion_only_with_its_documents_only(self, production: Made) -> None:
        on_instance, own, channel, find, wake, documents = statements(production.template, "SessionPolicy")
        (group,) = production.template.of_type("AWS::AutoScaling::AutoScalingGroup")
        assert on_instance["Action"] == documents["Action"] == "ssm:StartSession"
        assert on_instance["Condition"]["StringEquals"] == {"ssm:resourceTag/aws:autoscaling:groupName": {"Ref": group}}
        asked = {"ssm:SessionDocumentAccessCheck": "true"}
        assert on_instance["Condition"]["BoolIfExists"] == documents["Condition"]["BoolIfExists"] == asked
        assert "BastionOrdersDocument" in text(documents["Resource"])
        assert set(own["Action"]) == {"ssm:ResumeSession", "ssm:TerminateSession"}
        assert own["Condition"] == {"StringLike": {"ssm:resourceTag/aws:ssmmessages:session-id": "${aws:userid}"}}
        assert text(channel["Resource"]).endswith(":session/${aws:userid}-*")
        assert find["Action"] == "autoscaling:DescribeAutoScalingGroups"
        assert wake["Resource"] == {"Fn::GetAtt": [group, "AutoScalingGroupARN"]}

    @pytest.mark.control("NET-7")
    def test_a_shell_only_for_whom_it_was_granted(self, production: Made) -> None:
        shell, key = statements(production.template, "ShellPolicy")
        assert text(shell["Resource"]).rpartition("/")[2].startswith("BastionShell")
        assert key["Action"] == "kms:GenerateDataKey"
        engineers = {"Ref": next(name for name in production.template.of_type("AWS::IAM::Role") if name.startswith("Engineers"))}
        assert production.template.props("AWS::IAM::ManagedPolicy", "ShellPolicy")["Roles"] == [engineers]
        assert production.template.props("AWS::IAM::ManagedPolicy", "SessionPolicy")["Roles"] == ["operators", engineers]

    def test_users_and_groups_too(self) -> None:
        def build(stack: Any) -> None:
            bastion = a_bastion(stack)
            bastion.grant_session(iam.User(stack, "User"))
            bastion.grant_session(iam.Group(stack, "Group"))

        policy = synth_in(build).props("AWS::IAM::ManagedPolicy", "SessionPolicy")
        assert (len(policy["Users"]), len(policy["Groups"])) == (1, 1)

    @pytest.mark.control("SEC-3")
    def test_with_a_second_factor_where_it_is_asked_for(self) -> None:
        def build(stack: Any) -> None:
            vpc = a_vpc(stack)
            bastion = a_bastion(stack, vpc, require_mfa=True)
            bastion.connect_to(a_store(stack, vpc), name="Orders")
            bastion.grant_shell(iam.Role.from_role_name(stack, "Ops", "ops"))

        template = synth_in(build)
        for policy in ("SessionPolicy", "ShellPolicy"):
            for statement in statements(template, policy):
                if statement["Action"] in ("ssm:StartSession", "autoscaling:SetDesiredCapacity"):
                    assert statement["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": "true"}

    def test_every_tunnel_joins_one_statement(self) -> None:
        def build(stack: Any) -> None:
            vpc = a_vpc(stack)
            bastion = a_bastion(stack, vpc)
            for name in ("Orders", "Payments", "Users"):
                bastion.connect_to(a_store(stack, vpc, name, secret=False), name=name)

        *_, documents = statements(synth_in(build, flags={}), "SessionPolicy")
        assert len(documents["Resource"]) == 3


class TestWatching:
    """What somebody hears of."""

    @staticmethod
    def of(bastion: SessionBastion) -> dict[str, Any]:
        return {spec.id: spec for spec in bastion.alarm_specs}

    @pytest.mark.control("OPS-2")
    def test_what_is_watched(self, production: Made) -> None:
        specs = self.of(production.bastion)
        assert set(specs) == {
            "InstanceMissing",
            "StatusCheckFailed",
            "LargeTransfer",
            "LaunchFailed",
            "LeftRunning",
            "SessionOpened",
            "BastionWoken",
        }
        assert {spec.severity for spec in specs.values()} == {Severity.WARNING}
        assert all(spec.runbook.meaning and spec.runbook.causes and spec.runbook.first_commands and spec.source for spec in specs.values())

    def test_left_running_is_longer_than_the_working_day(self) -> None:
        hours = OffHours(start="08:30", stop="18:15")
        spec = self.of(a_bastion(new_stack(), posture=replace(POSTURE, off_hours=hours)))["LeftRunning"]
        assert isinstance(spec, AlarmSpec)
        assert not isinstance(spec.metric, MathMetric)
        # CloudWatch looks back a week at most where a period is an hour or longer.
        assert spec.metric.period == timedelta(hours=1)
        assert (spec.periods, spec.metric.statistic) == (12, "Minimum")

    def test_always_there_it_cannot_be_left_running(self) -> None:
        assert "LeftRunning" not in self.of(a_bastion(new_stack(), posture=ALWAYS_ON))

    def test_a_large_transfer_is_the_posture_s(self) -> None:
        spec = self.of(a_bastion(new_stack(), posture=replace(POSTURE, transfer_gib=2)))["LargeTransfer"]
        assert isinstance(spec, AlarmSpec)
        assert spec.threshold == 2 * 1024**3

    @pytest.mark.control("OPS-2", "NET-7")
    def test_a_session_with_any_of_its_documents_is_told(self, production: Made) -> None:
        spec = self.of(production.bastion)["SessionOpened"]
        assert isinstance(spec, EventSpec)
        asked = spec.pattern["detail"]["requestParameters"]["documentName"]
        resolved = [text(one) for one in production.bastion.stack.resolve(asked)]
        assert [name[:14] for name in resolved] == ["BastionShell52", "BastionOrdersD"]

    @pytest.mark.control("OPS-4")
    def test_every_first_command_is_one_of_the_aws_cli(self, production: Made) -> None:
        for spec in production.bastion.alarm_specs:
            for command in spec.runbook.first_commands:
                line = text(production.bastion.stack.resolve(command))
                assert list(commands_in(line)), line
                assert faults(line) == []

    def test_graphs_name_the_group(self, production: Made) -> None:
        used = [metric for graph in production.bastion.graphs for metric in graph.metrics]
        assert {tuple(metric.dimensions) for metric in used if not isinstance(metric, MathMetric)} == {("AutoScalingGroupName",)}


@pytest.mark.control("GOV-2")
def test_clean_but_for_what_cannot_be_otherwise(production: Made) -> None:
    policy = "Stack/Bastion/SessionPolicy/Resource"
    here = "<AWS::Region>:<AWS::AccountId>"
    assert production.findings == [
        "AwsSolutions-AS3 @ Stack/Bastion/Group",
        "AwsSolutions-IAM5[Resource::*] @ Stack/Bastion/Role/Policy/Resource",
        f"AwsSolutions-IAM5[Resource::*] @ {policy}",
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:{here}:instance/*] @ {policy}",
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:{here}:session/*] @ {policy}",
        f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:{here}:session/<aws:userid>-*] @ {policy}",
    ]
    waived = sorted(
        text(entry["data"]["rule"])
        for path, entries in production.template.metadata.items()
        for entry in entries
        if entry["type"] == "prodready:waiver" and path.startswith("Stack/Bastion/")
    )
    known = {"<AWS::Partition>": "aws", "<AWS::Region>": "us-east-1", "<AWS::AccountId>": "111122223333"}
    rules = [finding.partition(" @ ")[0] for finding in production.findings]
    for token, value in known.items():
        rules = [rule.replace(token, value) for rule in rules]
    assert waived == sorted(rules)


@pytest.mark.control("NET-7", "GOV-3")
@pytest.mark.parametrize(
    ("port", "rule"),
    [(22, "AwsSolutions-EC23"), (22, "NIST.800.53.R5-EC2RestrictedSSH"), (3389, "HIPAA.Security-EC2RestrictedCommonPorts")],
)
def test_a_door_that_is_made_later_is_found(port: int, rule: str) -> None:
    stack = new_stack()
    bastion = a_bastion(stack)
    bastion.security_group.add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port))
    assert f"{rule} @ Stack/Bastion/SecurityGroup/Resource" in findings(stack)


@pytest.mark.control("NET-7", "GOV-3")
@pytest.mark.parametrize(
    ("bend", "detail"),
    [
        (lambda start: start.update(KeyName="mine"), "SshKey"),
        (lambda start: start["NetworkInterfaces"][0].update(AssociatePublicIpAddress=True), "Address"),
        (lambda start: start["MetadataOptions"].update(HttpTokens="optional"), "Metadata"),
    ],
)
def test_a_machine_that_is_bent_is_found(production: Made, bend: Callable[[dict[str, Any]], None], detail: str) -> None:
    resources = copy.deepcopy(production.template.resources)
    assert found("ServerOpen", stack_of(resources)) == []
    (start,) = [one for one in resources.values() if one["Type"] == "AWS::EC2::LaunchTemplate"]
    bend(start["Properties"]["LaunchTemplateData"])
    assert [finding.partition(" @ ")[0] for finding in found("ServerOpen", stack_of(resources))] == [f"[{detail}]"]


class TestRefusals:
    """What it does not do."""

    def test_a_vpc_without_private_subnets(self) -> None:
        stack = new_stack()
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Bastion: vpc: got 'private subnets in no zone'; allowed: private subnets in 2 Availability Zones or more; hand over",
        ):
            a_bastion(stack, a_vpc(stack, tier="isolated"))

    def test_endpoints_without_what_a_session_needs(self) -> None:
        stack = new_stack()
        vpc = a_vpc(stack)
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Bastion: endpoints: got 'endpoints without kms, ssmmessages'; allowed: endpoints for kms, logs, ssm, ssmmessages: the "
            r"bastion reaches nothing else; add them to NetworkPosture.interface_endpoints, or leave endpoints out where the VPC has egress$",
        ):
            a_bastion(stack, vpc, endpoints=endpoints(stack, vpc, ("logs", "ssm")))

    def test_a_retention_that_cloudwatch_does_not_offer(self) -> None:
        with pytest.raises(ConfigurationError, match=r"^Stack/Bastion/Sessions: got '100 days, 0:00:00'; allowed: 1, 3, .*; use 90 days$"):
            a_bastion(new_stack(), posture=replace(POSTURE, log_retention=timedelta(days=100)))

    def test_an_id_that_is_taken(self) -> None:
        stack = new_stack()
        vpc = a_vpc(stack)
        a_bastion(stack, vpc)
        with pytest.raises(
            ConfigurationError, match=r"^Stack/Bastion: got \"the id 'Bastion' a second time\"; allowed: ids that no sibling has"
        ):
            a_bastion(stack, vpc)


def test_it_says_what_it_promises(production: Made) -> None:
    facts = production.template.recorded("SessionBastion")[0]
    assert (facts["tier"], facts["watchable"]) == ("network", True)
    assert {claim["control"] for claim in facts["controls"]} == {"NET-7", "COST-4"}


def test_it_connects(production: Made) -> None:
    assert isinstance(production.bastion.connections, ec2.Connections)
    app = new_app(flags={})
    stack = new_stack(app)
    vpc = a_vpc(stack)
    other: Callable[[], ec2.SecurityGroup] = lambda: ec2.SecurityGroup(stack, "Other", vpc=vpc, allow_all_outbound=False)  # noqa: E731
    a_bastion(stack, vpc).connections.allow_to(other(), ec2.Port.tcp(9200))
    assert any(rule["Properties"]["ToPort"] == 9200 for rule in synth(stack).of_type("AWS::EC2::SecurityGroupEgress").values())
