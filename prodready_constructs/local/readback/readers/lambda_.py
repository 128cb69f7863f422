"""Lambda."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _function(aws: Aws, physical_id: str, _: Properties) -> Any:
    api = aws("lambda")
    reserved = api.get_function_concurrency(FunctionName=physical_id).get("ReservedConcurrentExecutions")
    return {**api.get_function_configuration(FunctionName=physical_id), "ReservedConcurrentExecutions": reserved}


READERS = {
    "AWS::Lambda::Function": Reader(
        _function,
        (
            *same("Runtime", "Handler", "Timeout", "MemorySize", "ReservedConcurrentExecutions", "Architectures", "KmsKeyArn"),
            *same("Role", "DeadLetterConfig"),
            Check("TracingConfig.Mode", "TracingConfig.Mode"),
        ),
    ),
}
