"""A website on CloudFront: private content, one encrypted way in, headers that make the browser help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import CfnOutput
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, record
from prodready_constructs.edge.cdn.content_security_policy import ContentSecurityPolicy
from prodready_constructs.edge.cdn.door import CACHED, CloudFrontDoor
from prodready_constructs.edge.cdn.limits import id_for, require_folder, require_path
from prodready_constructs.edge.cdn.origins import bucket_origin
from prodready_constructs.edge.cdn.routing import SiteRouting
from prodready_constructs.edge.cdn.site_content import admit_distribution, grant_publishing, require_fallback, require_servable
from prodready_constructs.edge.cdn.trusted_keys import require_public_keys
from prodready_constructs.edge.dns.domain import Domain
from prodready_constructs.posture import EdgePosture

CONTROLS = (
    ControlClaim(
        control="WEB-7",
        how="CloudFront in front of a private bucket (origin access control), HTTPS only, HTTP/2 and 3, TLS 1.2_2025, security headers, "
        "WAF, access logs without cookies, API paths never cached",
        frameworks=("NIST 800-53 r5 SC-8", "NIST 800-53 r5 SC-7", "HIPAA 164.312(e)(1)", "PCI DSS 3.2.1 4.1", "SOC 2 CC6.6"),
    ),
    ControlClaim(control="WEB-10", how="Without a domain the site answers on CloudFront's name, HTTPS only, and says so at synth"),
)
#: Asked for once: a message to the jsii kernel.
_SIGNED = cloudfront.Signing.SIGV4_ALWAYS


class Website(CloudFrontDoor):
    """A website, and what it calls, under one name.

    Always: visitors reach the content through CloudFront only; plain HTTP is redirected, old TLS refused; HSTS with preload, a
    content security policy that trusts the site alone, no framing, no sniffing; WAF; access logs without cookies; IPv6, HTTP/2 and HTTP/3,
    compression; what passes to an API is not cached. *posture* decides the price class, countries and HSTS age.

    Args:
        posture: degrees.
        content: the bucket with the files, made in this app (``storage.SecureBucket(...).bucket``); no archive transition, no website hosting.
        access_logs: receives CloudFront's logs, so it keeps ACLs (``storage.LogBucket(..., object_ownership=OBJECT_WRITER).bucket``).
        web_acl_arn: a web ACL of scope CLOUDFRONT (``WebAcl(placement="CLOUDFRONT").arn``), from us-east-1.
        domain: the name, with its certificate in us-east-1; CloudFront's own name when None, with a warning.
        content_security_policy: what pages may load; ``ContentSecurityPolicy()``, which trusts the site alone, when None.
        routing: which page a path shows, and redirects; a single-page application when None.
        fallback: a second bucket with the same files, perhaps of another region, that is asked when the first fails. Everything in it can
            be read through the site: a replica that other buckets share is none.

    Raises:
        ConfigurationError: content that CloudFront could not serve, logs it could not write, a certificate or web ACL of another
            region, or a canonical name that the domain has not.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        posture: EdgePosture,
        content: s3.IBucket,
        access_logs: s3.IBucket,
        web_acl_arn: str,
        domain: Domain | None = None,
        content_security_policy: ContentSecurityPolicy | None = None,
        routing: SiteRouting | None = None,
        fallback: s3.IBucket | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            posture=posture,
            access_logs=access_logs,
            web_acl_arn=web_acl_arn,
            domain=domain,
            content_security_policy=content_security_policy,
        )
        where, stack = self.path, self.stack
        require_servable(f"{where}: content", stack, content)
        if fallback:
            require_fallback(f"{where}: fallback", stack, content, fallback)
        routing = routing or SiteRouting()
        access = cloudfront.S3OriginAccessControl(self, "OriginAccess", signing=_SIGNED)
        self._distribute(
            origin=bucket_origin(self, content, fallback, access=access),
            cached=True,
            routing=routing,
            pages=routing.pages or "single",
            log_prefix=f"cloudfront/{where}/",
        )
        self._content = content
        self._public_keys: dict[str, cloudfront.PublicKey] = {}
        # Of the L1, which the site's alarms can read from a stack of another region (CloudFront's metrics are in us-east-1).
        self._bucket_name = cast("s3.CfnBucket", content.node.default_child).ref
        admit_distribution(stack, content, distribution_id=self.distribution_id)
        if fallback:
            admit_distribution(stack, fallback, distribution_id=self.distribution_id)
        CfnOutput(
            self,
            "Publish",
            value=f"prodready publish ./dist --bucket {self._bucket_name} --distribution {self.distribution_id}",
            description="Publishes the files of ./dist",
        )
        facts = {"policy_exceptions": self._exceptions} if self._exceptions else {}
        record(self, controls=CONTROLS, tier="edge", watchable=True, domain=domain.name if domain else None, **facts)

    def add_private(self, path_pattern: str, *, trusted_keys: Sequence[str]) -> cloudfront.KeyGroup:
        """Show the files of a folder (``/members/*``) to holders of a signed URL or signed cookies only.

        Always: no other way leads to them, whatever the path is encoded like; ``/members`` itself is none of them.

        Args:
            trusted_keys: PEM of public keys, RSA with 2048 bits or ECDSA P-256; the signer keeps the private half. To change keys, add the
                new one, sign with it, then take the old one out.

        Raises:
            ConfigurationError: a path that is taken, no folder, or opened by another pattern; a private key, or no key that CloudFront takes.
                No key is shown in the message.
        """
        keys = require_public_keys(f"{self.path}: trusted_keys", trusted_keys)
        others = set(self._paths)
        require_path(self.path, path_pattern, self._paths)
        folder = require_folder(self.path, path_pattern, others)
        self._private.append(folder)
        # By fingerprint: CloudFront never changes the key of a PublicKey, so another key is another resource.
        for fingerprint, pem in keys.items():
            if fingerprint not in self._public_keys:
                self._public_keys[fingerprint] = cloudfront.PublicKey(self, f"PublicKey{fingerprint}", encoded_key=pem)
        signers = cloudfront.KeyGroup(self, id_for("Signers", path_pattern), items=[self._public_keys[each] for each in keys])
        routes = self._function.close(folder, self.distribution)
        self._read(path_pattern, self._origin, CACHED, signers=signers, routes=routes)
        return signers

    def grant_publish(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee*, such as the role of a delivery pipeline, run ``prodready publish``: this bucket and this distribution only.

        The files' names are not known beforehand: cdk-nag reports their ``/*`` on the policy of *grantee*.
        """
        return grant_publishing(grantee, self._content, distribution_id=self.distribution_id)
