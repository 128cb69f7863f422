"""A bastion that nobody can knock at: tunnels and shells by IAM, through Session Manager."""

from __future__ import annotations

import jsii
from aws_cdk import CfnOutput
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, Attachable, ControlClaim, GraphSpec, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, DataKey, EncryptedLogGroup, Part, path_of, require_subnets
from prodready_constructs.network.bastion.access import attach, document_arn, may_start, session_policy
from prodready_constructs.network.bastion.alarms import BastionNames, bastion_alarms, bastion_graphs
from prodready_constructs.network.bastion.connecting import check_names, check_store, near_end
from prodready_constructs.network.bastion.documents import shell_document, tunnel_document
from prodready_constructs.network.bastion.host import disk_statement, instance_role, keep_hours, launch_template, scaling_group
from prodready_constructs.network.bastion.procedure import reach
from prodready_constructs.network.bastion.tunnel import Client, Tunnel, client_of, hosts_of, sign_in_command, start_command
from prodready_constructs.network.endpoints import PrivateEndpoints
from prodready_constructs.posture import BastionPosture

CONTROLS = (
    ControlClaim(
        control="NET-7",
        how="No key pair, no public address and no ingress rule: sessions by IAM through Session Manager, into private subnets; shells logged "
        "and encrypted; each tunnel a document for one host and port, its command an output",
        frameworks=("NIST 800-53 r5 AC-17", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 8.1.8", "SOC 2 CC6.1", "SOC 2 CC6.6"),
    ),
    ControlClaim(
        control="COST-4",
        how="Auto Scaling ends the instance in the evening and starts it on working mornings, in the time zone of the posture",
        frameworks=("SOC 2 A1.1",),
    ),
)
#: What a bastion calls: nothing else of AWS, and nothing else at all.
NEEDED = ("kms", "logs", "ssm", "ssmmessages")
_HTTPS = ec2.Port.tcp(443)


@jsii.implements(ec2.IConnectable)
class SessionBastion(Part):
    """A way for people to stores in private subnets, without a way for anybody else.

    Always: no SSH server, key pair, public address or ingress rule; IMDSv2 with one hop; disk, shells and their log under one key; a fresh Amazon
    Linux 2023 image at every start; one tunnel document for each host and port, which takes no other; a role without any right but sessions.
    *posture* decides how much: size, working hours, how long a session and an instance last, who hears of sessions.

    Args:
        vpc: needs private subnets in two zones.
        posture: ``PRODUCTION.bastion``, or yours.
        endpoints: the interface endpoints of the VPC (``network.endpoints``): the bastion then reaches them and nothing else. When None it may
            call HTTPS anywhere, and the VPC must have egress.
        require_mfa: sessions only for callers who signed in with a second factor. IAM Identity Center asks for it at its own sign-in and
            does not tell: leave it False there.
        encryption_key: encrypts disk, shells and log; its policy must admit CloudWatch Logs. An own ``DataKey`` when None.

    Raises:
        ConfigurationError: no private subnets in two zones, endpoints that lack one a session needs, a retention CloudWatch Logs does not offer.

    Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html; ledger NET-7
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        posture: BastionPosture,
        endpoints: PrivateEndpoints | None = None,
        require_mfa: bool = False,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.path
        subnets = require_subnets(self, vpc, tier="private")
        if endpoints and (missing := sorted(set(NEEDED) - set(endpoints.services))):
            raise ConfigurationError(
                f"{path}: endpoints",
                given=f"endpoints without {', '.join(missing)}",
                allowed=f"endpoints for {', '.join(NEEDED)}: the bastion reaches nothing else",
                mend="add them to NetworkPosture.interface_endpoints, or leave endpoints out where the VPC has egress",
            )
        self._posture, self._mfa = posture, require_mfa
        if encryption_key is None:
            key: kms.IKey = DataKey(
                self, "Key", description=f"{path}: disk, shells and their log", encrypts_logs=True, statements=[disk_statement()]
            ).key
        else:
            key = encryption_key
            key.add_to_resource_policy(iam.PolicyStatement.from_json(disk_statement()))
        self._key_arn = key.key_arn
        logs = EncryptedLogGroup(self, "Sessions", retention=posture.log_retention, encryption_key=key)
        #: What was said in shells, as it was typed.
        self.log_group = logs.log_group
        self._log_group_name = self.log_group.log_group_name
        #: The bastion's own: no ingress rule, and egress to AWS and to what is connected.
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, allow_all_outbound=False, description=f"Bastion {path}"[:255]
        )
        self.security_group.add_egress_rule(
            endpoints.security_group if endpoints else ec2.Peer.any_ipv4(), _HTTPS, "HTTPS to Session Manager, KMS and CloudWatch Logs"
        )
        self._connections = ec2.Connections(security_groups=[self.security_group])
        #: The role of the instance: sessions and their log.
        self.role = instance_role(self, log_group_arn=self.log_group.log_group_arn, key_arn=self._key_arn)
        #: How an instance starts.
        self.launch_template = launch_template(
            self, posture=posture, role=self.role, security_group=self.security_group, key_arn=self._key_arn, name=path[:255]
        )
        #: One instance at most.
        self.group = scaling_group(
            self, posture=posture, template=self.launch_template, subnet_ids=vpc.select_subnets(subnet_type=subnets.subnet_type).subnet_ids
        )
        # Before its rights are there, an instance would report to nobody.
        self.group.node.add_dependency(self.role.policy)
        self._group = self.group.ref
        if posture.off_hours:
            keep_hours(self, self._group, posture.off_hours)
            CfnOutput(self, "Wake", value=self.wake_command, description=f"Starts the bastion {path} off hours; it takes two minutes")
        #: The document of shells; for those who were granted one.
        self.shell_document = shell_document(self, posture=posture, log_group_name=self._log_group_name, key_arn=self._key_arn)
        self._shell = self.shell_document.ref
        #: What those may do who may open tunnels: attach it to a permission set of IAM Identity Center, or use :meth:`grant_session`.
        self.session_policy = session_policy(
            self, group=self._group, group_arn=self.group.attr_auto_scaling_group_arn, may_wake=bool(posture.off_hours), mfa=require_mfa
        )
        self._documents: iam.PolicyStatement | None = None
        self._shell_policy: iam.ManagedPolicy | None = None
        self._tunnels: dict[str, Tunnel] = {}
        self._connected: list[Attachable] = []
        record(self, controls=CONTROLS, tier="network", watchable=True)

    @property
    def connections(self) -> ec2.Connections:
        """Whom the bastion may reach."""
        return self._connections

    @property
    def wake_command(self) -> str:
        """Starts the bastion off hours, for those who may open sessions."""
        return f"aws autoscaling set-desired-capacity --region {REGION} --auto-scaling-group-name {self._group} --desired-capacity 1"

    @property
    def tunnels(self) -> tuple[Tunnel, ...]:
        """The tunnels there are, in the order they were connected."""
        return tuple(self._tunnels.values())

    def connect_to(
        self, store: Attachable, *, name: str | None = None, local_port: int | None = None, client: Client | None = None
    ) -> Tunnel:
        """Open a tunnel to *store* for those who may open sessions: security groups, a document, and the commands as outputs.

        A store with several hosts (a writer and a reader) has a tunnel for each, on the next local port; the main one is returned.

        Args:
            name: PascalCase, of the tunnel and its outputs; the id of the store when None.
            local_port: where it begins on the caller's machine, 1024 to 65535; 10,000 above the store's when None.
            client: whose command the sign-in is; what the attachment shows when None.

        Raises:
            ConfigurationError: a store that is connected already, a name twice, a bad name or port, or an attachment without a host.
        """
        attachment, name = store.attachment, name or path_of(store).rpartition("/")[2]
        hosts, port = hosts_of(attachment.environment), attachment.port
        where = f"{self.path}: connect_to({name})"
        check_store(where, again=any(known is store for known in self._connected), hosts=len(hosts), port=port)
        check_names(where, name, [f"{name}{suffix}" for suffix in hosts], taken=self._tunnels)
        local_port = near_end(where, local_port, port=port, tunnels=len(hosts), taken={tunnel.local_port for tunnel in self.tunnels})
        self._connected.append(store)
        self._connections.allow_to(attachment.connections, ec2.Port.tcp(port), f"Tunnel to {name}")
        secret_arn = next((field.secret.secret_arn for field in attachment.secrets.values()), None) if len(attachment.secrets) > 1 else None
        client = client or client_of(attachment.environment, port)
        for number, (suffix, host) in enumerate(hosts.items()):
            full, local = f"{name}{suffix}", local_port + number
            document = tunnel_document(
                self, f"{full}Document", posture=self._posture, name=full, host=host, port=port, local_port=local
            ).ref
            self._allow_tunnel(document)
            self._tunnels[full] = tunnel = Tunnel(
                name=full,
                local_port=local,
                document=document,
                command=start_command(group=self._group, document=document, local_port=local, region=REGION),
                sign_in=client
                and sign_in_command(client, attachment=attachment, secret_arn=secret_arn, host=host, local_port=local, region=REGION),
            )
            CfnOutput(self, f"{full}Tunnel", value=tunnel.command, description=f"Opens {full} on 127.0.0.1:{local}")
            if tunnel.sign_in:
                CfnOutput(self, f"{full}SignIn", value=tunnel.sign_in, description=f"Signs in to {full} through its tunnel")
        wake = self.wake_command if self._posture.off_hours else None
        pages = [reach(self._tunnels[f"{name}{suffix}"], path=self.path, wake=wake).as_fact() for suffix in hosts]
        record(self, controls=(), tier="network", procedures=pages)
        return self._tunnels[name]

    def grant_session(self, grantee: iam.IRole | iam.IUser | iam.IGroup) -> iam.ManagedPolicy:
        """Let *grantee* open every tunnel, those connected later too, end its own sessions, and wake the bastion."""
        return attach(self.session_policy, grantee)

    def grant_shell(self, grantee: iam.IRole | iam.IUser | iam.IGroup) -> iam.ManagedPolicy:
        """Let *grantee* open a shell on the bastion, besides what :meth:`grant_session` allows. All of it is logged."""
        if self._shell_policy is None:
            statements = [
                may_start(self._shell, mfa=self._mfa),
                # The caller's half of the key that encrypts what is typed.
                {"Effect": "Allow", "Action": "kms:GenerateDataKey", "Resource": self._key_arn},
            ]
            self._shell_policy = iam.ManagedPolicy(
                self, "ShellPolicy", document=iam.PolicyDocument.from_json({"Version": "2012-10-17", "Statement": statements})
            )
            CfnOutput(
                self,
                "ShellCommand",
                value=start_command(group=self._group, document=self._shell, region=REGION),
                description=f"Opens a shell on the bastion {self.path}; it is logged",
            )
        self.grant_session(grantee)
        return attach(self._shell_policy, grantee)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """What somebody must hear of; connect stores before ``Watch`` reads it."""
        return bastion_alarms(self._names, self._posture)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """The bastion on the dashboard."""
        return bastion_graphs(self._names)

    def _allow_tunnel(self, document: str) -> None:
        if self._documents is None:
            self._documents = iam.PolicyStatement.from_json(may_start(document, mfa=self._mfa))
            self.session_policy.add_statements(self._documents)
        else:
            self._documents.add_resources(document_arn(document))

    @property
    def _names(self) -> BastionNames:
        documents = (self._shell, *(tunnel.document for tunnel in self._tunnels.values()))
        return BastionNames(group=self._group, region=REGION, log_group=self._log_group_name, documents=documents)
