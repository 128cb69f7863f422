"""Session Manager: what a session may do, and where it is written down."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, same


def _document(aws: Aws, physical_id: str, _: Properties) -> Any:
    ssm = aws("ssm")
    described = ssm.describe_document(Name=physical_id)["Document"]
    return {**described, "Content": ssm.get_document(Name=physical_id)["Content"]}


READERS = {
    "AWS::SSM::Document": Reader(_document, (*same("Content", "DocumentFormat", "DocumentType", "TargetType"), Check("Name", "Name"))),
}
