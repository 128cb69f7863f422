"""Cognito's managed sign-in page, under a name of yours or, for a trial, of Cognito's."""

from __future__ import annotations

import re
from typing import cast

from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, NamedDomain, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part

CONTROLS = (
    ControlClaim(
        control="SEC-5",
        how="Cognito managed login (version 2) over TLS 1.2 or better; passwords and second factors are typed at Cognito and nowhere else",
        frameworks=("NIST 800-53 r5 IA-2", "NIST 800-53 r5 SC-8", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.1"),
    ),
)
#: TLS 1.2 and 1.3 with forward secrecy (AWS::Cognito::UserPoolDomain CustomDomainConfig SecurityPolicy).
TLS_POLICY = "TLS_V1_2_2021"
#: What Cognito takes as a domain or a prefix, in characters (AWS::Cognito::UserPoolDomain Domain).
LONGEST = 63
_PREFIX = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
#: Words that Cognito keeps for itself (Amazon Cognito developer guide, "Using the Amazon Cognito domain").
_RESERVED = ("aws", "amazon", "cognito")


class SignInPage(Part):
    """The managed sign-in page of a user pool; made by ``UserDirectory.add_sign_in_page``.

    Always: managed login (version 2), TLS 1.2 or better under a name of yours, alias records for IPv4 and IPv6.

    Args:
        user_pool: whose users sign in.
        domain: the name with its certificate in us-east-1; the name above it must have an A record already.
        prefix: instead of it, of a name of Cognito's.

    Raises:
        ConfigurationError: both or neither, a name or prefix that Cognito refuses, or a certificate of another region.

    Sources: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        user_pool: cognito.UserPool,
        domain: NamedDomain | None = None,
        prefix: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        where = self.path
        if (domain is None) == (prefix is None):
            raise ConfigurationError(
                f"{where}: domain",
                given="a domain and a prefix" if domain else None,
                allowed="either a domain or a prefix",
                mend="give domain= for good, prefix= for a trial",
            )
        custom: cognito.CustomDomainOptions | None = None
        if domain is not None:
            _require_name(where, domain.name)
            certificate = domain.require_us_east_1(wanted_by=self)
            custom = cognito.CustomDomainOptions(domain_name=domain.name, certificate=certificate)
            self.host = domain.name
        else:
            _require_prefix(where, str(prefix))
            #: The name that users see.
            self.host = f"{prefix}.auth.{self.stated_region or REGION}.amazoncognito.com"
        #: The L2 itself.
        self.domain = cognito.UserPoolDomain(
            self,
            "Domain",
            user_pool=user_pool,
            custom_domain=custom,
            cognito_domain=None if custom else cognito.CognitoDomainOptions(domain_prefix=str(prefix)),
            managed_login_version=cognito.ManagedLoginVersion.NEWER_MANAGED_LOGIN,
        )
        if domain is not None:
            cast(
                "cognito.CfnUserPoolDomain", self.domain.node.default_child
            ).custom_domain_config = cognito.CfnUserPoolDomain.CustomDomainConfigTypeProperty(
                certificate_arn=certificate.certificate_arn, security_policy=TLS_POLICY
            )
            # Not UserPoolDomainTarget: without a feature flag that looks the name up by a custom resource.
            door = cloudfront.Distribution.from_distribution_attributes(
                self, "CloudFront", domain_name=self.domain.cloud_front_endpoint, distribution_id="of-cognito"
            )
            # One name: Cognito answers to no other.
            domain.alias(targets.CloudFrontTarget(door), scope=self, name=domain.name)
        #: Where it is: ``https://auth.shop.example.com``.
        self.url = f"https://{self.host}"
        #: Where codes and client credentials are changed for tokens.
        self.token_url = f"{self.url}/oauth2/token"
        record(self, controls=CONTROLS, tier="edge", host=self.host)


def _require_name(where: str, name: str) -> None:
    if name.startswith("*.") or len(name) > LONGEST:
        raise ConfigurationError(
            f"{where}: domain",
            given=name,
            allowed=f"one name of {LONGEST} characters at most: Cognito takes no wildcard",
            mend="make a Domain of its own for the sign-in page, such as auth.shop.example.com",
        )


def _require_prefix(where: str, prefix: str) -> None:
    if not _PREFIX.fullmatch(prefix) or len(prefix) > LONGEST or any(word in prefix for word in _RESERVED):
        raise ConfigurationError(
            f"{where}: prefix",
            given=prefix,
            allowed=f"{LONGEST} small letters, digits and hyphens at most, without the words {', '.join(_RESERVED)}",
            mend="use a prefix such as 'shop-staging'; it must be free in the whole region",
        )
