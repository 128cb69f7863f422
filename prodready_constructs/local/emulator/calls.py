"""Calling a service API from inside a CloudFormation handler: the emulator's own endpoint, in the stack's account and region."""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from ministack.core.responses import get_account_id, get_region

from prodready_constructs.local.emulator.endpoints import MOTO_SERVICES, Endpoints

Properties = dict[str, Any]

_endpoints = Endpoints(port=0, moto_port=0)
#: Stacks of several accounts are deployed at the same time, and boto3 makes one client at a time.
_making = threading.Lock()


def point_at(endpoints: Endpoints) -> None:
    """Set where the services listen, before the first stack is deployed."""
    global _endpoints  # noqa: PLW0603 - one server a process
    _endpoints = endpoints


def client(service: str, region: str | None = None) -> Any:
    """The boto3 client of *service* for the stack that is being deployed; in its region, or in *region*."""
    port = _endpoints.moto_port if service in MOTO_SERVICES else _endpoints.port
    with _making:
        return _client(service, region or get_region(), get_account_id(), port)


def moto_client(service: str) -> Any:
    """A client of moto itself: for operations that ministack lacks, and to mirror there what moto insists on seeing first."""
    with _making:
        return _client(service, get_region(), get_account_id(), _endpoints.moto_port)


@cache
def _client(service: str, region: str, account: str, port: int) -> Any:
    created = boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )
    # moto keeps accounts apart by this header, and ministack ignores it.
    created.meta.events.register("before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", account))
    return created


def call(service: str, operation: str, properties: Properties, *, api: Any = None) -> dict[str, Any]:
    """Call *operation* (of *api*, when given) with template *properties*: spelt and typed as the API wants, the ones it lacks left out."""
    api = api or client(service)
    shape = api.meta.service_model.operation_model(api.meta.method_to_api_mapping[operation]).input_shape
    return getattr(api, operation)(**fitted(without_system_tags(properties), shape))


def without_system_tags(properties: Properties) -> Properties:
    """The properties without the ``aws:`` tags that the engine adds and no API accepts."""
    return {
        name: [tag for tag in value if not (isinstance(tag, dict) and str(tag.get("Key", "")).startswith("aws:"))]
        if name.endswith(("Tags", "TagsList")) and isinstance(value, list)
        else value
        for name, value in properties.items()
    }


def fitted(value: Any, shape: Any) -> Any:
    """*value* of a template in the form of a botocore *shape*: CloudFormation writes numbers and booleans as strings."""
    kind = shape.type_name
    if kind == "structure":
        members = {name.lower(): name for name in shape.members}
        pairs = ((members.get(name.lower()), item) for name, item in (value or {}).items())
        return {name: fitted(item, shape.members[name]) for name, item in pairs if name is not None}
    if kind == "list":
        return [fitted(item, shape.member) for item in (value if isinstance(value, list) else [value])]
    if kind == "map":
        items = {tag["Key"]: tag["Value"] for tag in value} if isinstance(value, list) else value
        return {name: fitted(item, shape.value) for name, item in items.items()}
    return _scalar(value, kind)


def _scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("double", "float"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "string" and isinstance(value, (dict, list)):
        return json.dumps(value)
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    return str(value) if kind == "string" else value


def camel(value: Any) -> Any:
    """``{"RoleArn": ...}`` as ``{"roleArn": ...}``, all the way down."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: camel(item) for name, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value
