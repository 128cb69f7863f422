"""Two doors in somebody else's app: a GraphQL API over a service they have, and news as it happens, for users who sign in."""

import aws_cdk as cdk

from prodready_constructs import (
    PRODUCTION,
    AppSyncAuthorization,
    ChannelCode,
    GraphqlSchema,
    ProtectedEventApi,
    ProtectedGraphqlApi,
    ResolverCode,
    Routes,
    UserDirectory,
    Watch,
    WebAcl,
    guard,
)

SCHEMA = """
type Query { parcel(id: ID!): Parcel }
type Parcel { id: ID! state: String! }
schema { query: Query }
"""

app = cdk.App()
stack = cdk.Stack(
    app,
    "Parcels",
    env=cdk.Environment(account="111122223333", region="eu-central-1"),
    tags={"application": "parcels", "environment": "production", "owner": "logistics", "cost-centre": "0815", "data-class": "internal"},
    termination_protection=True,
)
users = UserDirectory(stack, "Users")
web_acl = WebAcl(stack, "WebAcl", posture=PRODUCTION.edge)
web_acl.protect(users, users.pool_arn)
people, services = AppSyncAuthorization.cognito(users.user_pool), AppSyncAuthorization.iam()
schema = GraphqlSchema.from_text(SCHEMA, name="parcels")
graph = ProtectedGraphqlApi(stack, "Graph", posture=PRODUCTION.edge, schema=schema, authorization=[people], web_acl=web_acl)
tracking = graph.add_http("Tracking", "https://tracking.example.com")
graph.resolve("Query", "parcel", tracking, code=ResolverCode.http_get("/parcels/{id}"))
events = ProtectedEventApi(stack, "Events", posture=PRODUCTION.edge, authorization=[people, services], web_acl=web_acl)
events.add_namespace("parcels", publish=[services], subscribe=[people], code=ChannelCode.own_channel())
alerts = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["logistics@example.com"])
watching = [alerts, users, web_acl, graph, events]
Watch(stack, "Watch", routes=alerts, watching=watching, runbook_base_url="https://runbooks.example.com/parcels")
guard(app)
