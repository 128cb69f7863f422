"""What both kinds of AppSync API stand on: logs, a name, keys and the permission of an authorizer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Annotations
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_route53_targets as targets

from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.edge.graphql.authorization import AppSyncAuthorization
from prodready_constructs.foundation import ComposedRole, EncryptedLogGroup, Part

PRINCIPAL = "appsync.amazonaws.com"


def log_role(api: Part) -> ComposedRole:
    """What AppSync writes the logs of *api* as; allowed nothing until ``keep_logs``."""
    return ComposedRole(api, "LogRole", assumed_by=iam.ServicePrincipal(PRINCIPAL), description=f"AppSync writes the logs of {api.path}")


def keep_logs(api: Part, role: ComposedRole, *, api_id: str, retention: timedelta, key: kms.IKey) -> tuple[EncryptedLogGroup, str]:
    """The group AppSync writes to, and its name, which AppSync decides. Without the right to make groups it cannot make a plain one."""
    name = f"/aws/appsync/apis/{api_id}"
    logs = EncryptedLogGroup(api, "Logs", retention=retention, encryption_key=key, name=name, goes_with_failed_creation=True)
    role.allow({"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": logs.log_group.log_group_arn})
    return logs, name


def give_name(api: Part, *, api_id: str, domain: Domain | None, certificate: acm.ICertificate | None) -> None:
    """Put *api* under the name of *domain*, with A and AAAA records; warn where it has none."""
    if domain is None or certificate is None:
        Annotations.of(api).add_warning_v2(
            "prodready:no-domain",
            f"{api.path}: callers use AppSync's own name, which changes when the API is made anew; production wants domain=",
        )
        return
    name = appsync.CfnDomainName(
        api, "DomainName", domain_name=domain.name, certificate_arn=certificate.certificate_arn, description=f"The name of {api.path}"
    )
    # By the reference, so that the name is there first.
    appsync.CfnDomainNameApiAssociation(api, "DomainAssociation", api_id=api_id, domain_name=name.ref)
    # The one target of the CDK that takes a DNS name and a zone as they are; AppSyncTarget wants the L2 and guesses the zone.
    target = targets.ApiGatewayv2DomainProperties(name.attr_app_sync_domain_name, name.attr_hosted_zone_id)
    domain.alias(target, scope=api, name=domain.name, on_cloudfront=True)


def admit(api: Part, authorization: Sequence[AppSyncAuthorization], *, api_id: str, api_arn: str) -> None:
    """Make the key, and let AppSync ask the authorizer's function, where there is one."""
    for one in authorization:
        if one.mode == "API_KEY":
            appsync.CfnApiKey(api, "ApiKey", api_id=api_id, description=one.because, expires=one.expires_at)
        if one.decided_by:
            lambda_.CfnPermission(
                api,
                "AuthorizerPermission",
                action="lambda:InvokeFunction",
                function_name=one.decided_by.function_arn,
                principal=PRINCIPAL,
                source_arn=api_arn,
            )


def key_fact(authorization: Sequence[AppSyncAuthorization]) -> dict[str, str] | None:
    """What the evidence says of the key."""
    return next(
        ({"expires": one.expires.isoformat(), "because": one.because} for one in authorization if one.mode == "API_KEY" and one.expires),
        None,
    )
