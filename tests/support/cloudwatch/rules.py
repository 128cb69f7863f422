"""The rule of a composite alarm in a template, with logical ids in place of ARNs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

#: ``{"Fn::GetAtt": ["Logical", "Arn"]}`` inside a rule, as JSON in JSON.
_ARN = re.compile(r'\{"Fn::GetAtt": \["(\w+)", "Arn"\]\}')


def rule_of(properties: Mapping[str, Any]) -> str:
    """``ALARM("Logical") OR ...``"""
    parts = properties["AlarmRule"]
    if isinstance(parts, dict) and "Fn::Join" in parts:
        parts = "".join(part if isinstance(part, str) else json.dumps(part) for part in parts["Fn::Join"][1])
    return _ARN.sub(lambda found: found[1], parts)
