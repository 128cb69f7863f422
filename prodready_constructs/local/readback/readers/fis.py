"""Experiments: what breaks, what ends it, who may."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel


def _template(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("fis").get_experiment_template(id=physical_id)["experimentTemplate"]


READERS = {
    "AWS::FIS::ExperimentTemplate": Reader(
        _template,
        (
            Check("Description", "description"),
            Check("RoleArn", "roleArn"),
            Check("Tags", "tags"),
            Check("StopConditions", "stopConditions"),
            Check("Targets", "targets"),
            Check("Actions", "actions"),
            Check("ExperimentOptions", "experimentOptions"),
            Check("LogConfiguration", "logConfiguration", camel),
        ),
    ),
}
