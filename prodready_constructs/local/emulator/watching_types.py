"""Canaries, experiments, delivery streams and reports of backups: types that ministack's CloudFormation lacks and its APIs, or moto's, have."""

from __future__ import annotations

import io
import zipfile

from ministack.core.responses import get_account_id, get_region
from moto.synthetics.models import synthetics_backends

from prodready_constructs.local.emulator.calls import call, client
from prodready_constructs.local.emulator.registration import Made, Properties, creates, made_name

#: What a template calls otherwise than the API.
_CANARY_NAMES = {
    "SuccessRetentionPeriod": "SuccessRetentionPeriodInDays",
    "FailureRetentionPeriod": "FailureRetentionPeriodInDays",
}


def _delete_canary(physical_id: str, _: Properties) -> None:
    # moto has no operation that deletes here, so what it keeps is taken away.
    synthetics_backends[get_account_id()][get_region()].canaries.pop(physical_id, None)


@creates("AWS::Synthetics::Canary", backing="moto", delete=_delete_canary)
def canary(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {_CANARY_NAMES.get(name, name): value for name, value in properties.items()}
    code = dict(wanted["Code"])
    if script := code.pop("Script", None):
        code["ZipFile"] = _packed(f"nodejs/node_modules/{code['Handler'].partition('.')[0]}.js", script)
    made = call("synthetics", "create_canary", {**wanted, "Code": code})["Canary"]
    return made["Name"], {"Id": made["Id"], "State": made["Status"]["State"]}


def _packed(name: str, text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


def _delete_template(physical_id: str, _: Properties) -> None:
    client("fis").delete_experiment_template(id=physical_id)


@creates("AWS::FIS::ExperimentTemplate", backing="moto", delete=_delete_template)
def experiment_template(logical_id: str, properties: Properties, stack: str) -> Made:
    made = call("fis", "create_experiment_template", properties)["experimentTemplate"]["id"]
    return made, {"Id": made}


def _delete_stream(physical_id: str, _: Properties) -> None:
    client("firehose").delete_delivery_stream(DeliveryStreamName=physical_id)


@creates("AWS::KinesisFirehose::DeliveryStream", delete=_delete_stream)
def delivery_stream(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"DeliveryStreamName": made_name(stack, logical_id, longest=64), **properties}
    arn = call("firehose", "create_delivery_stream", wanted)["DeliveryStreamARN"]
    return wanted["DeliveryStreamName"], {"Arn": arn}


def _delete_report_plan(physical_id: str, _: Properties) -> None:
    client("backup").delete_report_plan(ReportPlanName=physical_id.rpartition(":")[2])


@creates("AWS::Backup::ReportPlan", backing="moto", delete=_delete_report_plan)
def report_plan(logical_id: str, properties: Properties, stack: str) -> Made:
    wanted = {"ReportPlanName": made_name(stack, logical_id).replace("-", "_"), **properties}
    made = call("backup", "create_report_plan", wanted)["ReportPlanArn"]
    return made, {"ReportPlanArn": made}
