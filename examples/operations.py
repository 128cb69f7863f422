"""Run it at three in the morning: one stack that operates somebody else's app, whose resources it knows by name only."""

from dataclasses import replace
from datetime import date, timedelta

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

import prodready_constructs as prod
from prodready_constructs import PRODUCTION, Severity, adopt, guard

ACCOUNT = "111122223333"
TAGS = {"application": "shop", "environment": "production", "owner": "shop-team", "cost-centre": "4711", "data-class": "confidential"}
MONITORING = PRODUCTION.monitoring


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:us-east-1:{ACCOUNT}:{rest}"


app = cdk.App()
ops = cdk.Stack(app, "ShopOps", env=cdk.Environment(account=ACCOUNT, region="us-east-1"), tags=TAGS, termination_protection=True)

# What runs already. In an app of your own these are the L2s themselves.
subnets, tables = ([f"{kind}-0123456789abcdef{number}" for number in range(4)] for kind in ("subnet", "rtb"))
vpc = ec2.Vpc.from_vpc_attributes(
    ops,
    "Vpc",
    vpc_id="vpc-0123456789abcdef0",
    availability_zones=["us-east-1a", "us-east-1b"],
    private_subnet_ids=subnets[:2],
    private_subnet_route_table_ids=tables[:2],
    isolated_subnet_ids=subnets[2:],
    isolated_subnet_route_table_ids=tables[2:],
)
cluster = ecs.Cluster.from_cluster_attributes(ops, "Cluster", cluster_name="shop", vpc=vpc)
service_arn = arn("ecs", "service/shop/orders")
service = ecs.FargateService.from_fargate_service_attributes(ops, "Orders", cluster=cluster, service_arn=service_arn)
postgres = rds.DatabaseInstance.from_database_instance_attributes(
    ops,
    "Database",
    instance_identifier="orders",
    instance_endpoint_address="orders.abcdefghijkl.us-east-1.rds.amazonaws.com",
    port=5432,
    engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17),
    security_groups=[],
)
balancer = elbv2.ApplicationLoadBalancer.from_application_load_balancer_attributes(
    ops, "Front", load_balancer_arn=arn("elasticloadbalancing", "loadbalancer/app/shop/50dc6c495c0c9188"), security_group_id="sg-01234567"
)
site = cloudfront.Distribution.from_distribution_attributes(ops, "Site", distribution_id="E1ABCDEFGHIJKL", domain_name="d1.cloudfront.net")
front, orders, database = adopt(balancer), adopt(service), adopt(postgres)
theirs = [adopt(site), front, orders, database, adopt(sqs.Queue.from_queue_arn(ops, "Mails", arn("sqs", "mails")))]

# Who hears of it: people, a pager, a channel, a webhook; and what the account itself tells.
pager, slack = prod.PagerDuty(integration_key="0" * 32), prod.SlackChannel(workspace_id="T0123456789", channel_id="C0123456789")
routes = prod.Routes(ops, "Routes", posture=MONITORING, critical=["oncall@example.com", pager], warning=["shop-team@example.com", slack])
address = prod.AppSecret(ops, "Address", name="shop/production/teams", description="The address of a workflow in Teams", length=None)
lead, url = ["lead@example.com"], address.field("url")
teams = prod.Webhook(ops, "Teams", posture=MONITORING, kind="TEAMS", url=url, routes=routes, failures_to=lead, vpc=vpc)
account = prod.AccountEvents(ops, "Account")

# What users get, what the business lives by, what the log lines say.
promise = prod.Slo(ops, "Promise", of=front, target=99.9, depends_on=["fargate", "rds"])
kept = prod.LogBucket(ops, "Kept", posture=PRODUCTION.storage)
steps = [prod.CanaryStep(path="/health")]
canary = prod.Canary(ops, "Walk", host="shop.example.com", artifacts=kept.bucket, posture=MONITORING, steps=steps)
sold = prod.BusinessMetric(title="Orders a minute", metric=prod.Metric(namespace="Shop", name="OrdersPlaced", statistic="Sum"), goal=40)
look = prod.RunbookSpec(meaning="Nobody buys.", causes=("the checkout fails",), first_commands=("aws logs tail /shop/orders --since 30m",))
none = sold.alarm(
    "NoOrders", when="LessThanThreshold", threshold=1, severity=Severity.CRITICAL, source="Somebody always buys", runbook=look
)
business = prod.BusinessMetrics(ops, "Business", shown=[sold], alarms=[none])
lines = prod.CountedLogs(ops, "Lines", log_group=logs.LogGroup.from_log_group_name(ops, "Logs", "/shop/orders"))
masking = prod.AccountMasking(ops, "Masking", masking=prod.LogMasking(), posture=MONITORING)

# How it comes back. Four hours are promised: the way from a backup. A restore test has measured 47 minutes.
recovery = replace(PRODUCTION.recovery, recovery_time=timedelta(hours=4))
away = f"arn:aws:backup:us-west-2:{ACCOUNT}:backup-vault:shop"
backups = prod.BackupPlan(ops, "Backups", posture=recovery, protecting=[database], copy_to_arn=away)
reader = secretsmanager.Secret.from_secret_complete_arn(ops, "Reader", arn("secretsmanager", "secret:shop/production/reader-AbCdEf"))
fresh = [prod.Expectation(query="SELECT max(created_at) FROM orders", newest_within=timedelta(hours=36))]
check = prod.DatabaseCheck(database=database, expect=fresh, credentials=reader, database_name="orders")
tests = prod.RestoreTest(ops, "RestoreTest", posture=recovery, vault=backups.vault, vpc=vpc, checking=[check])
measured = {"RDS instance Database": prod.Measured(recovery_time=timedelta(minutes=47), on=date(2026, 6, 8), how="restore test 4f1c")}
needs = [prod.ServiceRecovery(service=orders, needs=(database,))]
prod.Objectives(ops, "Objectives", posture=recovery, stores=[database], services=needs, measured=measured, as_of=date(2026, 6, 30))
procedures = prod.Procedures(ops, "Procedures", approvers=[f"arn:aws:iam::{ACCOUNT}:role/OnCall"])
procedures.restart("RestartOrders", service)
drills = prod.Drills(ops, "Drills", posture=PRODUCTION.drills, in_production="Game day of 8 June, agreed with support (CHG-1234)")

# Alarms with their pages, quiet during maintenance, a drill that they end, and the picture of it all.
watched = [promise, *theirs, business, canary, lines, masking, backups, tests, drills, account, address, kept, teams, routes]
faster = {"Mails/OldestMessage": prod.Change(threshold=60, because="A mail is out within a minute")}
pages = "https://runbooks.example.com"
watch = prod.Watch(ops, "Watch", routes=routes, watching=watched, runbook_base_url=pages, changes=faster, monthly_limit=20)
watch.mute("Patching", [database], schedule="cron(0 2 * * SUN)", lasting=timedelta(hours=2), time_zone="Europe/Berlin")
kill, stop = [prod.StopTasks(service=service)], [watch.any_critical.attr_arn]
ask = "Do visitors notice when a task dies?"
drills.add("TaskKill", question=ask, faults=kill, stop_alarms=stop, expects=[], recovers_within=timedelta(minutes=3))
board = prod.Dashboard(ops, "Dashboard", posture=MONITORING, title="Shop", watching=watched, watches=[watch])
board.add_cost(monthly_budget=900)
guard(app)
