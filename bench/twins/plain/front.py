"""Load balancer and web ACL."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from bench.twins.plain.keys import FOR_LOGS, new_key, new_log_group

Acl = wafv2.CfnWebACL
METRIC = "Shop-Front-WebAcl-9341B231"
CREDENTIALS = ("authorization", "cookie", "x-api-key", "sec-websocket-protocol", "x-origin-verify")
TOO_MANY = "TooManyRequests"


@dataclass(frozen=True)
class Front:
    """What the other parts need."""

    load_balancer: elbv2.ApplicationLoadBalancer
    listener: elbv2.ApplicationListener


def add_load_balancer(stack: Stack, vpc: ec2.Vpc) -> Front:
    """An internal load balancer behind CloudFront, its log bucket, its web ACL."""
    bucket = s3.Bucket.from_bucket_name(stack, "AccessLogs", "logs-of-example")
    home = Construct(stack, "Front")
    group = ec2.SecurityGroup(
        home, "SecurityGroup", vpc=vpc, description="Load balancer: in from visitors, out to targets", allow_all_outbound=False
    )
    balancer = elbv2.ApplicationLoadBalancer(
        home,
        "LoadBalancer",
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        internet_facing=False,
        security_group=group,
        ip_address_type=elbv2.IpAddressType.IPV4,
        deletion_protection=True,
        drop_invalid_header_fields=True,
        desync_mitigation_mode=elbv2.DesyncMitigationMode.STRICTEST,
        http2_enabled=True,
        cross_zone_enabled=True,
        preserve_host_header=True,
        xff_header_processing_mode=elbv2.XffHeaderProcessingMode.APPEND,
    )
    balancer.set_attribute("zonal_shift.config.enabled", "true")
    balancer.set_attribute("waf.fail_open.enabled", "false")
    prefix = "access-logs/Shop-Front-169E97F7"
    balancer.log_access_logs(bucket, f"{prefix}/access")
    balancer.log_connection_logs(bucket, f"{prefix}/connection")
    # The L2 has no method for these.
    balancer.set_attribute("health_check_logs.s3.enabled", "true")
    balancer.set_attribute("health_check_logs.s3.bucket", "logs-of-example")
    balancer.set_attribute("health_check_logs.s3.prefix", f"{prefix}/health_check")
    listener = balancer.add_listener(
        "Http",
        port=80,
        protocol=elbv2.ApplicationProtocol.HTTP,
        open=False,
        default_action=elbv2.ListenerAction.fixed_response(404, content_type="text/plain", message_body="Not found"),
    )
    listener.set_attribute("routing.http.response.server.enabled", "false")
    listener.set_attribute("routing.http.response.x_content_type_options.header_value", "nosniff")
    group.add_ingress_rule(ec2.Peer.prefix_list("pl-3b927c52"), ec2.Port.tcp(80), "CloudFront VPC origins")
    acl_arn = _web_acl(Construct(home, "WebAcl"))
    wafv2.CfnWebACLAssociation(home, "WebAclAssociation", resource_arn=balancer.load_balancer_arn, web_acl_arn=acl_arn)
    return Front(load_balancer=balancer, listener=listener)


def _web_acl(home: Construct) -> str:
    acl = Acl(
        home,
        "Acl",
        scope="REGIONAL",
        default_action=Acl.DefaultActionProperty(allow=Acl.AllowActionProperty()),
        visibility_config=_visible(METRIC),
        rules=_rules(),
        data_protection_config=Acl.DataProtectionConfigProperty(
            data_protections=[
                Acl.DataProtectProperty(action="SUBSTITUTION", field=Acl.FieldToProtectProperty(field_type=kind, field_keys=names))
                for kind, names in (("SINGLE_HEADER", list(CREDENTIALS)), ("SINGLE_QUERY_ARGUMENT", ["header"]))
            ]
        ),
        custom_response_bodies={
            TOO_MANY: Acl.CustomResponseBodyProperty(
                content_type="APPLICATION_JSON", content='{"message":"Too many requests. Try again later."}'
            )
        },
    )
    key = new_key(home, "WAF logs of Shop/Front/WebAcl", FOR_LOGS)
    incarnation = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))
    group = new_log_group(home, "Logs", key, logs.RetentionDays.THREE_MONTHS, name=f"aws-waf-logs-{METRIC}-{incarnation}")
    arn = acl.attr_arn
    name = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}"
    wafv2.CfnLoggingConfiguration(
        home,
        "Logging",
        resource_arn=arn,
        log_destination_configs=[Fn.sub(name, {"Name": group.log_group_name})],
        redacted_fields=[wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header}) for header in CREDENTIALS],
    )
    return arn


def _rules() -> list[wafv2.CfnWebACL.RuleProperty]:
    forwarded = {"header_name": "X-Forwarded-For", "fallback_behavior": "MATCH"}
    everyone = Acl.ForwardedIPConfigurationProperty(**forwarded)
    blocking = {
        "BlockedCountries": Acl.StatementProperty(
            geo_match_statement=Acl.GeoMatchStatementProperty(country_codes=["KP"], forwarded_ip_config=everyone)
        ),
        "RateLimit": Acl.StatementProperty(
            rate_based_statement=Acl.RateBasedStatementProperty(
                limit=10_000, evaluation_window_sec=300, aggregate_key_type="FORWARDED_IP", forwarded_ip_config=everyone
            )
        ),
        "PathLimit-api": Acl.StatementProperty(
            rate_based_statement=Acl.RateBasedStatementProperty(
                limit=67,
                evaluation_window_sec=600,
                aggregate_key_type="FORWARDED_IP",
                forwarded_ip_config=everyone,
                scope_down_statement=Acl.StatementProperty(
                    byte_match_statement=Acl.ByteMatchStatementProperty(
                        field_to_match=Acl.FieldToMatchProperty(uri_path={}),
                        positional_constraint="STARTS_WITH",
                        search_string="/api/",
                        text_transformations=[
                            Acl.TextTransformationProperty(priority=place, type=kind)
                            for place, kind in enumerate(("URL_DECODE", "NORMALIZE_PATH", "LOWERCASE"))
                        ],
                    )
                ),
            )
        ),
    }
    managed = {
        "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
        "Common": "AWSManagedRulesCommonRuleSet",
        "SqlInjection": "AWSManagedRulesSQLiRuleSet",
    }
    return [
        *(
            Acl.RuleProperty(
                name=name,
                priority=place,
                statement=statement,
                action=Acl.RuleActionProperty(block=_answer(statement)),
                visibility_config=_visible(name),
            )
            for place, (name, statement) in enumerate(blocking.items())
        ),
        *(
            Acl.RuleProperty(
                name=name,
                priority=len(blocking) + place,
                statement=Acl.StatementProperty(
                    managed_rule_group_statement=Acl.ManagedRuleGroupStatementProperty(vendor_name="AWS", name=group)
                ),
                override_action=Acl.OverrideActionProperty(none={}),
                visibility_config=_visible(name),
            )
            for place, (name, group) in enumerate(managed.items())
        ),
    ]


def _answer(statement: wafv2.CfnWebACL.StatementProperty) -> wafv2.CfnWebACL.BlockActionProperty:
    rate = statement.rate_based_statement
    if rate is None:
        return Acl.BlockActionProperty()
    wait = Acl.CustomHTTPHeaderProperty(name="Retry-After", value=str(int(rate.evaluation_window_sec)))
    answer = Acl.CustomResponseProperty(response_code=429, response_headers=[wait], custom_response_body_key=TOO_MANY)
    return Acl.BlockActionProperty(custom_response=answer)


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return Acl.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True)
