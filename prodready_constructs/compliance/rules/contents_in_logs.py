"""An API that writes what callers send, and what they are answered, into its log."""

from __future__ import annotations

from collections.abc import Iterator

from prodready_constructs.compliance.rules.rule import Hit, Rule, Subject, hit, is_off, is_true, mappings


def _find(subject: Subject) -> Iterator[Hit]:
    for stage in subject.of_type("AWS::ApiGateway::Stage"):
        for setting in mappings(stage.get("MethodSettings")):
            if is_true(setting.get("DataTraceEnabled")):
                yield hit(stage, detail=f"{setting.get('HttpMethod', '*')} {setting.get('ResourcePath', '/*')}")
    for deployment in subject.of_type("AWS::ApiGateway::Deployment"):
        settings = (deployment.get("StageDescription") or {}, *mappings(deployment.get("StageDescription", "MethodSettings")))
        if any(is_true(setting.get("DataTraceEnabled")) for setting in settings):
            yield hit(deployment)
    for stage in subject.of_type("AWS::ApiGatewayV2::Stage"):
        routes = stage.get("RouteSettings")
        settings = (stage.get("DefaultRouteSettings"), *(routes.values() if isinstance(routes, dict) else ()))
        if any(is_true(setting.get("DataTraceEnabled")) for setting in settings if isinstance(setting, dict)):
            yield hit(stage)
    for api in subject.of_type("AWS::AppSync::GraphQLApi"):
        # Without it AWS AppSync logs headers, context and what resolvers made of them, at any level.
        if isinstance(api.get("LogConfig"), dict) and is_off(api.get("LogConfig", "ExcludeVerboseContent")):
            yield hit(api)


RULE = Rule(
    name="ContentsInLogs",
    controls=("WEB-5", "WEB-6"),
    why="Bodies, tokens and personal data of callers lie in a log, for everybody who may read it and for as long as it is kept.",
    fix="DataTraceEnabled: false, and ExcludeVerboseContent: true for GraphQL; the access log has request id, caller, status and latency",
    find=_find,
)
