"""What one certificate may do: connect under its own thing's name, and speak below it.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/thing-policy-variables.html,
https://docs.aws.amazon.com/iot/latest/developerguide/security-best-practices.html
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from prodready_constructs.compute.devices.topics import DeviceTopics
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION

#: The name of the thing that the certificate is attached to, when a device connects with it.
THING_NAME = "${iot:Connection.Thing.ThingName}"
#: The largest policy document, in characters without spaces (AWS IoT Core quotas).
LARGEST_POLICY = 2048
ARN = f"arn:{PARTITION}:iot:{REGION}:{ACCOUNT_ID}"
#: As long as any: the names of regions have 14 characters at most, in the partitions there are.
_LONGEST_ARN = "arn:aws-us-gov:iot:ap-southeast-1:111122223333"


def thing_policy(where: str, *, prefix: str, topics: DeviceTopics, ingest: Sequence[str]) -> dict[str, Any]:
    """The policy document of every device.

    Args:
        ingest: topics of Basic Ingest, without ``$aws/rules/``: ``<rule>/<prefix>/<thing>/<topic>``.

    Raises:
        ConfigurationError: it is larger than AWS IoT takes.
    """
    size = len(json.dumps(_document(_LONGEST_ARN, prefix, topics, ingest), separators=(",", ":")))
    if size > LARGEST_POLICY:
        raise ConfigurationError(
            f"{where}: topics",
            given=f"{len(topics.publish)} to publish, {len(topics.subscribe)} to subscribe to, {len(ingest)} of Basic Ingest: "
            f"a policy of {size} characters",
            allowed=f"{LARGEST_POLICY} characters",
            mend="use fewer topics: subscribe to 'commands/#' in place of each command, tell kinds apart by a field of the message",
        )
    return _document(ARN, prefix, topics, ingest)


def _document(arn: str, prefix: str, topics: DeviceTopics, ingest: Sequence[str]) -> dict[str, Any]:
    own = f"{prefix}/{THING_NAME}"
    publish = [f"{own}/{name}" for name in topics.publish] + [f"$aws/rules/{name}" for name in ingest]
    subscribe = [f"{own}/{name}" for name in topics.subscribe]
    # What a device receives it has subscribed to before, by name: that it may receive what is below its own name gives it nothing, and keeps
    # the policy small.
    receive = [f"{own}/*"] if subscribe else []
    for asked, service in ((topics.shadow, "shadow"), (topics.jobs, "jobs")):
        if asked:
            for side in (publish, subscribe, receive):
                side.append(f"$aws/things/{THING_NAME}/{service}/*")
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": "iot:Connect",
            "Resource": f"{arn}:client/{THING_NAME}",
            # A certificate that is attached to no thing has no name, and none to speak for.
            "Condition": {"Bool": {"iot:Connection.Thing.IsAttached": "true"}},
        }
    ]
    if publish:
        statements.append({"Effect": "Allow", "Action": "iot:Publish", "Resource": [f"{arn}:topic/{name}" for name in publish]})
    if subscribe:
        statements += [
            {"Effect": "Allow", "Action": "iot:Subscribe", "Resource": [f"{arn}:topicfilter/{name}" for name in subscribe]},
            {"Effect": "Allow", "Action": "iot:Receive", "Resource": [f"{arn}:topic/{name}" for name in receive]},
        ]
    return {"Version": "2012-10-17", "Statement": statements}
