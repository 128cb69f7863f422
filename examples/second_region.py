"""A second region that serves when the first is lost; the synth fails while something is missing there.

A warm standby, unless ``cdk synth --context readiness=PILOT_LIGHT`` asks for the least that runs.
"""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets

from prodready_constructs import (
    PRODUCTION,
    AppSecret,
    BackupPlan,
    BackupVault,
    Counterpart,
    DataKey,
    Domain,
    Failover,
    HealthCheck,
    ImageRegistry,
    ImageRepository,
    LogBucket,
    MultiAzDatabase,
    Posture,
    PrivateNetwork,
    ProtectedLoadBalancer,
    ProtectedTable,
    ReadReplica,
    ReplicaBucket,
    Routes,
    SecretReplica,
    SecureBucket,
    StandbyPlan,
    StandbyService,
    SwitchedName,
    TableReplica,
    TableSchema,
    Watch,
    WebService,
    guard,
)
from prodready_constructs.contracts import Watchable

EAST, WEST, NAME, IMAGES = "us-east-1", "us-west-2", "orders.example.com", "orders/web"
TAGS = {"application": "orders", "environment": "production", "owner": "orders-team", "cost-centre": "4711", "data-class": "confidential"}


class Regional(cdk.Stack):
    """A stack of one region, and what it has to watch."""

    def __init__(self, scope: cdk.App, construct_id: str, region: str, posture: Posture) -> None:
        env = cdk.Environment(account="111122223333", region=region)
        super().__init__(scope, construct_id, env=env, tags=TAGS, termination_protection=True)
        self.posture = posture
        self.logs = LogBucket(self, "Logs", posture=posture.storage)
        self.watched = [self.logs]

    @property
    def availability_zones(self) -> list[str]:
        return [f"{self.region}{letter}" for letter in "abc"]

    def add_network(self) -> None:
        network = PrivateNetwork(self, "Network", posture=self.posture.network, public_tier=True)
        self.vpc = network.vpc
        self.watched.append(network)

    def serve(self, home: str, routing: Failover, images: ImageRepository) -> WebService:
        """The service: under the shared name as *routing* says, and always under *home*, its own."""
        zone = route53.HostedZone.from_hosted_zone_attributes(self, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
        domain = Domain(self, "Domain", name=NAME, alternative_names=[home], hosted_zone=zone, routing=routing)
        posture, logs = self.posture, self.logs.bucket
        front = ProtectedLoadBalancer(
            self, "Front", vpc=self.vpc, posture=posture.edge, access_logs=logs, domain=domain, internet_facing=True
        )
        image = images.image("sha256:fcb75f691c8b0414d670ae570240cbf95502cc18a9ba57e982ecac589760a186")
        service = WebService(self, "Service", vpc=self.vpc, load_balancer=front, image=image, posture=posture.compute, container_port=5678)
        domain.alias(targets.LoadBalancerTarget(front.load_balancer))
        domain.alias(targets.LoadBalancerTarget(front.load_balancer), name=home)
        self.watched += [domain, front, front.web_acl, service]
        return service

    def watch(self, *others: Watchable) -> None:
        alerts = Routes(self, "Alerts", posture=self.posture.monitoring, critical=["oncall@example.com"], warning=["orders@example.com"])
        Watch(
            self, "Watch", routes=alerts, watching=[alerts, *self.watched, *others], runbook_base_url="https://runbooks.example.com/orders"
        )


app = cdk.App(context={"@aws-cdk/core:defaultCrossStackReferences": "weak"})
# Deployed in this order: what is copied to, the images (which are pushed then), what is copied, what takes over.
away = Regional(app, "Orders-copies", WEST, PRODUCTION)
home = Regional(app, "Orders-images", EAST, PRODUCTION)
east = Regional(app, "Orders-us-east-1", EAST, PRODUCTION)
light = app.node.try_get_context("readiness") == "PILOT_LIGHT"
west = Regional(app, "Orders-us-west-2", WEST, PRODUCTION.pilot_light() if light else PRODUCTION.warm_standby())

vault = BackupVault(away, "Vault", posture=PRODUCTION.recovery)
copies = ReplicaBucket(away, "Documents", posture=PRODUCTION.storage, access_logs=away.logs.bucket)
pulled = ImageRepository(away, "Images", posture=PRODUCTION.images, name=IMAGES)
away.watch(copies, pulled)
table_key = DataKey(away, "TableKey", description="The orders table in the second region").key.node.default_child.attr_arn

registry = ImageRegistry(home, "Registry", posture=PRODUCTION.images, replication="create", replicate_to=[WEST])
images = ImageRepository(home, "Images", posture=PRODUCTION.images, name=IMAGES, registry=registry)
home.watch(images)

east.add_network()
payment = AppSecret(east, "Payment", name="orders/production/payment", description="Key of the payment provider", length=None)
database = MultiAzDatabase(east, "Database", vpc=east.vpc, posture=PRODUCTION.database, database_name="orders", sign_in="iam")
key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
baskets = ProtectedTable(
    east,
    "Baskets",
    schema=TableSchema(partition_key=key, ttl_attribute="expires_at"),
    posture=PRODUCTION.tables,
    data_class=PRODUCTION.data.confidential,
    replicas=[TableReplica(region=WEST, key_arn=table_key, settled=True)],
)
documents = SecureBucket(east, "Documents", posture=PRODUCTION.storage, access_logs=east.logs.bucket, replica=copies)
stores = [database, baskets, documents]
backups = BackupPlan(east, "Backups", posture=PRODUCTION.recovery, protecting=stores, copy_to_arn=vault.arn)
first, second = (HealthCheck(east, name, host=f"{short}.{NAME}") for name, short in (("First", "use1"), ("Second", "usw2")))
serving = east.serve(f"use1.{NAME}", Failover("PRIMARY", first), images)
serving.connect_to(database)
serving.add_secret("PAYMENT_KEY", payment.field("key"))
east.watch(payment, *stores, backups, first, second)

west.add_network()
follower = ReadReplica(west, "Follower", source=database, vpc=west.vpc, posture=west.posture.database)
waiting = west.serve(f"usw2.{NAME}", Failover("SECONDARY"), pulled)
waiting.connect_to(follower)
payment_there = SecretReplica(away, "Payment", secret=payment.secret, posture=PRODUCTION.regions)
waiting.add_secret("PAYMENT_KEY", payment_there.field("key"))
west.watch(follower)
compute = PRODUCTION.compute
StandbyPlan(
    west,
    "Standby",
    posture=west.posture.regions,
    home=EAST,
    stores=[*stores, images],
    counterparts=[
        Counterpart.following(database, follower),
        Counterpart.everywhere_in(baskets, WEST),
        Counterpart.copied(documents, copies),
        Counterpart.pulled(images, pulled),
    ],
    services=[StandbyService(service=waiting.service, min_tasks=compute.min_tasks, max_tasks=compute.max_tasks)],
    name=SwitchedName(name=NAME, health_check_id=first.health_check_id),
    secrets=[payment_there],
)
guard(app, staging=[west] if light else [])
