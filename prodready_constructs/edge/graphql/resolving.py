"""Which field is answered by which source: checked against the schema, so that no field is left to answer null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import jsii
from aws_cdk import aws_appsync as appsync
from constructs import IValidation

from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization
from prodready_constructs.edge.graphql.code import ResolverCode, around_steps
from prodready_constructs.edge.graphql.javascript import RUNTIME_NAME, RUNTIME_VERSION
from prodready_constructs.edge.graphql.schema import GraphqlSchema
from prodready_constructs.edge.graphql.sources import GraphqlSource, Sources
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part
from prodready_constructs.posture import EdgePosture

#: How long AppSync may keep an answer (AWS::AppSync::Resolver CachingConfig).
CACHE_LIVES = (timedelta(seconds=1), timedelta(hours=1))
#: AppSync: functions in one pipeline (AppSync endpoints and quotas).
MOST_STEPS = 10
#: What an entry lives where a resolver says nothing; each of ours says it.
_DEFAULT_TTL = 60
#: The modes whose callers have a subject that tells them apart in the cache.
_WITH_SUBJECT = {"AMAZON_COGNITO_USER_POOLS", "OPENID_CONNECT"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedField:
    """How long the answers of a field are kept, and for whom.

    Attributes:
        life: 1 second to 1 hour.
        arguments: of the field that change the answer.
        same_for_everyone: one answer for all callers; otherwise each caller has their own.
    """

    life: timedelta
    arguments: tuple[str, ...] = ()
    same_for_everyone: bool = False


class Resolvers:
    """The resolvers of one API."""

    def __init__(
        self,
        api: Part,
        *,
        api_id: str,
        schema: GraphqlSchema,
        schema_resource: appsync.CfnGraphQLSchema,
        sources: Sources,
        posture: EdgePosture,
        authorization: Sequence[AppSyncAuthorization],
    ) -> None:
        self._api, self._path, self._api_id = api, api.path, api_id
        self._schema, self._resource, self._sources = schema, schema_resource, sources
        self._posture = posture
        self._modes = {one.mode for one in authorization}
        self._runtime = appsync.CfnResolver.AppSyncRuntimeProperty(name=RUNTIME_NAME, runtime_version=RUNTIME_VERSION)
        self._metrics = "ENABLED" if posture.graphql_detailed_metrics else "DISABLED"
        self._made: set[tuple[str, str]] = set()
        self._cache: appsync.CfnApiCache | None = None
        api.node.add_validation(_EveryField(self.missing))

    def missing(self) -> list[str]:
        """Queries and mutations that nothing answers."""
        return [
            f"{self._path}: {root}.{field} has no resolver and would answer null; call resolve({root!r}, {field!r}, ...) or take it out of "
            f"{self._schema.name}"
            for root in sorted(self._schema.roots)
            for field in sorted(self._schema.fields[root])
            if (root, field) not in self._made
        ]

    def add(
        self, type_name: str, field: str, source: GraphqlSource, *, code: ResolverCode, cached: CachedField | None
    ) -> appsync.CfnResolver:
        """See ``ProtectedGraphqlApi.resolve``."""
        where = self._require_field(type_name, field)
        self._require_source(where, source, code, self._schema.fields[type_name][field])
        return self._resolver(where, type_name, field, code=code.text, kind="UNIT", source=source, cached=cached)

    def add_steps(self, type_name: str, field: str, steps: Sequence[tuple[GraphqlSource, ResolverCode]]) -> appsync.CfnResolver:
        """See ``ProtectedGraphqlApi.resolve_in_steps``."""
        where = self._require_field(type_name, field)
        if not 1 <= len(steps) <= MOST_STEPS:
            raise ConfigurationError(
                where,
                given=f"{len(steps)} steps",
                allowed=f"1 to {MOST_STEPS} steps, AppSync's limit",
                mend="put work together in a function",
            )
        functions = []
        for place, (source, code) in enumerate(steps):
            self._require_source(where, source, code, self._schema.fields[type_name][field])
            step = appsync.CfnFunctionConfiguration(
                self._api,
                f"Step-{type_name}-{field}-{place}",
                api_id=self._api_id,
                name=f"{type_name}_{field}_{place}",
                data_source_name=source.data_source.attr_name,
                code=code.text,
                runtime=appsync.CfnFunctionConfiguration.AppSyncRuntimeProperty(name=RUNTIME_NAME, runtime_version=RUNTIME_VERSION),
            )
            functions.append(step.attr_function_id)
        pipeline = appsync.CfnResolver.PipelineConfigProperty(functions=functions)
        return self._resolver(where, type_name, field, code=around_steps(), kind="PIPELINE", pipeline=pipeline)

    def _resolver(
        self,
        where: str,
        type_name: str,
        field: str,
        *,
        code: str,
        kind: str,
        source: GraphqlSource | None = None,
        pipeline: appsync.CfnResolver.PipelineConfigProperty | None = None,
        cached: CachedField | None = None,
    ) -> appsync.CfnResolver:
        caching = self._caching(where, type_name, field, cached) if cached else None
        made = appsync.CfnResolver(
            self._api,
            f"Resolver-{type_name}-{field}",
            api_id=self._api_id,
            type_name=type_name,
            field_name=field,
            kind=kind,
            data_source_name=source.data_source.attr_name if source else None,
            pipeline_config=pipeline,
            code=code,
            runtime=self._runtime,
            caching_config=caching,
            metrics_config=self._metrics,
        )
        made.add_resource_dependency(self._resource)
        self._made.add((type_name, field))
        return made

    def _caching(self, where: str, type_name: str, field: str, cached: CachedField) -> appsync.CfnResolver.CachingConfigProperty | None:
        if type_name != self._schema.query:
            raise ConfigurationError(
                f"{where}: cached",
                given=f"a field of {type_name}",
                allowed=f"fields of {self._schema.query}: mutations change things, and fields of other types depend on the object they are of",
                mend="cache the query that leads there",
            )
        arguments = self._schema.fields[type_name][field]
        if not CACHE_LIVES[0] <= cached.life <= CACHE_LIVES[1]:
            raise ConfigurationError(
                f"{where}: life", given=str(cached.life), allowed="1 second to 1 hour", mend="AppSync keeps answers no longer"
            )
        if unknown := sorted(set(cached.arguments) - arguments):
            raise ConfigurationError(
                f"{where}: arguments",
                given=", ".join(unknown),
                allowed=f"arguments of the field: {', '.join(sorted(arguments)) or 'it has none'}",
                mend="name those that change the answer",
            )
        if not cached.same_for_everyone and not self._modes <= _WITH_SUBJECT:
            raise ConfigurationError(
                f"{where}: cached",
                given="an answer for each caller, in an API that also knows callers by IAM, function or key",
                allowed="Cognito and OpenID Connect alone, whose callers have a subject to keep their answers apart",
                mend="cache what is same_for_everyone=True, or nothing: one caller would hear another's answer",
            )
        if self._posture.graphql_cache is None:
            return None
        if self._cache is None:
            self._cache = appsync.CfnApiCache(
                self._api,
                "Cache",
                api_id=self._api_id,
                api_caching_behavior="PER_RESOLVER_CACHING",
                type=self._posture.graphql_cache,
                ttl=_DEFAULT_TTL,
                at_rest_encryption_enabled=True,
                transit_encryption_enabled=True,
                health_metrics_config="ENABLED",
            )
        keys = [f"$context.arguments.{name}" for name in sorted(cached.arguments)]
        # A subject is unique for its issuer only.
        keys += [] if cached.same_for_everyone else ["$context.identity.issuer", "$context.identity.sub"]
        return appsync.CfnResolver.CachingConfigProperty(ttl=int(cached.life.total_seconds()), caching_keys=keys or None)

    def _require_field(self, type_name: str, field: str) -> str:
        where = f"{self._path}: {type_name}.{field}"
        known = self._schema.fields
        if type_name not in known:
            raise ConfigurationError(
                where,
                given=f"the type {type_name}",
                allowed=f"types of {self._schema.name}: {', '.join(sorted(known))}",
                mend="correct the name",
            )
        if field not in known[type_name] or (type_name, field) in self._made:
            raise ConfigurationError(
                where,
                given=f"the field {field}" + (" a second time" if (type_name, field) in self._made else ""),
                allowed=f"each field of {type_name} once: {', '.join(sorted(known[type_name]))}",
                mend=f"correct the name, or add the field to {self._schema.name}",
            )
        return where

    def _require_source(self, where: str, source: GraphqlSource, code: ResolverCode, arguments: frozenset[str]) -> None:
        if not self._sources.has(source):
            raise ConfigurationError(
                where, given=f"the data source {source.name!r} of another API", allowed="a data source of this one", mend="add it here"
            )
        if missing := sorted(code.arguments - arguments):
            raise ConfigurationError(
                where,
                given=f"code that reads the arguments {', '.join(missing)}",
                allowed=f"arguments of the field: {', '.join(sorted(arguments)) or 'it has none'}",
                mend=f"add them to {self._schema.name}, or name others in the code",
            )
        source.allow(where, code)


@jsii.implements(IValidation)
class _EveryField:
    def __init__(self, missing: object) -> None:
        self._missing = missing

    def validate(self) -> list[str]:
        return list(self._missing())  # type: ignore[operator]
