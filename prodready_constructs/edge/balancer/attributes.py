"""What a load balancer is told past the L2."""

from __future__ import annotations

from aws_cdk import Names
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_s3 as s3

from prodready_constructs.foundation import Part


def set_attributes(front: Part, balancer: elbv2.ApplicationLoadBalancer, logs: s3.IBucket) -> None:
    """Zonal shift, closed when the web ACL cannot be asked, and logs of three kinds.

    What the L2 has no property for, or (waf_fail_open=False) writes nothing for. The logs, too: the L2's methods for them need a stated region
    and write a policy on a bucket that has its own. One message each; a list on the L1 would be one for all, and would silently undo whatever
    a user sets through the L2.
    """
    name, prefix = logs.bucket_name, Names.unique_resource_name(front, max_length=100, separator="-")
    attributes = {"zonal_shift.config.enabled": "true", "waf.fail_open.enabled": "false"}
    for kind in ("access", "connection", "health_check"):
        logging = {"enabled": "true", "bucket": name, "prefix": f"access-logs/{prefix}/{kind}"}
        attributes |= {f"{kind}_logs.s3.{key}": value for key, value in logging.items()}
    for key, value in attributes.items():
        balancer.set_attribute(key, value)
    # Elastic Load Balancing writes a test object at once: the bucket's policy must be there before.
    if policy := logs.policy:
        balancer.node.add_dependency(policy)
