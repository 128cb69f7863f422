"""What a release changes: the doors, the service behind them, the site, and the picture of it all."""

from __future__ import annotations

from dataclasses import replace

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from prodready_constructs import (
    Dashboard,
    Posture,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    SecureBucket,
    UserDirectory,
    Watch,
    WebAcl,
    WebService,
    Website,
    waive,
)
from prodready_constructs.contracts import Watchable
from stacks.base import EnvironmentStack
from stacks.data import DataStack
from stacks.edge import CLOUDFRONT_REGION, EdgeStack
from stacks.settings import Settings


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
    ) -> None:
        super().__init__(scope, construct_id, settings=settings, region=settings.region, description="Doors, service and site")
        vpc = data.network.vpc
        self.domain = self.name_in_domain("Domain")
        self.api_domain = self.name_in_domain("ApiDomain", prefix="api.")
        self.front = ProtectedLoadBalancer(self, "Front", vpc=vpc, posture=posture.edge, access_logs=data.logs.bucket, domain=self.domain)
        self.service = WebService(
            self,
            "Orders",
            vpc=vpc,
            load_balancer=self.front,
            image=ecs.ContainerImage.from_registry(settings.service.image),
            posture=posture.compute,
            container_port=settings.service.port,
            health_check_path=settings.service.health_check_path,
        )
        self.service.connect_to(data.database)
        data.uploads.grant_read_write(self.service.task_role)
        waive(
            self.service.task_role.policy,
            rule=f"AwsSolutions-IAM5[Resource::{data.uploads.bucket.arn_for_objects('*')}]",
            because="the service reads and writes the uploads of its users; their keys are not known before they exist",
            owner="platform",
        )

        self.users = UserDirectory(self, "Users")
        # Sign-ins reach the pool's own address, past CloudFront: callers are told apart by the address they connect from.
        self.sign_in_acl = WebAcl(self, "SignInAcl", posture=posture.edge, path_limits={})
        self.sign_in_acl.protect(self.users, self.users.user_pool.user_pool_arn)
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
        self.site = Website(
            self,
            "Site",
            posture=posture.edge,
            content=self.content.bucket,
            access_logs=data.logs.bucket,
            web_acl_arn=edge.web_acl.arn,
            domain=edge.domain,
        )
        self.site.add_api("/api/*", self.api)
        self.site.add_load_balancer("/app/*", self.front)

        everything: list[Watchable] = [
            *(self.site, self.api, self.users, self.front, self.front.web_acl, self.sign_in_acl, self.service, self.content),
            *filter(None, [self.domain, self.api_domain]),
        ]
        #: What only an alarm in us-east-1 can see: CloudFront's metrics, where this stack is in another region.
        self.watched_from_us_east_1: list[Watchable] = [self.site] if settings.region != CLOUDFRONT_REGION else []
        watched_here = [each for each in everything if each not in self.watched_from_us_east_1]
        watch = Watch(self, "Watch", routes=data.routes, watching=watched_here, runbook_base_url=settings.runbooks)
        Dashboard(
            self,
            "Dashboard",
            posture=posture.monitoring,
            title=f"{settings.application} {settings.environment}",
            watching=[*everything, *data.watched, *edge.watched],
            watches=[watch, data.watch],
        )
