"""ElastiCache: the serverless cache, which ministack's CloudFormation lacks, and users as its API should tell of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import elasticache

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, respell, top_up

#: CloudFormation's ways to authenticate as the API reports them.
_AUTHENTICATION = {"iam": "iam", "password": "password", "no-password-required": "no-password"}


def _delete_serverless(physical_id: str, _: Properties) -> None:
    client("elasticache").delete_serverless_cache(ServerlessCacheName=physical_id)


@creates("AWS::ElastiCache::ServerlessCache", delete=_delete_serverless)
def serverless_cache(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("elasticache", "create_serverless_cache", properties)["ServerlessCache"]
    attributes = {"ARN": made["ARN"], "Status": made["Status"], "FullEngineVersion": made["FullEngineVersion"]}
    for name in ("Endpoint", "ReaderEndpoint"):
        endpoint = made.get(name, {})
        attributes |= {f"{name}.Address": endpoint.get("Address", ""), f"{name}.Port": str(endpoint.get("Port", ""))}
    return made["ServerlessCacheName"], attributes


def install() -> None:
    """Users: how they authenticate is kept, and access strings with ``&`` do not break the answer. Groups: two shards are taken, too."""
    respell("AWS::ElastiCache::User", _user)
    top_up("AWS::ElastiCache::User", _authentication)
    original = elasticache._user_xml
    elasticache._create_replication_group = _two_shards(elasticache._create_replication_group)
    elasticache._user_xml = lambda user: original({**user, "AccessString": escape(user.get("AccessString", ""))})


def _two_shards(create: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """ministack takes one shard, or three and more; AWS takes two as well."""

    def with_two(parameters: dict[str, Any]) -> Any:
        if elasticache._p(parameters, "NumNodeGroups") != "2":
            return create(parameters)
        answer = create({**parameters, "NumNodeGroups": "3"})
        group = elasticache._replication_groups.get(elasticache._p(parameters, "ReplicationGroupId"))
        if answer[0] == 200 and group is not None:
            for member in group["NodeGroups"].pop()["NodeGroupMembers"]:
                group["MemberClusters"].remove(member["CacheClusterId"])
                elasticache._clusters.pop(member["CacheClusterId"], None)
            group["_num_node_groups"] = 2
        return answer

    return with_two


def _user(properties: Properties) -> Properties:
    """ministack looks for passwords beside the authentication mode, a template has them within."""
    mode = properties.get("AuthenticationMode", {})
    return {**properties, "Passwords": mode["Passwords"]} if mode.get("Passwords") else properties


def _authentication(user: str, properties: Properties, _: dict[str, Any]) -> None:
    mode = properties.get("AuthenticationMode", {})
    if mode.get("Type") in _AUTHENTICATION:
        elasticache._users[user]["Authentication"] = {
            "Type": _AUTHENTICATION[mode["Type"]],
            "PasswordCount": len(mode.get("Passwords", [])),
        }
