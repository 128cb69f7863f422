"""A secret's copy in the second region."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from prodready_constructs.contracts import ControlClaim, SecretField, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, URL_SUFFIX, Part, own_key, path_of, require_region, stated_region_of
from prodready_constructs.posture import RegionPosture

CONTROLS = (
    ControlClaim(
        control="DR-5",
        how="The secret is replicated by Secrets Manager, each new value included, under a customer-managed key of the second region",
        frameworks=("NIST 800-53 r5 CP-6", "HIPAA 164.308(a)(7)(ii)(B)", "SOC 2 A1.2"),
    ),
)


class SecretReplica(Part):
    """The copy of a secret in this stack's region: the same name, the same value, a key of its own.

    Always: a customer-managed key of this region; Secrets Manager copies each new value, rotation's included, with tags and resource policy.
    It cannot be written here until it is promoted (``aws secretsmanager stop-replication-to-replica``), and with it rotation ends here.

    Make it in a stack of the second region that is deployed before the secret's own: the secret needs the key. What reads it belongs into
    a stack that is deployed after both.

    Args:
        secret: with a stated name: ``AppSecret.secret``.
        posture: the regions that are allowed.
        encryption_key: a key of this region, whose policy lets readers decrypt through Secrets Manager; its own when None.

    Raises:
        ConfigurationError: a region that is not stated, not allowed, or the secret's own; a secret without a stated name.

    Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        secret: secretsmanager.Secret,
        posture: RegionPosture,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        region, home = self.stated_region, stated_region_of(secret)
        if region is None or region == home:
            raise ConfigurationError(
                self.path,
                given=f"a stack of {region or 'no stated region'} for a secret of {home or 'no stated region'}",
                allowed="a stack of another region than the secret's, both stated",
                mend="make the SecretReplica in a stack with env=Environment(region=...) of the second region",
            )
        require_region(self.path, region, posture.allowed_regions)
        resource = cast("secretsmanager.CfnSecret", secret.node.default_child)
        name = resource.name
        if name is None or "${" in name:
            raise ConfigurationError(
                f"{self.path}: secret",
                given=f"{path_of(secret)} without a name",
                allowed="a secret whose name is stated: in both regions it is found by it",
                mend="give the secret a name, as AppSecret does",
            )
        # Who may read the copy may decrypt it, as with AWS's own key for secrets: a grant to each reader would have this key's policy name
        # roles of stacks that are deployed later.
        readers = {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {
                "StringEquals": {"kms:CallerAccount": ACCOUNT_ID, "kms:ViaService": f"secretsmanager.{region}.{URL_SUFFIX}"},
            },
        }
        key = own_key(self, encryption_key, description=f"{self.path}: copy of secret {name}", statements=[readers])
        own = cast("kms.CfnKey | None", key.node.default_child)
        # The L1's attribute can be read from a stack of another region; the L2's cannot without a physical name.
        secret.add_replica_region(region, kms.Key.from_key_arn(self, "KeyElsewhere", own.attr_arn) if own else key)
        #: Name of the secret, the same in both regions.
        self.name: str = name
        #: The copy, for services of this region.
        self.secret: secretsmanager.ISecret = secretsmanager.Secret.from_secret_attributes(
            self,
            "Secret",
            secret_partial_arn=f"arn:{PARTITION}:secretsmanager:{region}:{ACCOUNT_ID}:secret:{name}",
        )
        record(self, controls=CONTROLS, tier="recovery", secret_name=name, home=home, allowed_regions=list(posture.allowed_regions))

    def field(self, name: str) -> SecretField:
        """One field of the copy, for a container's secrets."""
        return SecretField(secret=self.secret, field=name)

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let *grantee* read the copy; its key decrypts for whoever may."""
        return self.secret.grant_read(grantee)
