"""Sites for the tests of their verbs."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from prodready_constructs.edge import ProtectedLoadBalancer, WebAcl, Website
from prodready_constructs.posture import PRODUCTION
from tests.edge.parts import a_log_bucket, a_private_vpc
from tests.support.synthesis import Template

ACL = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/site/0123"
DISTRIBUTION = "AWS::CloudFront::Distribution"


def content(stack: cdk.Stack, name: str = "Content") -> s3.Bucket:
    return s3.Bucket(stack, name, encryption_key=kms.Key(stack, f"{name}Key", enable_key_rotation=True))


def logs(stack: cdk.Stack) -> s3.Bucket:
    return s3.Bucket(stack, "SiteLogs", object_ownership=s3.ObjectOwnership.OBJECT_WRITER)


def a_site(stack: cdk.Stack, **more: Any) -> Website:
    bucket = more.pop("content", None) or content(stack)
    return Website(stack, "Site", posture=PRODUCTION.edge, web_acl_arn=ACL, content=bucket, access_logs=logs(stack), **more)


def a_balancer(stack: cdk.Stack, **more: Any) -> ProtectedLoadBalancer:
    acl = WebAcl(stack, "FrontAcl", posture=PRODUCTION.edge, placement="BEHIND_CLOUDFRONT")
    return ProtectedLoadBalancer(
        stack, "Front", vpc=a_private_vpc(stack), posture=PRODUCTION.edge, access_logs=a_log_bucket(stack), web_acl=acl, **more
    )


def distribution(template: Template) -> dict[str, Any]:
    return dict(template.props(DISTRIBUTION)["DistributionConfig"])


def behavior(template: Template, path: str) -> dict[str, Any]:
    (found,) = [each for each in distribution(template)["CacheBehaviors"] if each["PathPattern"] == path]
    return dict(found)


@cache
def key_pair(*how: str) -> tuple[str, str]:
    """A new private key in PEM, and its public half."""
    private = subprocess.run(["openssl", *how], capture_output=True, text=True, check=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], input=private, capture_output=True, text=True, check=True).stdout
    return private, public


RSA_2048 = ("genrsa", "2048")
P_256 = ("ecparam", "-name", "prime256v1", "-genkey", "-noout")
