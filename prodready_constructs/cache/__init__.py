"""Caches of Valkey and Redis OSS: on nodes with replicas, or serverless; TLS, named users, rotated passwords."""

from prodready_constructs.cache.access import CacheAccess
from prodready_constructs.cache.engine import REDIS_7, VALKEY_8, CacheEngine
from prodready_constructs.cache.password_rotation import CachePasswordRotation
from prodready_constructs.cache.replicated_cache import ReplicatedCache
from prodready_constructs.cache.serverless_cache import ServerlessCache
from prodready_constructs.cache.users import IamCacheUser

__all__ = [
    "REDIS_7",
    "VALKEY_8",
    "CacheAccess",
    "CacheEngine",
    "CachePasswordRotation",
    "IamCacheUser",
    "ReplicatedCache",
    "ServerlessCache",
]
