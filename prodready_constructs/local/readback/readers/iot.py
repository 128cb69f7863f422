"""Devices."""

from __future__ import annotations

from typing import Any

from prodready_constructs.local.readback.checks import Aws, Check, Properties, Reader, camel


def _policy(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iot").get_policy(policyName=physical_id)


def _rule(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iot").get_topic_rule(ruleName=physical_id)["rule"]


def _group(aws: Aws, physical_id: str, properties: Properties) -> Any:
    iot = aws("iot")
    groups = iot.list_thing_groups()["thingGroups"]
    described = (iot.describe_thing_group(thingGroupName=each["groupName"]) for each in groups)
    return next(each for each in described if physical_id in (each["thingGroupId"], each["thingGroupName"]))


def _billing_group(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iot").describe_billing_group(billingGroupName=physical_id)


def _domain(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iot").describe_domain_configuration(domainConfigurationName=physical_id)


def _template(aws: Aws, physical_id: str, _: Properties) -> Any:
    return aws("iot").describe_provisioning_template(templateName=physical_id)


READERS = {
    "AWS::IoT::Policy": Reader(_policy, (Check("PolicyName", "policyName"), Check("PolicyDocument", "policyDocument"))),
    "AWS::IoT::TopicRule": Reader(
        _rule,
        (
            Check("RuleName", "ruleName"),
            Check("TopicRulePayload.Sql", "sql"),
            Check("TopicRulePayload.AwsIotSqlVersion", "awsIotSqlVersion"),
            Check("TopicRulePayload.RuleDisabled", "ruleDisabled"),
            Check("TopicRulePayload.Actions", "actions", camel),
            Check("TopicRulePayload.ErrorAction", "errorAction", camel),
        ),
    ),
    "AWS::IoT::ThingGroup": Reader(
        _group, (Check("ThingGroupName", "thingGroupName"), Check("ThingGroupProperties", "thingGroupProperties", camel))
    ),
    "AWS::IoT::BillingGroup": Reader(
        _billing_group,
        (Check("BillingGroupName", "billingGroupName"), Check("BillingGroupProperties", "billingGroupProperties", camel)),
    ),
    "AWS::IoT::DomainConfiguration": Reader(
        _domain,
        (
            Check("DomainName", "domainName"),
            Check("DomainConfigurationStatus", "domainConfigurationStatus"),
            Check("ServiceType", "serviceType"),
            Check("TlsConfig", "tlsConfig", camel),
            Check("AuthenticationType", "authenticationType"),
            Check("ApplicationProtocol", "applicationProtocol"),
        ),
    ),
    "AWS::IoT::ProvisioningTemplate": Reader(
        _template,
        (
            Check("TemplateName", "templateName"),
            Check("TemplateBody", "templateBody"),
            Check("TemplateType", "type"),
            Check("Enabled", "enabled"),
            Check("ProvisioningRoleArn", "provisioningRoleArn"),
            Check("PreProvisioningHook", "preProvisioningHook", camel),
        ),
    ),
}
