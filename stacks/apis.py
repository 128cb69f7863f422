"""Further doors to the same service: for partners' programs, for apps, for pages that ask in GraphQL, and for news as it happens."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from prodready_constructs import (
    ApiLogs,
    ApiScopes,
    AppSyncAuthorization,
    ChannelCode,
    ClientSecretRotation,
    DataKey,
    GraphqlSchema,
    JwtIssuer,
    OpenApi,
    OpenApiRestApi,
    OwnDistribution,
    Posture,
    ProtectedEventApi,
    ProtectedGraphqlApi,
    ProtectedHttpApi,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    ResolverCode,
    ServiceAccount,
    UserDirectory,
    WebAcl,
    WebApp,
    WebService,
)
from prodready_constructs.contracts import Watchable
from stacks.base import EnvironmentStack
from stacks.data import DataStack
from stacks.edge import EdgeStack
from stacks.settings import Settings

INTERFACES = Path(__file__).parent / "interfaces"


class Apis(Construct):
    """An API of an OpenAPI file for partners, an HTTP API for apps, a GraphQL API and an event API: all before one service, for one directory's users.

    The names of CloudFront and AppSync have their certificates in the edge stack, those of API Gateway here.
    """

    def __init__(
        self,
        home: EnvironmentStack,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        data: DataStack,
        edge: EdgeStack,
        front: ProtectedLoadBalancer,
        service: WebService,
        users: UserDirectory,
        shop: WebApp,
        orders: ApiScopes,
        api: ProtectedRestApi,
        web_acl: WebAcl,
    ) -> None:
        super().__init__(home, construct_id)
        key = DataKey(self, "Key", description="Logs of the further doors", encrypts_logs=True).key
        partners_domain = home.name_in_domain("PartnersDomain", "partners.")
        self.partners = OpenApiRestApi(
            self,
            "Partners",
            posture=posture.edge,
            load_balancer=front,
            specification=OpenApi.from_file(
                INTERFACES / "partners.yaml",
                authorizers={
                    "partners": apigateway.CognitoUserPoolsAuthorizer(self, "PartnerTokens", cognito_user_pools=[users.user_pool])
                },
                public={"GET /health": "partners' own monitoring asks it without a token; it answers a status and nothing else"},
            ),
            domain=partners_domain,
            web_acl=web_acl,
            logs=ApiLogs(role="existing", encryption_key=key),
        )
        self.partners.node.add_dependency(api)
        self.secrets = ClientSecretRotation(self, "ClientSecrets", directory=users, vpc=data.network.vpc)
        self.reports = ServiceAccount(
            self,
            "Reports",
            directory=users,
            name=f"{settings.application}/{settings.environment}/reports",
            scopes=[orders.scope("read")],
            rotation=self.secrets,
        )
        service.connect_to(self.reports)

        mobile_domain = home.name_in_domain("MobileOriginDomain", "mobile-origin.")
        self.mobile = ProtectedHttpApi(
            self,
            "Mobile",
            posture=posture.edge,
            target=front,
            authorizer=JwtIssuer.for_user_pool(users.user_pool, shop.client),
            front=OwnDistribution(web_acl_arn=edge.web_acl.arn, access_logs=data.logs.bucket, domain=edge.mobile_domain),
            domain=mobile_domain,
            encryption_key=key,
        )
        self.mobile.pass_everything()

        signed_in = AppSyncAuthorization.cognito(users.user_pool)
        self.graph = ProtectedGraphqlApi(
            self,
            "Graph",
            posture=posture.edge,
            schema=GraphqlSchema.from_file(INTERFACES / "orders.graphql"),
            authorization=[signed_in],
            domain=edge.graph_domain,
            web_acl=web_acl,
            encryption_key=key,
        )
        rest = self.graph.add_http("Orders", f"https://{api.host}")
        self.graph.resolve("Query", "order", rest, code=ResolverCode.http_get(f"{api.base_path}/orders/{{id}}"))
        self.graph.resolve("Mutation", "placeOrder", rest, code=ResolverCode.http_post(f"{api.base_path}/orders"))

        signed = AppSyncAuthorization.iam()
        self.events = ProtectedEventApi(
            self,
            "Events",
            posture=posture.edge,
            authorization=[signed_in, signed],
            domain=edge.events_domain,
            web_acl=web_acl,
            encryption_key=key,
        )
        self.events.add_namespace("orders", publish=[signed], subscribe=[signed_in], code=ChannelCode.own_channel())
        self.events.grant_publish(service.task_role, "orders")

        #: What can fail in this stack's region.
        self.watched: list[Watchable] = [
            *(self.partners, self.secrets, self.reports, self.mobile, self.graph, self.events),
            *filter(None, [partners_domain, mobile_domain]),
        ]
        #: CloudFront before the HTTP API: its metrics are in us-east-1.
        self.mobile_front: Watchable = self.mobile.front
