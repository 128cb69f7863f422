"""A public DNS zone: kept, closed to other certificate authorities, signed and logged when asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import CfnOutput, Fn, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from constructs import Construct

from prodready_constructs.contracts import AnyAlarmSpec, ControlClaim, GraphSpec, record
from prodready_constructs.edge.dns.dns_zone_alarms import dnssec_alarms, zone_graphs
from prodready_constructs.edge.dns.dnssec import sign
from prodready_constructs.edge.dns.names import DOMAIN_NAME
from prodready_constructs.edge.dns.records import suffix
from prodready_constructs.edge.regions import ROUTE_53_REGION
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, REGION, DataKey, EncryptedLogGroup, Part

_FRAMEWORKS = ("NIST 800-53 r5 SC-20", "NIST 800-53 r5 SC-17", "SOC 2 CC6.7")
_ZONE = ControlClaim(
    control="WEB-8",
    how="Public hosted zone, retained when its stack is deleted, whose CAA record lets Amazon alone issue certificates",
    frameworks=_FRAMEWORKS,
)
_SIGNED = ControlClaim(
    control="WEB-8",
    how="DNSSEC: the zone is signed by a customer-managed ECC P-256 key, with alarms on a failure to sign and on a key that wants action",
    frameworks=_FRAMEWORKS,
)
_LOGGED = ControlClaim(
    control="WEB-8",
    how="Every DNS query that Route 53 answers for the zone is logged to a log group encrypted with a customer-managed key",
    frameworks=("NIST 800-53 r5 AU-2", "NIST 800-53 r5 AU-12", "PCI DSS 3.2.1 10.1", "SOC 2 CC7.2"),
)
CONTROLS = (_ZONE, _SIGNED, _LOGGED)
#: Who may issue certificates, wildcards included (ACM user guide, "(Optional) Configure a CAA record").
CAA = ['0 issue "amazon.com"', '0 issuewild "amazon.com"']
#: How long resolvers keep the CAA and DS records, in seconds: as soon as that after a change, everybody follows it.
_TTL = "3600"
#: How long resolvers keep a delegation, in seconds: two days, as Route 53 gives its own zones' NS records.
_DELEGATION_TTL = "172800"
#: As the registrar and ``get-dnssec`` write it: key tag, algorithm, digest type, digest.
_DS_RECORD = re.compile(r"\d{1,5} \d{1,3} [124] [0-9A-Fa-f]{40,96}")
#: A zone has at least two name servers (RFC 1034, section 4.1).
FEWEST_SERVERS = 2


class DnsZone(Part):
    """A public hosted zone of Route 53.

    Always: kept when its stack is deleted, because a new zone gets other name servers and the name is dead until the registrar knows
    them; a CAA record, so that no other authority issues a certificate for the name.

    Args:
        name: the zone's name, such as ``example.com``.
        signed: DNSSEC, with a customer-managed key in us-east-1. Complete only when the parent zone has the DS record (output ``DsRecord``).
        query_log_retention: how long DNS queries are logged to ``/aws/route53/<name>``, in the days CloudWatch Logs offers; not at all when None.
        encryption_key: of the query logs, in us-east-1; must admit CloudWatch Logs. Its own when None.

    Raises:
        ConfigurationError: a malformed name; signing or query logs in a stack of a region other than us-east-1; a retention CloudWatch
            Logs does not offer; a key with nothing to encrypt.

    Sources: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
        https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateQueryLoggingConfig.html
        https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        signed: bool = False,
        query_log_retention: timedelta | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        _require_name(self.path, name)
        if signed:
            self._require_region("signed")
        if encryption_key is not None and query_log_retention is None:
            raise ConfigurationError(
                f"{self.path}: encryption_key",
                given="a key and no query logs",
                allowed="a key for the query logs; DNSSEC makes a signing key of its own",
                mend="set query_log_retention, or leave the key out",
            )
        #: The domain name of the zone.
        self.name = name
        #: The log group of the queries; None when they are not logged.
        self.query_logs: logs.LogGroup | None = None
        logged = None
        if query_log_retention is not None:
            self._require_region("query_log_retention")
            logged = self._log_queries(query_log_retention, encryption_key)
        #: The zone: for ``Domain(hosted_zone=...)`` and any record.
        self.hosted_zone = route53.PublicHostedZone(
            self, "Zone", zone_name=name, query_logs_log_group_arn=logged[0] if logged else None, caa_amazon=False
        )
        self.hosted_zone.apply_removal_policy(RemovalPolicy.RETAIN)
        if logged:
            # Route 53 writes a test entry when logging is set up: the policy must be there before.
            self.hosted_zone.node.add_dependency(logged[1])
        self._zone_id = self.hosted_zone.hosted_zone_id
        caa = route53.CfnRecordSet(
            self, "Caa", hosted_zone_id=self._zone_id, name=f"{name}.", type="CAA", ttl=_TTL, resource_records=[*CAA]
        )
        caa.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        #: The KMS key that signs the zone; None when it is not signed.
        self.signing_key = sign(self, name=name, zone_id=self._zone_id) if signed else None
        #: What the parent zone must name as the name servers of this one: ``parent.delegate(zone.name, zone.name_servers)``.
        self.name_servers: Sequence[str] = self.hosted_zone.hosted_zone_name_servers or []
        self._delegated: set[str] = set()
        CfnOutput(
            self,
            "NameServers",
            value=Fn.join(" ", self.name_servers),
            description=f"What the registrar of {name} must name as its name servers",
        )
        claims = (_ZONE, *([_SIGNED] if signed else []), *([_LOGGED] if logged else []))
        record(self, controls=claims, tier="edge", watchable=signed, name=name)

    def delegate(self, name: str, name_servers: Sequence[str], *, ds_record: str | None = None) -> route53.CfnRecordSet:
        """Hand *name*, beneath this zone, to a zone of its own: of another team, account or stage.

        Args:
            name: the name of the other zone, such as ``staging.example.com``.
            name_servers: of the other zone (``DnsZone.name_servers``, or its output ``NameServers``).
            ds_record: what the other zone's ``DsRecord`` command shows, once it is signed: without it nobody validates its signatures.

        Raises:
            ConfigurationError: a name that is not beneath this zone, or delegated twice; malformed name servers or DS record.
        """
        where = f"{self.path}: delegate"
        if not DOMAIN_NAME.fullmatch(name) or not name.endswith(f".{self.name}") or name in self._delegated:
            raise ConfigurationError(
                where, given=name, allowed=f"a name beneath {self.name!r}, each once", mend="name the other zone as it is called"
            )
        known = [server for server in name_servers if "Token[" not in server]
        wrong = [server for server in known if not DOMAIN_NAME.fullmatch(server.removesuffix("."))]
        # A list that is known at deployment only is one token.
        if wrong or (known and len(known) < FEWEST_SERVERS) or not name_servers:
            raise ConfigurationError(
                where,
                given=", ".join(name_servers),
                allowed=f"at least {FEWEST_SERVERS} names of name servers",
                mend="copy the output NameServers of the other zone",
            )
        if ds_record is not None and not _DS_RECORD.fullmatch(ds_record):
            raise ConfigurationError(
                where,
                given=ds_record,
                allowed="a DS record: key tag, algorithm, digest type and digest",
                mend="copy what the command in the other zone's output DsRecord prints",
            )
        self._delegated.add(name)
        which = suffix(name)
        if ds_record:
            route53.CfnRecordSet(
                self, f"Ds{which}", hosted_zone_id=self._zone_id, name=f"{name}.", type="DS", ttl=_TTL, resource_records=[ds_record]
            )
        return route53.CfnRecordSet(
            self,
            f"Delegation{which}",
            hosted_zone_id=self._zone_id,
            name=f"{name}.",
            type="NS",
            ttl=_DELEGATION_TTL,
            resource_records=list(name_servers),
        )

    @property
    def alarm_specs(self) -> tuple[AnyAlarmSpec, ...]:
        """Signing fails, or a key wants action; none when the zone is not signed."""
        if self.signing_key is None:
            return ()
        return dnssec_alarms(name=self.name, zone_id=self._zone_id, key_arn=self.signing_key.key_arn)

    @property
    def graphs(self) -> tuple[GraphSpec, ...]:
        """Queries of the zone."""
        return zone_graphs(name=self.name, zone_id=self._zone_id)

    def _require_region(self, asked: str) -> None:
        region = self.stated_region
        if region and region != ROUTE_53_REGION:
            raise ConfigurationError(
                f"{self.path}: {asked}",
                given=f"a stack of {region}",
                allowed=f"a stack of {ROUTE_53_REGION}: Route 53 takes signing keys and query logs of no other region",
                mend=f"make the DnsZone in a stack of {ROUTE_53_REGION}; the zone itself serves every region",
            )

    def _log_queries(self, retention: timedelta, encryption_key: kms.IKey | None) -> tuple[str, logs.CfnResourcePolicy]:
        """The ARN of the log group, and what lets Route 53 write to it."""
        key = encryption_key or DataKey(self, "Key", description=f"{self.path}: DNS query logs", encrypts_logs=True).key
        self.query_logs = EncryptedLogGroup(
            self,
            "QueryLogs",
            retention=retention,
            encryption_key=key,
            name=f"/aws/route53/{self.name}",
            goes_with_failed_creation=True,
        ).log_group
        arn = f"arn:{PARTITION}:logs:{REGION}:{ACCOUNT_ID}:log-group:{self.query_logs.log_group_name}"
        policy = logs.CfnResourcePolicy(
            self,
            "QueryLogPolicy",
            # CloudWatch Logs wants a name, unique in account and region.
            policy_name=f"route53-query-logs-{self.name}",
            policy_document=self.stack.to_json_string(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "route53.amazonaws.com"},
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"{arn}:*",
                            "Condition": {
                                # The zone is made after this policy, so its id cannot stand here; the log group is of this zone alone.
                                "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:route53:::hostedzone/*"},
                                "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
                            },
                        }
                    ],
                }
            ),
        )
        # The zone that is kept goes on logging; a named policy left behind by a failed first deployment would be in the way.
        policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        return arn, policy


def _require_name(where: str, name: str) -> None:
    if not DOMAIN_NAME.fullmatch(name) or name.startswith("*."):
        raise ConfigurationError(
            f"{where}: name",
            given=name,
            allowed="a domain name in small letters, digits and hyphens, such as 'example.com'",
            mend="leave out the scheme, the wildcard and the closing dot",
        )
