"""Where templates have a place for a password: a literal there is one, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prodready_constructs.compliance.rules.rule import Subject
from prodready_constructs.evidence.assembly import Resource

#: Resource type -> paths of properties; a path goes through lists too.
PLACES: dict[str, tuple[str, ...]] = {
    "AWS::Cognito::UserPoolIdentityProvider": ("ProviderDetails.client_secret", "ProviderDetails.private_key"),
    "AWS::DMS::Endpoint": ("Password",),
    "AWS::DocDB::DBCluster": ("MasterUserPassword",),
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken",),
    "AWS::ElastiCache::User": ("AuthenticationMode.Passwords", "Passwords"),
    "AWS::Events::Connection": (
        "AuthParameters.ApiKeyAuthParameters.ApiKeyValue",
        "AuthParameters.BasicAuthParameters.Password",
        "AuthParameters.OAuthParameters.ClientParameters.ClientSecret",
    ),
    "AWS::MemoryDB::User": ("AuthenticationMode.Passwords",),
    "AWS::RDS::DBCluster": ("MasterUserPassword",),
    "AWS::RDS::DBInstance": ("MasterUserPassword",),
    "AWS::Redshift::Cluster": ("MasterUserPassword",),
    "AWS::SecretsManager::Secret": ("SecretString",),
}


def _at(value: Any, names: list[str]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, names)
    elif not names:
        yield value
    elif isinstance(value, dict):
        yield from _at(value.get(names[0]), names[1:])


def literal_secrets(subject: Subject) -> Iterator[tuple[Resource, str]]:
    """Every place where a password stands as it is, with the path of the property; an intrinsic function or a reference is none."""
    for store in subject.of_type(*PLACES):
        for path in PLACES[store.type]:
            found = _at(dict(store.properties), path.split("."))
            if any(isinstance(value, str) and value and not value.startswith("{{resolve:") for value in found):
                yield store, path
