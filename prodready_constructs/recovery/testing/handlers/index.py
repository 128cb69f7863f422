"""Looks into what a restore test brought back, and tells AWS Backup what it found. Runs in AWS Lambda, beside its drivers.

Two events: a restore job that ended, and a day that passed. Every outcome is one line of JSON, of which metric filters make metrics.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import json
import os
import time
from typing import Any

from .answers import AccessError, Place, UnreachableError, WrongError, judge

#: Between two attempts to reach a store that was just restored.
PAUSE = 20.0
#: What a message to AWS Backup may be long, cut rather than refused.
LONGEST_MESSAGE = 1000
NEVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)


@functools.cache
def client(service: str) -> Any:
    """boto3 comes with the Lambda runtime."""
    return importlib.import_module("boto3").client(service)


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An exception is what nobody foresaw: Lambda tries again twice, and tells the topic of runs that were given up."""
    outcome = age() if event.get("detail-type") != "Restore Job State Change" else ended(event["detail"]["restoreJobId"])
    print(json.dumps(outcome), flush=True)
    return outcome


def age() -> dict[str, Any]:
    """How many days ago the last restore test of this plan was a success; for a plan that is new, how old the plan is."""
    backup, plan = client("backup"), os.environ["PLAN_ARN"]
    made = backup.get_restore_testing_plan(RestoreTestingPlanName=os.environ["PLAN_NAME"])["RestoreTestingPlan"]["CreationTime"]
    since = now() - datetime.timedelta(days=int(os.environ["LOOK_BACK_DAYS"]))
    last: dict[str, datetime.datetime] = {}
    for page in backup.get_paginator("list_restore_jobs").paginate(ByRestoreTestingPlanArn=plan, ByCompleteAfter=since):
        for job in page["RestoreJobs"]:
            if job.get("ValidationStatus") == "SUCCESSFUL":
                source = job.get("SourceResourceArn", "")
                last[source] = max(last.get(source, NEVER), job["CompletionDate"])
    # The store that was left out longest: one that is tested well does not speak for the others.
    stores = json.loads(os.environ["CHECKS"])
    oldest = min(max(last.get(arn, NEVER), made) for arn in stores)
    return {"restoreTest": "AGE", "days": round((now() - oldest) / datetime.timedelta(days=1), 2)}


def ended(job_id: str) -> dict[str, Any]:
    """Judge one restore job: of this plan, ended, and not judged yet."""
    backup = client("backup")
    job = backup.describe_restore_job(RestoreJobId=job_id)
    said = {"job": job_id, "source": job.get("SourceResourceArn"), "created": job.get("CreatedResourceArn")}
    if job.get("CreatedBy", {}).get("RestoreTestingPlanArn") != os.environ["PLAN_ARN"]:
        return {"restoreTest": "IGNORED", **said, "message": "not of this plan"}
    if job["Status"] in ("FAILED", "ABORTED"):
        return {"restoreTest": "NOT_RESTORED", **said, "message": job.get("StatusMessage", job["Status"])}
    if job["Status"] != "COMPLETED" or job.get("ValidationStatus") in ("SUCCESSFUL", "FAILED", "TIMED_OUT"):
        return {"restoreTest": "IGNORED", **said, "message": f"{job['Status']}, {job.get('ValidationStatus', 'not validated')}"}
    took = job["CompletionDate"] - job["CreationDate"]
    try:
        status, message = "SUCCESSFUL", look(job)
    except (AccessError, UnreachableError, WrongError) as error:
        status, message = "FAILED", f"{type(error).__name__.removesuffix('Error')}: {error}"
    backup.put_restore_validation_result(RestoreJobId=job_id, ValidationStatus=status, ValidationStatusMessage=message[:LONGEST_MESSAGE])
    return {"restoreTest": status, **said, "message": message, "restoreSeconds": int(took.total_seconds())}


def look(job: dict[str, Any]) -> str:
    """What was found, in words."""
    checks = json.loads(os.environ["CHECKS"])
    check = checks.get(job["SourceResourceArn"])
    if check is None:
        raise WrongError(f"nobody said what {job['SourceResourceArn']} must have")
    created = job["CreatedResourceArn"]
    return {"database": database, "table": table, "bucket": bucket}[check["kind"]](check, created)


def database(check: dict[str, Any], arn: str) -> str:
    """Ask the restored instance, with the secret as it is, or as it was before its last rotation."""
    name = arn.rpartition(":")[2]
    instance = client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    place = Place(instance["Endpoint"]["Address"], instance["Endpoint"]["Port"], check["database"])
    deadline = time.monotonic() + float(os.environ["PATIENCE_SECONDS"])
    while True:
        try:
            return ask(check, place)
        except UnreachableError:
            if time.monotonic() + PAUSE >= deadline:
                raise
        time.sleep(PAUSE)


def ask(check: dict[str, Any], place: Place) -> str:
    engine: Any = importlib.import_module(f"{__package__}.{check['engine']}")
    denied: list[str] = []
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        value = secret(check["secret"], stage)
        if value is None:
            continue
        try:
            with engine.asking(place, value["username"], value["password"]) as answer:
                return "; ".join(answered(engine, answer, expected) for expected in check["expect"])
        except AccessError as error:
            denied.append(f"{stage}: {error}")
    raise AccessError(f"the secret opens nothing: {'; '.join(denied) or 'it has no value with username and password'}")


def answered(engine: Any, answer: Any, expected: dict[str, Any]) -> str:
    try:
        found = answer(expected["query"])
    except engine.errors() as error:
        raise WrongError(f"{expected['query']!r}: {error}") from error
    return judge(expected, found, now())


def secret(arn: str, stage: str) -> dict[str, str] | None:
    """User name and password of one version; None where there is none yet."""
    service = client("secretsmanager")
    try:
        value = json.loads(service.get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"])
    except service.exceptions.ResourceNotFoundException:
        return None
    return value if {"username", "password"} <= set(value) else None


def table(check: dict[str, Any], arn: str) -> str:
    """Read items of the restored table until there are enough: its own count is six hours late."""
    dynamodb, least, found = client("dynamodb"), check["at_least"], 0
    more: dict[str, Any] = {}
    while found < least:
        page = dynamodb.scan(TableName=arn.rpartition("/")[2], Select="COUNT", Limit=min(least - found, 1000), **more)
        found += page["Count"]
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    if found < least:
        raise WrongError(f"{found} items, less than {least}")
    return f"{found} items read (at least {least})"


def bucket(check: dict[str, Any], arn: str) -> str:
    """List objects of the restored bucket until there are enough, and read the first byte of the first."""
    s3, name, least, found, first = client("s3"), arn.rpartition(":")[2], check["at_least"], 0, None
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"MaxItems": least}):
        keys = [one["Key"] for one in page.get("Contents", ()) if one["Size"]]
        first = first or next(iter(keys), None)
        found += len(page.get("Contents", ()))
    if found < least:
        raise WrongError(f"{found} objects, less than {least}")
    if first is None:
        return f"{found} objects, all of them empty (at least {least})"
    size = len(s3.get_object(Bucket=name, Key=first, Range="bytes=0-0")["Body"].read())
    if size != 1:
        raise WrongError(f"{first!r} cannot be read")
    return f"{found} objects (at least {least}), {first!r} can be read"
