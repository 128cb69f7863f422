"""Session documents: what a session may be, and nothing besides."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from prodready_constructs.posture import BastionPosture

#: The user of shells: made when an instance starts, with no password, no key and no sudo.
SHELL_USER = "visitor"
#: 1024 to 65535: what is below belongs to root on the caller's machine.
LOWEST_LOCAL_PORT, HIGHEST_PORT = 1024, 65_535
_LOCAL_PORTS = r"^(102[4-9]|10[3-9]\d|1[1-9]\d\d|[2-9]\d{3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])$"


def _minutes(value: timedelta) -> str:
    return str(value // timedelta(minutes=1))


def _document(scope: Construct, construct_id: str, content: dict[str, object]) -> ssm.CfnDocument:
    return ssm.CfnDocument(
        scope,
        construct_id,
        document_type="Session",
        document_format="JSON",
        target_type="/AWS::EC2::Instance",
        # A changed document keeps its name, which stands in policies and in people's notes.
        update_method="NewVersion",
        content={"schemaVersion": "1.0", **content},
    )


def shell_document(scope: Construct, *, posture: BastionPosture, log_group_name: str, key_arn: str) -> ssm.CfnDocument:
    """A shell whose every line is encrypted and streamed to the log group.

    Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-schema.html
    """
    return _document(
        scope,
        "Shell",
        {
            "description": "A shell on the bastion, as a user without rights, on record",
            "sessionType": "Standard_Stream",
            "inputs": {
                "s3BucketName": "",
                "s3KeyPrefix": "",
                "s3EncryptionEnabled": True,
                "cloudWatchLogGroupName": log_group_name,
                "cloudWatchEncryptionEnabled": True,
                # As it is typed: an instance that is gone takes nothing with it.
                "cloudWatchStreamingEnabled": True,
                "kmsKeyId": key_arn,
                "runAsEnabled": True,
                "runAsDefaultUser": SHELL_USER,
                "idleSessionTimeout": _minutes(posture.idle_timeout),
                "maxSessionDuration": _minutes(posture.max_session),
            },
        },
    )


def tunnel_document(
    scope: Construct, construct_id: str, *, posture: BastionPosture, name: str, host: str, port: int, local_port: int
) -> ssm.CfnDocument:
    """A tunnel to one port of one host. The caller chooses the port on the own machine, and nothing else."""
    return _document(
        scope,
        construct_id,
        {
            "description": f"A tunnel to {name} through the bastion",
            "sessionType": "Port",
            "parameters": {
                "localPortNumber": {
                    "type": "String",
                    "description": "Where the tunnel begins on your machine",
                    "default": str(local_port),
                    "allowedPattern": _LOCAL_PORTS,
                }
            },
            "inputs": {"idleSessionTimeout": _minutes(posture.idle_timeout), "maxSessionDuration": _minutes(posture.max_session)},
            "properties": {
                "type": "LocalPortForwarding",
                "host": host,
                "portNumber": str(port),
                "localPortNumber": "{{ localPortNumber }}",
            },
        },
    )
