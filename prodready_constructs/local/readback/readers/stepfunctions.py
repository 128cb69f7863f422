"""Step Functions."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel


def _machine(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("stepfunctions").describe_state_machine(stateMachineArn=physical_id)


READERS = {
    "AWS::StepFunctions::StateMachine": Reader(
        _machine,
        (
            Check("StateMachineType", "type"),
            Check("RoleArn", "roleArn"),
            Check("DefinitionString", "definition"),
            Check("LoggingConfiguration", "loggingConfiguration", camel),
            Check("EncryptionConfiguration", "encryptionConfiguration", camel),
        ),
    ),
}
