"""The attributes of a load balancer, as one list: set one by one, each would be a message to the jsii kernel.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
"""

from __future__ import annotations

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

#: What every load balancer has, written out also where it is the service's default today.
ALWAYS = {
    "deletion_protection.enabled": "true",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http2.enabled": "true",
    "routing.http.drop_invalid_header_fields.enabled": "true",
    "routing.http.desync_mitigation_mode": "strictest",
    "routing.http.preserve_host_header.enabled": "true",
    "routing.http.xff_header_processing.mode": "append",
    "zonal_shift.config.enabled": "true",
    # Closed when the web ACL cannot be asked.
    "waf.fail_open.enabled": "false",
}
LOGS = ("access", "connection", "health_check")


def attributes(*, log_bucket: str, log_prefix: str) -> list[elbv2.CfnLoadBalancer.LoadBalancerAttributeProperty]:
    """The complete list, with the three kinds of logs in *log_bucket*, each beneath *log_prefix*."""
    pairs = dict(ALWAYS)
    for kind in LOGS:
        pairs |= {
            f"{kind}_logs.s3.enabled": "true",
            f"{kind}_logs.s3.bucket": log_bucket,
            f"{kind}_logs.s3.prefix": f"{log_prefix}/{kind}",
        }
    return [elbv2.CfnLoadBalancer.LoadBalancerAttributeProperty(key=key, value=value) for key, value in pairs.items()]
