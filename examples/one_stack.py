"""A web platform in one stack: site, API, service, database, bucket, backups, alarms."""

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3

from prodready_constructs import (
    PRODUCTION,
    BackupPlan,
    Dashboard,
    Domain,
    LogBucket,
    MultiAzDatabase,
    PrivateNetwork,
    ProtectedLoadBalancer,
    ProtectedRestApi,
    Routes,
    SecureBucket,
    UserDirectory,
    Watch,
    WebAcl,
    WebService,
    Website,
    guard,
    waive,
)


class Shop(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"us-east-1{letter}" for letter in "abc"]


app = cdk.App()
tags = {"application": "shop", "environment": "production", "owner": "shop-team", "cost-centre": "4711", "data-class": "confidential"}
place = cdk.Environment(account="111122223333", region="us-east-1")
shop = Shop(app, "Shop", env=place, tags=tags, termination_protection=True)
zone = route53.HostedZone.from_hosted_zone_attributes(shop, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
domain = Domain(shop, "Domain", name="shop.example.com", hosted_zone=zone)
api_name = Domain(shop, "ApiDomain", name="api.shop.example.com", hosted_zone=zone)
logs = LogBucket(shop, "Logs", posture=PRODUCTION.storage, object_ownership=s3.ObjectOwnership.OBJECT_WRITER)
alerts = Routes(shop, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["shop-team@example.com"])

network = PrivateNetwork(shop, "Network", posture=PRODUCTION.network)
database = MultiAzDatabase(shop, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
uploads = SecureBucket(shop, "Uploads", posture=PRODUCTION.storage, access_logs=logs.bucket)
backup = BackupPlan(shop, "Backup", posture=replace(PRODUCTION.recovery, copy_to_second_region=False), protecting=[database, uploads])

front = ProtectedLoadBalancer(shop, "Front", vpc=network.vpc, posture=PRODUCTION.edge, access_logs=logs.bucket, domain=domain)
image = ecs.ContainerImage.from_registry("hashicorp/http-echo@sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186")
service = WebService(shop, "Service", vpc=network.vpc, load_balancer=front, image=image, posture=PRODUCTION.compute, container_port=5678)
service.connect_to(database)
uploads.grant_read_write(service, "orders/*")
because = "the service reads and writes the uploads of its orders; their keys are not known before they exist"
waive(service.task_role.policy, rule=f"AwsSolutions-IAM5[Resource::{uploads.arn}/orders/*]", because=because, owner="shop-team")

users = UserDirectory(shop, "Users")
sign_ins = WebAcl(shop, "SignIns", posture=PRODUCTION.edge)
sign_ins.protect(users, users.pool_arn)
known = apigateway.CognitoUserPoolsAuthorizer(shop, "Callers", cognito_user_pools=[users.user_pool])
api = ProtectedRestApi(shop, "Api", posture=PRODUCTION.edge, load_balancer=front, authorizer=known, domain=api_name, web_acl=front.web_acl)
content = SecureBucket(shop, "Content", posture=replace(PRODUCTION.storage, archive_after=None), access_logs=logs.bucket)
acl = WebAcl(shop, "WebAcl", posture=PRODUCTION.edge, placement="CLOUDFRONT")
site = Website(shop, "Site", posture=PRODUCTION.edge, content=content.bucket, access_logs=logs.bucket, web_acl_arn=acl.arn, domain=domain)
site.add_api("/api/*", api)

watched = [alerts, domain, api_name, logs, network, database, uploads, backup]
watched += [front, front.web_acl, service, users, sign_ins, api, content, acl, site]
watch = Watch(shop, "Watch", routes=alerts, watching=watched, runbook_base_url="https://runbooks.example.com/shop")
Dashboard(shop, "Dashboard", posture=PRODUCTION.monitoring, title="Shop", watching=watched, watches=[watch])
guard(app)
