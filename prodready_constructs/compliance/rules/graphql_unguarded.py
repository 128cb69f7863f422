"""A GraphQL or event API that a single query can exhaust, or that keeps no record of what it was asked."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_true, number


def _find(subject: Subject) -> Iterator[Hit]:
    for api in subject.of_type("AWS::AppSync::GraphQLApi"):
        if api.get("LogConfig", "FieldLogLevel") in (None, "NONE"):
            yield hit(api, detail="Logs", note="It logs no field.")
        if not is_true(api.get("XrayEnabled")):
            yield hit(api, detail="Tracing", note="It is not traced.")
        # Whoever writes a client against staging may ask for the schema.
        if api.get("IntrospectionConfig") != "DISABLED" and api.stack.path not in subject.staging:
            yield hit(api, detail="Introspection", note="It tells its whole schema to whoever asks.")
        # AWS AppSync reads 0 and nothing as no limit.
        if number(api.get("QueryDepthLimit"), 0) < 1:
            yield hit(api, detail="Depth", note="A query may nest without end.")
        if number(api.get("ResolverCountLimit"), 0) < 1:
            yield hit(api, detail="Resolvers", note="A query may call as many resolvers as AWS allows.")
    for api in subject.of_type("AWS::AppSync::Api"):
        if api.get("EventConfig", "LogConfig", "LogLevel") in (None, "NONE"):
            yield hit(api, detail="Logs", note="It keeps no log.")
    for cache in subject.of_type("AWS::AppSync::ApiCache"):
        # Neither can be changed later without making the cache anew.
        if not (is_true(cache.get("AtRestEncryptionEnabled")) and is_true(cache.get("TransitEncryptionEnabled"))):
            yield hit(cache, detail="Cache", note="Its answers lie, or travel, in plain text.")


RULE = Rule(
    name="GraphqlUnguarded",
    controls=("WEB-6",),
    why="One caller can read what is not meant to be known, or keep the API busy, and nobody can say afterwards who it was.",
    fix="use edge.ProtectedGraphqlApi; or set LogConfig, XrayEnabled, IntrospectionConfig DISABLED, QueryDepthLimit, ResolverCountLimit and both "
    "encryptions of the cache; introspection may stay on in the stacks of guard(staging=[...])",
    find=_find,
)
