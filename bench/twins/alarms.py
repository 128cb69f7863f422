"""Writes ``alarms.json``, the table of alarms that both twins read, from the template of our constructs.

    python -m bench.twins.alarms

What alarms say is no code: an engineer would keep it in a table as well. References to resources become names.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from bench.twins.templates import construct_ids, template

TABLE = Path(__file__).with_name("alarms.json")


def table_of(resources: dict[str, dict[str, Any]], ids: dict[str, str]) -> dict[str, Any]:
    """The table of the alarms, rules and subscriptions among *resources*. *ids*: logical id -> construct id."""
    named = _Names(resources)

    def of(kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [(ids[name], named(one["Properties"])) for name, one in resources.items() if one["Type"] == kind]

    return {
        "summary": of("AWS::CloudWatch::CompositeAlarm")[0][1]["AlarmDescription"],
        "alarms": [
            {
                "id": construct_id,
                "severity": _severity(one["AlarmActions"][0]),
                "description": one["AlarmDescription"],
                "metric": _metric(one) if "MetricName" in one else None,
                "statistic": one.get("Statistic"),
                "extended statistic": one.get("ExtendedStatistic"),
                "period": one.get("Period"),
                "queries": [_query(query) for query in one["Metrics"]] if "Metrics" in one else None,
                "comparison": one["ComparisonOperator"],
                "threshold": one["Threshold"],
                "periods": one["EvaluationPeriods"],
                "datapoints": one["DatapointsToAlarm"],
                "missing data": one["TreatMissingData"],
            }
            for construct_id, one in of("AWS::CloudWatch::Alarm")
        ],
        "events": [
            {
                "id": construct_id,
                "severity": _severity(one["Targets"][0]["Arn"]),
                "description": one["Description"],
                "pattern": one["EventPattern"],
                "message": one["Targets"][0]["InputTransformer"]["InputTemplate"],
            }
            for construct_id, one in of("AWS::Events::Rule")
        ],
        "rds events": [
            {
                "id": construct_id,
                "severity": _severity(one["SnsTopicArn"]),
                "source type": one["SourceType"],
                "source ids": one["SourceIds"],
                "categories": one["EventCategories"],
            }
            for construct_id, one in of("AWS::RDS::EventSubscription")
        ],
    }


class _Names:
    """Replaces references to resources of a template by names that code can look up."""

    def __init__(self, resources: dict[str, dict[str, Any]]) -> None:
        def one(kind: str, containing: str = "") -> str:
            return next(name for name, resource in resources.items() if resource["Type"] == kind and containing in name)

        instance, service = one("AWS::RDS::DBInstance"), one("AWS::ECS::Service")
        listener = {"Ref": one("AWS::ElasticLoadBalancingV2::Listener", "BalancerHttp")}
        parts: list[Any] = [{"Fn::Select": [place, {"Fn::Split": ["/", listener]}]} for place in (1, 2, 3)]
        critical, warning = one("AWS::SNS::Topic", "Critical"), one("AWS::SNS::Topic", "Warning")
        known: dict[str, Any] = {
            "region": {"Ref": "AWS::Region"},
            "nat gateway": {"Fn::GetAtt": [one("AWS::EC2::NatGateway"), "NatGatewayId"]},
            "instance": {"Ref": instance},
            "secret": {"Fn::GetAtt": [instance, "MasterUserSecret.SecretArn"]},
            "load balancer": {"Fn::GetAtt": [one("AWS::ElasticLoadBalancingV2::LoadBalancer"), "LoadBalancerFullName"]},
            "load balancer of the targets": {"Fn::Join": ["", [parts[0], "/", parts[1], "/", parts[2]]]},
            "target group": {"Fn::GetAtt": [one("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets"), "TargetGroupFullName"]},
            "alternate target group": {"Fn::GetAtt": [one("AWS::ElasticLoadBalancingV2::TargetGroup", "Alternate"), "TargetGroupFullName"]},
            "cluster": {"Ref": one("AWS::ECS::Cluster")},
            "service": {"Fn::GetAtt": [service, "Name"]},
            "service arn": {"Ref": service},
            "critical topic": {"Fn::GetAtt": [critical, "TopicName"]},
            "warning topic": {"Fn::GetAtt": [warning, "TopicName"]},
            "dead letters": {"Fn::GetAtt": [one("AWS::SQS::Queue"), "QueueName"]},
            "critical": {"Ref": critical},
            "warning": {"Ref": warning},
        }
        self._names = {json.dumps(value): name for name, value in known.items()}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self(item) for item in value]
        if not isinstance(value, dict):
            return value
        if name := self._names.get(json.dumps(value)):
            return {"name": name}
        return {key: self(item) for key, item in value.items()}


def _severity(topic: dict[str, str]) -> str:
    return topic["name"]


def _metric(one: dict[str, Any]) -> dict[str, Any]:
    dimensions = [[dimension["Name"], dimension["Value"]] for dimension in one["Dimensions"]]
    return {"namespace": one["Namespace"], "metric": one["MetricName"], "dimensions": dimensions}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    if "Expression" in query:
        return {"id": query["Id"], "expression": query["Expression"], "label": query["Label"]}
    stat = query["MetricStat"]
    return {"id": query["Id"], **_metric(stat["Metric"]), "period": stat["Period"], "statistic": stat["Stat"]}


def write() -> None:
    """Synthesize our stack and write the table."""
    from bench.apps import new_app
    from bench.twins import ours
    from bench.twins.shop import Shop

    with tempfile.TemporaryDirectory() as directory:
        app = new_app(directory)
        ours.build(Shop(app))
        app.synth()
        table = table_of(template(Path(directory))["Resources"], construct_ids(Path(directory)))
    TABLE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    write()
