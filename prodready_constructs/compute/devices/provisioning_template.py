"""What a new device becomes, and the template that says so. Pure Python.

Sources: https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html,
https://docs.aws.amazon.com/iot/latest/developerguide/jit-provisioning.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from prodready_constructs.errors import ConfigurationError

#: What just-in-time provisioning reads from a certificate: ``{CommonName}``.
CERTIFICATE_PARAMETERS = (
    "Country",
    "Organization",
    "OrganizationalUnit",
    "DistinguishedNameQualifier",
    "StateName",
    "CommonName",
    "SerialNumber",
)
_CERTIFICATE = "AWS::IoT::Certificate::"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_THING_LETTERS = re.compile(r"[A-Za-z0-9:_-]*")
_ATTRIBUTE = re.compile(r"[A-Za-z0-9_.,@/:#-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceProvisioning:
    """What a new device becomes.

    Attributes:
        thing_name: a template, ``"sensor-{SerialNumber}"``: a fixed beginning, then at least one parameter.
        by: ``"claim"``: devices are made with one certificate that can do nothing but ask for their own (fleet provisioning); ``"ca"``: each is
            made with its own, signed by a CA that is registered with AWS IoT (just-in-time provisioning).
        parameters: what a device says of itself; by ``"ca"`` they are those of its certificate and not named here.
        attributes: of the thing, of templates too: ``{"serial": "{SerialNumber}"}``.

    Raises:
        ConfigurationError: a parameter that is used and not declared, or declared and not used; a name without a fixed beginning or without a
            parameter, or of letters that AWS IoT does not take.
    """

    thing_name: str
    by: Literal["claim", "ca"] = "claim"
    parameters: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = "DeviceProvisioning.thing_name"
        if self.by not in ("claim", "ca"):
            raise ConfigurationError(
                "DeviceProvisioning.by", given=self.by, allowed="'claim' or 'ca'", mend="say how a device proves that it is one of yours"
            )
        fixed, used = _PLACEHOLDER.split(self.thing_name)[::2], _PLACEHOLDER.findall(self.thing_name)
        if not fixed[0] or not used or not all(_THING_LETTERS.fullmatch(part) for part in fixed):
            raise ConfigurationError(
                where,
                given=self.thing_name,
                allowed="a fixed beginning of letters, digits and :_-, and at least one {Parameter}: the role may make things of that beginning only",
                mend="write 'sensor-{SerialNumber}'",
            )
        if self.by == "ca" and self.parameters:
            raise ConfigurationError(
                "DeviceProvisioning.parameters",
                given=self.parameters,
                allowed=f"none by 'ca': AWS IoT reads {', '.join(CERTIFICATE_PARAMETERS)} from the certificate",
                mend="leave them out",
            )
        known = CERTIFICATE_PARAMETERS if self.by == "ca" else self.parameters
        all_used = {*used, *(name for value in self.attributes.values() for name in _PLACEHOLDER.findall(value))}
        if missing := sorted(all_used - set(known)):
            raise ConfigurationError(
                "DeviceProvisioning.parameters",
                given=f"{{{missing[0]}}}, which is no parameter",
                allowed=", ".join(known) or "the parameters that are declared",
                mend="correct the name" if self.by == "ca" else f"add {missing[0]!r} to parameters",
            )
        if self.by == "claim" and (unused := sorted(set(self.parameters) - all_used)):
            raise ConfigurationError(
                "DeviceProvisioning.parameters",
                given=unused[0],
                allowed="parameters that the thing's name or an attribute uses",
                mend="use it, or leave it out; a hook sees only what a template declares",
            )
        for name in self.parameters:
            if not _PARAMETER.fullmatch(name):
                raise ConfigurationError(
                    "DeviceProvisioning.parameters", given=name, allowed="letters and digits", mend="write 'SerialNumber'"
                )
        for name in self.attributes:
            if not _ATTRIBUTE.fullmatch(name):
                raise ConfigurationError(
                    "DeviceProvisioning.attributes", given=name, allowed="letters, digits and _.,@/:#- in a name", mend="write 'serial'"
                )

    @property
    def beginning(self) -> str:
        """What the names of all its things begin with."""
        return self.thing_name.partition("{")[0]


def template_body(provisioning: DeviceProvisioning, policy_name: str, group: str, billing_group: str) -> str:
    """The template, as AWS IoT reads it when a device comes; its references are its own and not CloudFormation's."""
    by_claim = provisioning.by == "claim"
    scope = "" if by_claim else _CERTIFICATE
    known = provisioning.parameters if by_claim else tuple(name for name in CERTIFICATE_PARAMETERS if _uses(provisioning, name))
    thing: dict[str, Any] = {
        "ThingName": _joined(provisioning.thing_name, scope),
        "AttributePayload": {name: _joined(value, scope) for name, value in provisioning.attributes.items()},
        "ThingGroups": [group],
    }
    if by_claim:
        thing["BillingGroup"] = billing_group
    parameters = {f"{scope}{name}": {"Type": "String"} for name in known} | {f"{_CERTIFICATE}Id": {"Type": "String"}}
    return json.dumps(
        {
            "Parameters": parameters,
            "Resources": {
                "thing": {
                    "Type": "AWS::IoT::Thing",
                    "Properties": thing,
                    "OverrideSettings": {"AttributePayload": "MERGE", "ThingGroups": "DO_NOTHING"},
                },
                "certificate": {
                    "Type": "AWS::IoT::Certificate",
                    "Properties": {"CertificateId": {"Ref": f"{_CERTIFICATE}Id"}, "Status": "ACTIVE"},
                },
                "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": policy_name}},
            },
        }
    )


def _uses(provisioning: DeviceProvisioning, name: str) -> bool:
    return any(f"{{{name}}}" in text for text in (provisioning.thing_name, *provisioning.attributes.values()))


def _joined(text: str, scope: str) -> Any:
    """``sensor-{SerialNumber}`` as the template's own functions write it."""
    pieces = _PLACEHOLDER.split(text)
    parts: list[Any] = [{"Ref": f"{scope}{piece}"} if index % 2 else piece for index, piece in enumerate(pieces) if piece]
    return parts[0] if len(parts) == 1 else {"Fn::Join": ["", parts]}
