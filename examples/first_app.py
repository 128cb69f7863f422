"""The first app: a network, a database in it, its backups, and somebody who is told when something is wrong."""

from dataclasses import replace

import aws_cdk as cdk

from prodready_constructs import PRODUCTION, BackupPlan, MultiAzDatabase, PrivateNetwork, Routes, Watch, guard


class Shop(cdk.Stack):
    @property
    def availability_zones(self) -> list[str]:
        return [f"us-east-1{letter}" for letter in "abc"]


app = cdk.App()
tags = {"application": "shop", "environment": "production", "owner": "shop-team", "cost-centre": "4711", "data-class": "confidential"}
shop = Shop(app, "Shop", env=cdk.Environment(account="111122223333", region="us-east-1"), tags=tags)

network = PrivateNetwork(shop, "Network", posture=PRODUCTION.network)
database = MultiAzDatabase(shop, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
backup = BackupPlan(shop, "Backup", posture=replace(PRODUCTION.recovery, copy_to_second_region=False), protecting=[database])
alerts = Routes(shop, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["shop-team@example.com"])
Watch(shop, "Watch", routes=alerts, watching=[network, database, backup, alerts], runbook_base_url="https://runbooks.example.com/shop")
guard(app)
