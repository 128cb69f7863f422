"""Automations of what runs: new tasks, an older revision, a new value of a secret. As data; no AWS module."""

from __future__ import annotations

from typing import Any

from prodready_constructs.recovery.procedures.document import CHANGE_WAIT, Action, call, parameter, wait

_ROLLED_OUT = ("$.services[0].deployments[0].rolloutState", "COMPLETED")
_REVISION = r"^[A-Za-z0-9_-]{1,255}:[1-9][0-9]{0,9}$"


def restart(*, cluster: str, service: str, service_arn: str, name: str) -> Action:
    """New tasks of the same revision, by the service's own strategy."""
    return Action(
        does=f"Starts new tasks of {name} and waits until they have taken over. The version stays: this helps tasks that hang or hold an old "
        "secret, not against a bad release.",
        kinds=("roll-back", "secret-compromised"),
        steps=(
            call(
                "Restart",
                "ecs",
                "UpdateService",
                {"cluster": cluster, "service": service, "forceNewDeployment": True},
                {"Deployment": "$.service.deployments[0].id"},
            ),
            _deployed(cluster, service),
        ),
        outputs=("Restart.Deployment",),
        statements=({"Action": ["ecs:DescribeServices", "ecs:UpdateService"], "Resource": service_arn},),
    )


def return_to(*, cluster: str, service: str, service_arn: str, name: str) -> Action:
    """An older revision, by the service's own strategy."""
    return Action(
        does=f"Releases an older revision of {name} by its own strategy, and waits until it has taken over.",
        kinds=("roll-back",),
        approved=True,
        parameters={"Revision": parameter("Family and number of the task definition to return to: orders:41", _REVISION)},
        inputs={"Revision": "family:number of the revision before"},
        steps=(
            call(
                "Return",
                "ecs",
                "UpdateService",
                {"cluster": cluster, "service": service, "taskDefinition": "{{ Revision }}"},
                {"Deployment": "$.service.deployments[0].id", "Revision": "$.service.taskDefinition"},
            ),
            _deployed(cluster, service),
        ),
        outputs=("Return.Deployment", "Return.Revision"),
        statements=({"Action": ["ecs:DescribeServices", "ecs:UpdateService"], "Resource": service_arn},),
    )


def rotate(*, secret_arn: str, function_arn: str | None, name: str) -> Action:
    """A new value of a secret, now."""
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html: the caller must be allowed to call the function.
    calls = ({"Action": ["lambda:InvokeFunction"], "Resource": function_arn},) if function_arn else ()
    return Action(
        does=f"Rotates the secret of {name} now, and shows its versions two minutes later.",
        kinds=("secret-compromised",),
        steps=(
            call(
                "Rotate", "secretsmanager", "RotateSecret", {"SecretId": secret_arn, "RotateImmediately": True}, {"Version": "$.VersionId"}
            ),
            {"name": "Wait", "action": "aws:sleep", "onFailure": "Abort", "inputs": {"Duration": "PT2M"}},
            call("Look", "secretsmanager", "DescribeSecret", {"SecretId": secret_arn}, {"LastRotated": "$.LastRotatedDate"}),
        ),
        outputs=("Rotate.Version", "Look.LastRotated"),
        statements=({"Action": ["secretsmanager:DescribeSecret", "secretsmanager:RotateSecret"], "Resource": secret_arn}, *calls),
    )


def _deployed(cluster: str, service: str) -> dict[str, Any]:
    asked = {"cluster": cluster, "services": [service]}
    return wait("Deployed", "ecs", "DescribeServices", asked, until=_ROLLED_OUT, within=CHANGE_WAIT)
