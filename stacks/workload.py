"""What a release changes: the doors, the service behind them, the site, and the picture of it all."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs import (
    ContentSecurityPolicy,
    Dashboard,
    GroupRoles,
    ImageRelease,
    MigrationTask,
    Passkeys,
    Posture,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    RealUserMonitoring,
    SecureBucket,
    SiteLogs,
    UserDirectory,
    Watch,
    WebAcl,
    WebService,
    Website,
    waive,
)
from prodready_constructs.contracts import Watchable
from stacks.apis import Apis
from stacks.background import BackgroundStack
from stacks.base import EnvironmentStack, that_exist
from stacks.data import DataStack
from stacks.edge import CLOUDFRONT_REGION, EdgeStack
from stacks.operations import OperationsStack
from stacks.promises import Promises
from stacks.settings import Settings

LAST_ERRORS = 'filter level in ["ERROR", "error", "CRITICAL", "critical"] | fields @timestamp, message | sort @timestamp desc | limit 20'


class WorkloadStack(EnvironmentStack):
    """CloudFront in front of a site, a REST API and an internal load balancer; a Fargate service that uses the database."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: Posture,
        settings: Settings,
        data: DataStack,
        edge: EdgeStack,
        background: BackgroundStack,
        operations: OperationsStack,
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.region, description="Doors, service and site")
        vpc = data.network.vpc
        self.domain = self.name_in_domain("Domain")
        self.api_domain = self.name_in_domain("ApiDomain", prefix="api.")
        self.front = ProtectedLoadBalancer(self, "Front", vpc=vpc, posture=posture.edge, access_logs=data.logs.bucket, domain=self.domain)
        image = ecs.ContainerImage.from_registry(settings.service.image)
        self.service = WebService(
            self,
            "Orders",
            vpc=vpc,
            load_balancer=self.front,
            image=image,
            posture=posture.compute,
            container_port=settings.service.port,
            health_check_path=settings.service.health_check_path,
        )
        data.stores.serve(self.service)
        # What a build pushes, and where its digest goes.
        ImageRelease(
            self,
            "Release",
            service=self.service,
            repository=data.stores.images.repository,
            setting=f"settings/{settings.environment}.toml, [service] image",
        )
        self.migration = MigrationTask(
            self, "Migration", vpc=vpc, image=image, command=settings.service.migrate, user=data.stores.migrator, posture=posture.compute
        )
        self.migration.before(self.service)
        data.uploads.grant_read_write(self.service.task_role)
        waive(
            self.service.task_role.policy,
            rule=f"AwsSolutions-IAM5[Resource::{data.uploads.bucket.arn_for_objects('*')}]",
            because="the service reads and writes the uploads of its users; their keys are not known before they exist",
            owner="platform",
        )

        login = edge.login_domain
        self.users = UserDirectory(self, "Users", passkeys=Passkeys(relying_party=login.name) if login else None)
        # Before what callers reach past CloudFront, who are told apart by the address they connect from: sign-ins, AppSync, partners.
        self.direct_acl = WebAcl(self, "DirectAcl", posture=posture.edge, path_limits={})
        self.direct_acl.protect(self.users, self.users.pool_arn)
        page = (
            self.users.add_sign_in_page(domain=login)
            if login
            else self.users.add_sign_in_page(prefix=f"{settings.application}-{settings.environment}")
        )
        self.api = ProtectedRestApi(
            self,
            "Api",
            posture=posture.edge,
            load_balancer=self.front,
            domain=self.api_domain,
            web_acl=self.front.web_acl,
            authorizer=apigateway.CognitoUserPoolsAuthorizer(self, "ApiUsers", cognito_user_pools=[self.users.user_pool]),
        )
        self.content = SecureBucket(
            self,
            "Content",
            # A site's files are read at once, or they are errors: nothing of it moves to the archive.
            posture=replace(posture.storage, archive_after=None),
            access_logs=data.logs.bucket,
            replica=data.replica,
        )
        visitors = RealUserMonitoring(self, "Visitors", names=[edge.domain.name]) if edge.domain else None
        policy = ContentSecurityPolicy()
        self.site = Website(
            self,
            "Site",
            posture=posture.edge,
            content=self.content.bucket,
            access_logs=data.logs.bucket,
            web_acl_arn=edge.web_acl.arn,
            domain=edge.domain,
            content_security_policy=policy.including(visitors.content_sources) if visitors else policy,
        )
        # Cognito wants the name above the sign-in page's to lead somewhere first.
        page.node.add_dependency(self.site)
        self.site.add_assets("/assets/*")
        self.site.add_api("/api/*", self.api)
        self.site.add_load_balancer("/app/*", self.front)

        orders = self.users.add_api("Orders", identifier="orders", scopes={"read": "reads orders", "write": "places orders"})
        self.shop = self.users.add_web_app(
            "Shop",
            callback_urls=[f"{self.site.url}/signed-in"],
            logout_urls=[self.site.url],
            scopes=["openid", "email", orders.scope("read"), orders.scope("write")],
        )
        self.access = GroupRoles(
            self,
            "Access",
            directory=self.users,
            client=self.shop.client,
            groups={"support": [{"Action": ["s3:ListBucket"], "Resource": data.uploads.bucket.bucket_arn}]},
        )
        self.apis = Apis(
            self,
            "Apis",
            posture=posture,
            settings=settings,
            data=data,
            edge=edge,
            front=self.front,
            service=self.service,
            users=self.users,
            shop=self.shop,
            orders=orders,
            api=self.api,
            web_acl=self.direct_acl,
        )

        self.promises = Promises(
            self,
            "Promises",
            posture=posture,
            settings=settings,
            data=data,
            edge=edge,
            front=self.front,
            service=self.service,
            approvers=self.role_arns(settings.operations.approvers),
        )
        here: list[Watchable] = [
            *(self.api, self.users, self.shop, self.front, self.front.web_acl, self.direct_acl, self.service, self.migration, self.content),
            *that_exist(self.domain, self.api_domain, visitors),
            *(*self.apis.watched, *self.promises.watched),
        ]
        #: What CloudFront tells, in us-east-1 only; the alarms are there, where this stack is in another region.
        by_cloudfront: list[Watchable] = [self.site, self.apis.mobile_front]
        at_home = settings.region == CLOUDFRONT_REGION
        self.watched_from_us_east_1: list[Watchable] = [] if at_home else by_cloudfront
        if at_home:
            SiteLogs(self, "SiteLogs", site=self.site, posture=posture.edge)
            here += by_cloudfront
        watch = Watch(self, "Watch", routes=data.routes, watching=here, runbook_base_url=settings.runbooks)
        self.promises.prove(watch)
        self._draw(
            [*here, *self.watched_from_us_east_1, *background.watched, *operations.watched, *data.watched, *edge.watched],
            watches=[watch, background.watch, operations.watch, data.watch],
            posture=posture,
            settings=settings,
        )

    def _draw(self, shown: list[Watchable], *, watches: list[Watch], posture: Posture, settings: Settings) -> None:
        dashboard = Dashboard(
            self,
            "Dashboard",
            posture=posture.monitoring,
            title=f"{settings.application} {settings.environment}",
            watching=shown,
            watches=watches,
        )
        dashboard.add_log_lines("Last errors", log_groups=[self.service.log_group.log_group_name], query=LAST_ERRORS)
        dashboard.add_cost(monthly_budget=settings.operations.monthly_budget)
