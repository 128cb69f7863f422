"""What somebody must hear about a signed DNS zone.

Source of the metrics: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-hosted-zones-with-cloudwatch.html
"""

from __future__ import annotations

from datetime import timedelta

from prodready_constructs.contracts import AlarmSpec, GraphSpec, Metric, RunbookSpec, Severity
from prodready_constructs.edge.regions import ROUTE_53_REGION

#: Route 53 reports the state of the keys once in this time.
_REPORTED_EVERY = timedelta(hours=4)


def dnssec_alarms(*, name: str, zone_id: str, key_arn: str) -> tuple[AlarmSpec, ...]:
    """The alarms of the zone *name*, signed with the KMS key *key_arn*."""
    keys = f"aws route53 get-dnssec --hosted-zone-id {zone_id}"
    state = f"aws kms describe-key --region {ROUTE_53_REGION} --key-id {key_arn} --query 'KeyMetadata.[KeyState,DeletionDate]'"
    policy = f"aws kms get-key-policy --region {ROUTE_53_REGION} --key-id {key_arn} --policy-name default --output text"
    resolved = f"dig +dnssec {name} SOA @8.8.8.8"
    source = (
        "Amazon Route 53 developer guide, 'Configuring DNSSEC signing': alarm whenever one is detected, to prevent an outage of the zone"
    )
    return (
        AlarmSpec(
            id="DnssecInternalFailure",
            metric=_dnssec(zone_id, "DNSSECInternalFailure"),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            # One value in four hours: a late one says nothing about the zone, so the alarm stays as it is.
            missing_data="ignore",
            source=source,
            runbook=RunbookSpec(
                meaning=f"Route 53 cannot sign {name}: when the signatures run out, validating resolvers refuse every name of the zone.",
                causes=(
                    "a fault inside Route 53's signing that deactivating and activating the key-signing key mends",
                    "the KMS key or its policy was changed while Route 53 worked on it",
                ),
                first_commands=(keys, state, policy, resolved),
            ),
        ),
        AlarmSpec(
            id="DnssecKeyNeedsAction",
            metric=_dnssec(zone_id, "DNSSECKeySigningKeysNeedingAction"),
            threshold=1,
            comparison="GreaterThanOrEqualToThreshold",
            severity=Severity.CRITICAL,
            periods=1,
            missing_data="ignore",
            source=source,
            runbook=RunbookSpec(
                meaning=f"Route 53 cannot use the KMS key that signs {name}; when the signatures run out, the zone is refused.",
                causes=(
                    "the KMS key is disabled or scheduled for deletion",
                    "its policy does not admit dnssec-route53.amazonaws.com any more",
                ),
                first_commands=(state, policy, keys, resolved),
            ),
        ),
    )


def zone_graphs(*, name: str, zone_id: str) -> tuple[GraphSpec, ...]:
    """DNS queries."""
    queries = Metric(
        namespace="AWS/Route53",
        name="DNSQueries",
        dimensions={"HostedZoneId": zone_id},
        statistic="Sum",
        period=timedelta(minutes=5),
        label="Queries",
        region=ROUTE_53_REGION,
    )
    return (GraphSpec(title=f"DNS queries {name}", metrics=(queries,)),)


def _dnssec(zone_id: str, metric: str) -> Metric:
    return Metric(
        namespace="AWS/Route53",
        name=metric,
        dimensions={"HostedZoneId": zone_id},
        statistic="Sum",
        period=_REPORTED_EVERY,
        region=ROUTE_53_REGION,
    )
