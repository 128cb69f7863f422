"""The guard on an app that uses nothing else of this library: it shows what is missing, and lets nothing be deployed."""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3

from prodready_constructs import guard

app = cdk.App()
stack = cdk.Stack(app, "Legacy")
vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
s3.Bucket(stack, "Documents")
rds.DatabaseInstance(
    stack,
    "Database",
    vpc=vpc,
    engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17),
)
guard(app)
