"""A restore test of AWS Backup comes to its end in the emulator, and the function that looks into restored stores says what it found."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.deployed import Function, function_with, listening
from prodready_constructs.local.drills import DrillFailedError
from prodready_constructs.local.session import Session

#: What the function of a restore test has in its environment, and no other.
_RESTORE_TEST = "PLAN_ARN"
#: More than so many items or objects are not made for a drill.
_MOST = 200
#: The name that AWS Backup gives what it restores for a test begins with it; S3's, too.
_PREFIX = "awsbackup-restore-test-"


def restored_store_is_looked_into(session: Session, assembly: Assembly) -> Iterator[str]:
    """A restored store that is empty fails its restore test, and one with data in it passes; each told to AWS Backup."""
    function = function_with(session, assembly, _RESTORE_TEST)
    if function is None:
        yield "no restore test in the assembly"
        return
    checks: dict[str, dict[str, Any]] = json.loads(function.environment["CHECKS"])
    chosen = {
        kind: (arn, check["at_least"])
        for kind in _MAKE
        for arn, check in checks.items()
        if check["kind"] == kind and check["at_least"] <= _MOST
    }
    with _backup(function) as backup:
        for kind, (source, least) in chosen.items():
            created, fill, remove = _MAKE[kind](session, function, source)
            try:
                empty = backup.judged(source, created)
                fill(least)
                full = backup.judged(source, created)
            finally:
                remove()
            if (empty[0], full[0]) != ("FAILED", "SUCCESSFUL"):
                raise DrillFailedError(f"a restored {kind} that is empty, then not: AWS Backup was told {empty}, then {full}")
            yield f"a {kind} restored without data: AWS Backup is told FAILED ({empty[1]}); with {least} in it: SUCCESSFUL ({full[1]})"
    left = sorted({check["kind"] for check in checks.values()} - set(chosen))
    yield f"looked into by {function.name}; nothing was restored here, and AWS Backup stood on loopback{_not_run(left)}"


def _not_run(kinds: list[str]) -> str:
    return f"; not looked into: {', '.join(kinds)} (there is no database behind an instance)" if kinds else ""


class _Backup:
    """AWS Backup, as far as the function asks it: one restore job at a time, and what was said of it."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._jobs: dict[str, dict[str, Any]] = {}
        self._told: dict[str, tuple[str, str]] = {}

    def describe(self, job: str) -> dict[str, Any]:
        return self._jobs[job]

    def keep(self, job: str, said: dict[str, str]) -> None:
        self._told[job] = said["ValidationStatus"], said.get("ValidationStatusMessage", "")

    def judged(self, source: str, created: str) -> tuple[str, str]:
        """What AWS Backup is told of a job that restored *created*, and why."""
        job, now = str(uuid.uuid4()), time.time()
        self._jobs[job] = {
            "RestoreJobId": job,
            "Status": "COMPLETED",
            "CreationDate": now - 600,
            "CompletionDate": now,
            "SourceResourceArn": source,
            "CreatedResourceArn": created,
            "CreatedBy": {"RestoreTestingPlanArn": self._function.environment[_RESTORE_TEST]},
        }
        answer = self._function.invoke({"detail-type": "Restore Job State Change", "detail": {"restoreJobId": job}})
        if job not in self._told:
            raise DrillFailedError(f"AWS Backup was told nothing of {created}; the function answered {answer}")
        return self._told[job]


@contextmanager
def _backup(function: Function) -> Iterator[_Backup]:
    """AWS Backup on loopback, which *function* asks for a while."""
    backup = _Backup(function)

    class Jobs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(backup.describe(self.path.split("/")[2]))

        def do_PUT(self) -> None:
            backup.keep(self.path.split("/")[2], json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._say({})

        def _say(self, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: the drill says what was told."""

    with listening(Jobs) as port:
        function.reconfigure({"AWS_ENDPOINT_URL_BACKUP": f"http://127.0.0.1:{port}"})
        try:
            yield backup
        finally:
            function.reconfigure({})


#: ARN of what was made, what fills it with so many, what takes it away.
_Made = tuple[str, Callable[[int], None], Callable[[], None]]


def _table(session: Session, function: Function, source: str) -> _Made:
    """A table with the keys of *source*, as a restore would make it."""
    dynamodb = session.client("dynamodb", function.account, function.region)
    described = dynamodb.describe_table(TableName=source.rpartition("/")[2])["Table"]
    keys = {key["AttributeName"] for key in described["KeySchema"]}
    attributes = [each for each in described["AttributeDefinitions"] if each["AttributeName"] in keys]
    name = f"{_PREFIX}{uuid.uuid4().hex[:8]}"
    made = dynamodb.create_table(
        TableName=name, KeySchema=described["KeySchema"], AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
    )

    def fill(count: int) -> None:
        for number in range(count):
            values = {"S": f"drill-{number}", "N": str(number), "B": f"drill-{number}".encode()}
            item = {each["AttributeName"]: {each["AttributeType"]: values[each["AttributeType"]]} for each in attributes}
            dynamodb.put_item(TableName=name, Item=item)

    return made["TableDescription"]["TableArn"], fill, lambda: dynamodb.delete_table(TableName=name)


def _bucket(session: Session, function: Function, source: str) -> _Made:
    """A bucket in place of *source*."""
    s3, name, keys = session.client("s3", function.account, function.region), f"{_PREFIX}{uuid.uuid4().hex[:8]}", list[str]()
    elsewhere = {} if function.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": function.region}}
    s3.create_bucket(Bucket=name, **elsewhere)

    def fill(count: int) -> None:
        keys.extend(f"drill-{number}" for number in range(count))
        for key in keys:
            s3.put_object(Bucket=name, Key=key, Body=b"restored")

    def remove() -> None:
        for key in keys:
            s3.delete_object(Bucket=name, Key=key)
        s3.delete_bucket(Bucket=name)

    return f"arn:aws:s3:::{name}", fill, remove


_MAKE: dict[str, Callable[[Session, Function, str], _Made]] = {"table": _table, "bucket": _bucket}
