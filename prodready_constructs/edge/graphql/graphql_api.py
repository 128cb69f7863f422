"""A GraphQL API on AppSync for known callers, with a schema that parses and roles that reach no further than its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Names
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GoodAndBad, GraphSpec, record
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization, require_known_callers
from prodready_constructs.edge.graphql.code import ResolverCode
from prodready_constructs.edge.graphql.environment import require_plain
from prodready_constructs.edge.graphql.graphql_alarms import count_failed_fields, graphql_alarms, graphql_graphs, graphql_service_level
from prodready_constructs.edge.graphql.modes import graphql_options, require_modes
from prodready_constructs.edge.graphql.parts import admit, give_name, keep_logs, key_fact, log_role
from prodready_constructs.edge.graphql.resolving import CachedField, Resolvers
from prodready_constructs.edge.graphql.schema import GraphqlSchema
from prodready_constructs.edge.graphql.sources import GraphqlSource, Sources
from prodready_constructs.edge.waf.web_acl import WebAcl
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import DataKey, Part
from prodready_constructs.posture import EdgePosture
from prodready_constructs.waivers import waive

CONTROLS = (
    ControlClaim(
        control="WEB-6",
        how="AppSync GraphQL API: callers known by Cognito, IAM, OpenID Connect or a function, web ACL, custom domain, field logs without content "
        "in an encrypted group, X-Ray, limits of query depth and resolvers, introspection as the posture says, one role for each data source",
        frameworks=("NIST 800-53 r5 AC-3", "NIST 800-53 r5 AU-2", "NIST 800-53 r5 SC-5", "HIPAA 164.312(a)(1)", "PCI DSS 3.2.1 6.6"),
    ),
)


class ProtectedGraphqlApi(Part):
    """A GraphQL API for callers it knows.

    Always: the schema is parsed here, with file, line and reason where it does not; an API key never stands first; web ACL; field logs
    without headers, arguments or answers, encrypted and kept for the posture's time; X-Ray; limits of depth and resolvers; a role for each data
    source with exactly what its resolvers ask for; every query and mutation has a resolver, or the synth fails. *posture* decides
    how much: introspection, limits, log level, detailed metrics, cache.

    Args:
        posture: degrees.
        schema: ``GraphqlSchema.from_file("schema.graphql")``.
        authorization: who may call; the first holds where the schema says nothing, the others where it names them (``@aws_iam``). IAM
            signatures when empty: see ``grant``.
        domain: the API's own name, with its certificate in us-east-1; AppSync's name when None, with a warning.
        web_acl: in front of it; its own, regional, when None.
        environment: plain values that resolvers read as ``ctx.env``.
        encryption_key: of the logs; must admit CloudWatch Logs. Its own when None.

    Raises:
        ConfigurationError: a key in first place, a directive of a mode that the API does not have, a certificate outside us-east-1,
            a secret or malformed variable in *environment*.

    Sources: https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
        https://docs.aws.amazon.com/appsync/latest/devguide/WAF-Integration.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        schema: GraphqlSchema,
        authorization: Sequence[AppSyncAuthorization] = (),
        domain: Domain | None = None,
        web_acl: WebAcl | None = None,
        environment: Mapping[str, str] | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._authorization = require_known_callers(self.path, authorization)
        require_modes(self.path, schema, self._authorization)
        require_plain(self.path, environment or {})
        certificate = domain.require_us_east_1(wanted_by=self) if domain else None
        self._schema = schema
        self._name = Names.unique_resource_name(self, max_length=100, separator="-")
        role = log_role(self)
        detailed = posture.graphql_detailed_metrics
        #: The L1 itself: the L2 brings a function for log retention as soon as it logs. Whatever is changed here is still judged at synth.
        self.api = appsync.CfnGraphQLApi(
            self,
            "Api",
            name=self._name,
            api_type="GRAPHQL",
            visibility="GLOBAL",
            **graphql_options(self._authorization),
            log_config=appsync.CfnGraphQLApi.LogConfigProperty(
                cloud_watch_logs_role_arn=role.role_arn,
                # Headers, arguments and answers carry tokens and personal data.
                exclude_verbose_content=True,
                field_log_level=posture.graphql_log_level,
            ),
            xray_enabled=True,
            introspection_config="ENABLED" if posture.graphql_introspection else "DISABLED",
            query_depth_limit=posture.graphql_query_depth,
            resolver_count_limit=posture.graphql_resolver_count,
            environment_variables=dict(environment) if environment else None,
            enhanced_metrics_config=appsync.CfnGraphQLApi.EnhancedMetricsConfigProperty(
                data_source_level_metrics_behavior="PER_DATA_SOURCE_METRICS",
                operation_level_metrics_config="ENABLED" if detailed else "DISABLED",
                resolver_level_metrics_behavior="PER_RESOLVER_METRICS",
            ),
        )
        waive(
            self.api,
            rule="AwsSolutions-ASC3",
            because="The rule wants verbose logs, which hold headers, arguments and answers: tokens and personal data. Requests and fields that fail "
            "are logged all the same, without their content, and traced.",
            owner="platform",
        )
        #: AppSync's id and ARN of the API.
        self.api_id, self.arn = self.api.attr_api_id, self.api.attr_arn
        definition = appsync.CfnGraphQLSchema(self, "Schema", api_id=self.api_id, definition=schema.text)
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: logs", encrypts_logs=True).key
        kept, self._log_group_name = keep_logs(self, role, api_id=self.api_id, retention=posture.log_retention, key=key)
        #: Where AppSync logs requests and fields.
        self.log_group = kept.log_group
        count_failed_fields(self, log_group=self.log_group, name=self._name)
        admit(self, self._authorization, api_id=self.api_id, api_arn=self.arn)
        self._sources = Sources(self, api_id=self.api_id, metrics=detailed)
        self._resolvers = Resolvers(
            self,
            api_id=self.api_id,
            schema=schema,
            schema_resource=definition,
            sources=self._sources,
            posture=posture,
            authorization=self._authorization,
        )
        #: What stands in front of it.
        self.web_acl = web_acl or WebAcl(self, "WebAcl", posture=posture, placement="REGIONAL", encryption_key=encryption_key)
        self.web_acl.protect(self, self.arn)
        give_name(self, api_id=self.api_id, domain=domain, certificate=certificate)
        #: Where queries and mutations go, and where subscriptions connect.
        self.url = f"https://{domain.name}/graphql" if domain else self.api.attr_graph_ql_url
        self.realtime_url = f"wss://{domain.name}/graphql/realtime" if domain else self.api.attr_realtime_url
        record(
            self,
            controls=CONTROLS,
            tier="edge",
            watchable=True,
            domain=domain.name if domain else None,
            authorization=[one.mode for one in self._authorization],
            api_key=key_fact(self._authorization),
        )

    def add_table(self, name: str, table: dynamodb.ITable) -> GraphqlSource:
        """A DynamoDB table of this region that fields are read from and written to.

        Raises:
            ConfigurationError: a name malformed or twice.
        """
        return self._sources.add_table(name, table)

    def add_function(self, name: str, function: lambda_.IFunction) -> GraphqlSource:
        """A Lambda function that answers fields; a version or alias is asked as such.

        Raises:
            ConfigurationError: a name malformed or twice.
        """
        return self._sources.add_function(name, function)

    def add_http(self, name: str, endpoint: str, *, signed_for: str | None = None) -> GraphqlSource:
        """A service with a public name that answers fields over HTTPS.

        Args:
            endpoint: ``https://orders.example.com``, without a path.
            signed_for: sign requests with the source's role for this service (``execute-api``); grant that role what it asks for.

        Raises:
            ConfigurationError: no ``https://`` host, or a name malformed or twice.
        """
        return self._sources.add_http(name, endpoint, signed_for=signed_for)

    def add_local(self, name: str) -> GraphqlSource:
        """Nothing behind: for mutations that only tell subscribers, and checks in a pipeline.

        Raises:
            ConfigurationError: a name malformed or twice.
        """
        return self._sources.add_local(name)

    def resolve(
        self, type_name: str, field: str, source: GraphqlSource, *, code: ResolverCode, cached: CachedField | None = None
    ) -> appsync.CfnResolver:
        """Answer *field* of *type_name* from *source* by *code*.

        Args:
            cached: keep answers, where the posture has a cache; it is made with the first.

        Raises:
            ConfigurationError: a type, field or argument that the schema does not have, a field twice, code of another kind of source, a table's
                code without operations, an answer for each caller cached where callers cannot be told apart.
        """
        return self._resolvers.add(type_name, field, source, code=code, cached=cached)

    def resolve_in_steps(self, type_name: str, field: str, steps: Sequence[tuple[GraphqlSource, ResolverCode]]) -> appsync.CfnResolver:
        """Answer *field* by a pipeline of up to 10 steps: each sees what the one before made as ``ctx.prev.result``.

        Raises:
            ConfigurationError: as ``resolve``, or too many steps.
        """
        return self._resolvers.add_steps(type_name, field, steps)

    def grant(self, grantee: iam.IGrantable, type_name: str, *fields: str) -> iam.Grant:
        """Let *grantee* call *fields* of *type_name* with an IAM signature, and no others.

        Raises:
            ConfigurationError: no field, or one that the schema does not have.
        """
        known = self._schema.fields.get(type_name, {})
        if not fields or set(fields) - set(known):
            raise ConfigurationError(
                f"{self.path}: grant",
                given=f"{type_name}.{', '.join(fields) or '(nothing)'}",
                allowed=f"fields of {type_name}: {', '.join(sorted(known)) or 'there is no such type'}",
                mend="name the fields one by one",
            )
        resources = [f"{self.arn}/types/{type_name}/fields/{one}" for one in fields]
        return iam.Grant.add_to_principal(grantee=grantee, actions=["appsync:GraphQL"], resource_arns=resources)

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Errors, refusals, latency, failed fields, lost messages, and an API key that expires."""
        return graphql_alarms(api_id=self.api_id, name=self._name, log_group=self._log_group_name, authorization=self._authorization)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Requests, errors, latency and subscriptions."""
        return graphql_graphs(api_id=self.api_id)

    @property
    def service_level(self) -> GoodAndBad:
        """Requests that AppSync itself failed, of all: ``Slo(of=api)``. A field that fails inside a 200 is no 5xx."""
        return graphql_service_level(api_id=self.api_id)
