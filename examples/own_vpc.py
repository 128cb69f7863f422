"""One construct in somebody else's app: their VPC, our database, watched and judged."""

from dataclasses import replace

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2

from prodready_constructs import PRODUCTION, BackupPlan, MultiAzDatabase, Routes, Watch, guard

app = cdk.App()
stack = cdk.Stack(
    app,
    "Ledger",
    env=cdk.Environment(account="111122223333", region="eu-central-1"),
    tags={"application": "ledger", "environment": "production", "owner": "finance", "cost-centre": "0815", "data-class": "confidential"},
    termination_protection=True,
)
vpc = ec2.Vpc.from_vpc_attributes(
    stack,
    "Vpc",
    vpc_id="vpc-0123456789abcdef0",
    vpc_cidr_block="10.20.0.0/16",
    availability_zones=["eu-central-1a", "eu-central-1b"],
    isolated_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    isolated_subnet_route_table_ids=["rtb-0123456789abcdef0", "rtb-0123456789abcdef1"],
)
database = MultiAzDatabase(stack, "Database", vpc=vpc, posture=PRODUCTION.database, database_name="ledger")
database.connections.allow_default_port_from(ec2.Peer.security_group_id("sg-0123456789abcdef0"), "The ledger's own service")
backup = BackupPlan(stack, "Backup", posture=replace(PRODUCTION.recovery, copy_to_second_region=False), protecting=[database])
alerts = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["finance@example.com"])
Watch(stack, "Watch", routes=alerts, watching=[alerts, database, backup], runbook_base_url="https://runbooks.example.com/ledger")
guard(app)
