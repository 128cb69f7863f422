"""What a function can be given, connected to and called by."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager

from prodready_constructs.compute.functions.checks import check_for_api
from prodready_constructs.compute.functions.environment import check_setting
from prodready_constructs.compute.functions.secrets import read_at_run_time
from prodready_constructs.compute.functions.watched import Watched
from prodready_constructs.contracts import Attachable, SecretField
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ComposedRole
from prodready_constructs.posture import FunctionPosture


class FunctionVerbs(Watched):
    """Mixed into a function, which sets the attributes: what it is given, connected to and called by."""

    path: str
    #: How long one execution may take.
    timeout: timedelta
    #: How much, as it was given.
    posture: FunctionPosture
    #: The L2 itself. Whatever is changed through it is still judged at synth. Call :attr:`alias`, not this.
    function: lambda_.Function
    #: What callers call, and event sources are connected to: it moves from version to version.
    alias: lambda_.Alias
    #: What the function may do; hand the construct itself to any ``grant_*``.
    role: ComposedRole
    #: Who the function may talk to; None outside of a VPC.
    security_group: ec2.SecurityGroup | None

    @property
    def connections(self) -> ec2.Connections:
        """Who the function may talk to.

        Raises:
            ConfigurationError: outside of a VPC there is nothing to connect.
        """
        if self.security_group is None:
            raise ConfigurationError(
                f"{self.path}: connections", given="a function outside of any VPC", allowed="one in a VPC", mend="hand over a vpc"
            )
        return self.security_group.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role: ``bucket.grant_read(function)``."""
        return self.role.grant_principal

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* call the alias."""
        return self.alias.grant_invoke(grantee)

    def for_api(self, limit: timedelta = timedelta(seconds=29)) -> lambda_.Alias:
        """The alias, for an API that waits for *limit*: 29 s for a REST API, 30 s for HTTP APIs and AppSync.

        Raises:
            ConfigurationError: the function may take longer than that: it would go on working for a caller who has left.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
        """
        check_for_api(self.path, timeout=self.timeout, limit=limit)
        return self.alias

    def add_setting(self, name: str, value: str) -> None:
        """Give the function the plain *value* in the environment variable *name*.

        Raises:
            ConfigurationError: the value looks like a secret, or the name is Lambda's.
        """
        check_setting(self.path, name, value)
        self.function.add_environment(name, value)

    def add_secret(self, name: str, secret: SecretField | secretsmanager.ISecret) -> None:
        """Let the function read *secret* when it runs: its ARN is in ``<NAME>_SECRET_ARN``, a field's name in ``<NAME>_SECRET_FIELD``."""
        for variable, value in read_at_run_time(name, secret, reader=self.role).items():
            self.add_setting(variable, value)

    def connect_to(self, attachable: Attachable) -> None:
        """Let the function use a store: open the port between the two security groups, and hand over its address and its secrets' ARNs.

        Raises:
            ConfigurationError: the store is in a VPC and the function is not.
        """
        attachment = attachable.attachment
        if self.security_group is not None:
            self.connections.allow_to(attachment.connections, ec2.Port.tcp(attachment.port))
        elif attachment.connections.security_groups:
            raise ConfigurationError(
                f"{self.path}: connect_to",
                given="a store inside a VPC",
                allowed="stores reached by AWS's own endpoints",
                mend="hand over a vpc",
            )
        for name, value in attachment.environment.items():
            self.add_setting(name, value)
        for name, secret in attachment.secrets.items():
            self.add_secret(name, secret)

    def add_url(self, *, streams: bool = False) -> lambda_.FunctionUrl:
        """An HTTPS address of the alias for callers that sign their requests (IAM); there is no other kind.

        Who may call it is granted: ``url.grant_invoke_url(role)``.

        Args:
            streams: answers are sent as they are made, up to 200 MB, instead of whole.
        """
        mode = lambda_.InvokeMode.RESPONSE_STREAM if streams else lambda_.InvokeMode.BUFFERED
        return self.alias.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM, invoke_mode=mode)
