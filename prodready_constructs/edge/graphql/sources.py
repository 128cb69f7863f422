"""Where the fields of a GraphQL API come from, and the role each is reached with: never more than its resolvers need."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.edge.graphql.code import ResolverCode, SourceKind
from prodready_constructs.edge.graphql.parts import PRINCIPAL
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, URL_SUFFIX, ComposedRole, Part

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_ENDPOINT = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?")
#: What DynamoDB asks KMS for in the caller's name. Source: DynamoDB developer guide, "Using customer managed keys".
_READS, _WRITES = ("kms:Decrypt", "kms:DescribeKey"), ("kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
_READING = {"BatchGetItem", "GetItem", "Query", "Scan", "ConditionCheckItem"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GraphqlSource:
    """A data source of one API.

    Attributes:
        name: as resolvers know it.
        kind: what it is.
        data_source: the L1.
        role: what AppSync reaches it with; None where nothing is signed. Grant it what a signed HTTP endpoint asks for.
    """

    name: str
    kind: SourceKind
    data_source: appsync.CfnDataSource
    role: ComposedRole | None = None
    table_arn: str = ""
    key_arn: str | None = None
    allowed: set[str] = field(default_factory=set)

    def allow(self, where: str, code: ResolverCode) -> None:
        """Let the role do what *code* asks for, and nothing else.

        Raises:
            ConfigurationError: code for another kind of source, or of a table without operations.
        """
        if code.kind not in {None, self.kind}:
            raise ConfigurationError(
                where,
                given=f"code for a {code.kind} on the {self.kind} {self.name!r}",
                allowed=f"code for a {self.kind}",
                mend="take the other",
            )
        if code.forwards_caller and self.role:
            raise ConfigurationError(
                where,
                given=f"the caller's Authorization header on {self.name!r}, which AppSync signs",
                allowed="one of the two: both stand in that header",
                mend="say forwards_caller=False, or leave out signed_for",
            )
        if self.kind != "table":
            return
        if not code.operations:
            raise ConfigurationError(
                where,
                given=f"code without operations on the table {self.name!r}",
                allowed="the DynamoDB operations it asks for, which its role is granted",
                mend="say them: ResolverCode.from_file(..., operations=('GetItem',))",
            )
        self._grant(code)

    def _grant(self, code: ResolverCode) -> None:
        resource = f"{self.table_arn}/index/{code.index}" if code.index else self.table_arn
        actions = [f"dynamodb:{name}" for name in code.operations]
        self._say([action for action in actions if f"{action} {resource}" not in self.allowed], resource)
        if self.key_arn:
            wanted = [*_READS, *(() if set(code.operations) <= _READING else _WRITES)]
            via = {"StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.{URL_SUFFIX}"}}
            self._say([action for action in wanted if f"{action} {self.key_arn}" not in self.allowed], self.key_arn, condition=via)

    def _say(self, actions: list[str], resource: str, *, condition: dict[str, Any] | None = None) -> None:
        if actions and self.role:
            self.role.allow({"Action": actions, "Resource": resource, **({"Condition": condition} if condition else {})})
            self.allowed.update(f"{action} {resource}" for action in actions)


class Sources:
    """The data sources of one API."""

    def __init__(self, api: Part, *, api_id: str, metrics: bool) -> None:
        self._api = api
        self._api_id = api_id
        self._metrics = "ENABLED" if metrics else "DISABLED"
        self._made: dict[str, GraphqlSource] = {}

    def add_table(self, name: str, table: dynamodb.ITable) -> GraphqlSource:
        """See ``ProtectedGraphqlApi.add_table``."""
        home = self._home(name)
        role = self._role(home, f"the table {name}")
        key = table.encryption_key
        config = appsync.CfnDataSource.DynamoDBConfigProperty(
            aws_region=REGION, table_name=table.table_name, use_caller_credentials=False, versioned=False
        )
        return self._keep(
            name,
            "table",
            self._source(home, name, "AMAZON_DYNAMODB", role, dynamo_db_config=config),
            role,
            table_arn=table.table_arn,
            key_arn=key.key_arn if key else None,
        )

    def add_function(self, name: str, function: lambda_.IFunction) -> GraphqlSource:
        """See ``ProtectedGraphqlApi.add_function``."""
        home = self._home(name)
        arn = function.function_arn
        role = self._role(home, f"the function {name}", {"Action": "lambda:InvokeFunction", "Resource": arn})
        config = appsync.CfnDataSource.LambdaConfigProperty(lambda_function_arn=arn)
        return self._keep(name, "function", self._source(home, name, "AWS_LAMBDA", role, lambda_config=config), role)

    def add_http(self, name: str, endpoint: str, *, signed_for: str | None) -> GraphqlSource:
        """See ``ProtectedGraphqlApi.add_http``."""
        if "${" not in endpoint and not _ENDPOINT.fullmatch(endpoint):
            raise ConfigurationError(
                f"{self._api.path}: add_http",
                given=endpoint,
                allowed="https:// and a host, such as 'https://orders.example.com'; AppSync reaches public names only",
                mend="put the path into the resolver: ResolverCode.http_get('/orders/{id}')",
            )
        home = self._home(name)
        role = self._role(home, f"{name}, signed") if signed_for else None
        signing = (
            appsync.CfnDataSource.AuthorizationConfigProperty(
                authorization_type="AWS_IAM",
                aws_iam_config=appsync.CfnDataSource.AwsIamConfigProperty(signing_region=REGION, signing_service_name=signed_for),
            )
            if signed_for
            else None
        )
        config = appsync.CfnDataSource.HttpConfigProperty(endpoint=endpoint, authorization_config=signing)
        return self._keep(name, "http", self._source(home, name, "HTTP", role, http_config=config), role)

    def add_local(self, name: str) -> GraphqlSource:
        """See ``ProtectedGraphqlApi.add_local``."""
        return self._keep(name, "local", self._source(self._home(name), name, "NONE", None), None)

    def _home(self, name: str) -> Part:
        if not _NAME.fullmatch(name) or name in self._made:
            raise ConfigurationError(
                f"{self._api.path}: data source",
                given=name,
                allowed="letters and digits, a letter first, once: AppSync's names",
                mend="give each data source a name of its own, such as 'orders'",
            )
        return Part(self._api, f"Source-{name}")

    def _role(self, home: Part, what: str, *statements: dict[str, Any]) -> ComposedRole:
        return ComposedRole(
            home,
            "Role",
            assumed_by=iam.ServicePrincipal(PRINCIPAL),
            description=f"{self._api.path} reaches {what}",
            statements=statements,
        )

    def _source(self, home: Part, name: str, kind: str, role: ComposedRole | None, **config: Any) -> appsync.CfnDataSource:
        return appsync.CfnDataSource(
            home,
            "DataSource",
            api_id=self._api_id,
            name=name,
            type=kind,
            service_role_arn=role.role_arn if role else None,
            metrics_config=self._metrics,
            **config,
        )

    def _keep(
        self,
        name: str,
        kind: SourceKind,
        made: appsync.CfnDataSource,
        role: ComposedRole | None,
        *,
        table_arn: str = "",
        key_arn: str | None = None,
    ) -> GraphqlSource:
        self._made[name] = GraphqlSource(name=name, kind=kind, data_source=made, role=role, table_arn=table_arn, key_arn=key_arn)
        return self._made[name]

    def has(self, source: GraphqlSource) -> bool:
        """Whether *source* is of this API."""
        return self._made.get(source.name) is source
