"""A cache that anybody who reaches it may use: no users, or one that needs no password."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true
from prodready_constructs.evidence.assembly import Resource

#: The user that AWS makes in every account: on, without a password, allowed everything.
BUILT_IN = "default"
#: The list of MemoryDB that lets everybody in.
OPEN_LIST = "open-access"


def _needs_no_password(user: Resource) -> bool:
    """Whether this user is on and signs in with nothing; a user is off unless its access string says ``on``."""
    rights = user.get("AccessString")
    if isinstance(rights, str) and "on" not in rights.split():
        return False
    return is_true(user.get("NoPasswordRequired")) or str(user.get("AuthenticationMode", "Type")).startswith("no-password")


def _find(subject: Subject) -> Iterator[Hit]:
    for user in subject.of_type("AWS::ElastiCache::User", "AWS::MemoryDB::User"):
        if _needs_no_password(user):
            yield hit(user, detail="Password", note="This user signs in without one.")
    for group in subject.of_type("AWS::ElastiCache::UserGroup"):
        members = group.get("UserIds")
        if isinstance(members, list) and BUILT_IN in members:
            yield hit(group, detail="Default", note="The user default that AWS made is in it: no password, and every command.")
    for cache in subject.of_type("AWS::ElastiCache::ReplicationGroup"):
        # The members of a global datastore sign in as its first one says.
        if not (cache.get("UserGroupIds") or cache.get("AuthToken") or cache.get("GlobalReplicationGroupId")):
            yield hit(cache, detail="Users", note="It has neither user group nor token.")
    for cache in subject.of_type("AWS::ElastiCache::ServerlessCache"):
        # Serverless Memcached knows no users: security groups are all it has.
        if not cache.get("UserGroupId") and cache.get("Engine") != "memcached":
            yield hit(cache, detail="Users", note="It has no user group.")
    for cache in subject.of_type("AWS::MemoryDB::Cluster"):
        if cache.get("ACLName") == OPEN_LIST:
            yield hit(cache, detail="Users", note=f"Its list of users is {OPEN_LIST}.")


RULE = Rule(
    name="CacheOpen",
    controls=("CACHE-1",),
    why="Whoever reaches the port reads and changes everything in the cache: sessions, tokens, results.",
    fix="use cache.ReplicatedCache or cache.ServerlessCache; or a user group whose default user is off and has a password, and users with "
    "a password of Secrets Manager or IAM",
    find=_find,
)
