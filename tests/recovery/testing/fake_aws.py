"""AWS Backup, RDS, Secrets Manager, DynamoDB and S3 on a loopback port, as far as the look into restored stores needs them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.aws_endpoint import Call, Reply, aws_endpoint, refused, said, said_in_xml

ACCOUNT = "111122223333"
PLAN_ARN = f"arn:aws:backup:us-east-1:{ACCOUNT}:restore-testing-plan:Stack_Test-1"
PLAN_NAME = "Stack_Test"
SOURCE = f"arn:aws:rds:us-east-1:{ACCOUNT}:db:orders"
RESTORED = "awsbackup-restore-test-1"


@dataclass
class FakeAws:
    """What the services know, and what AWS Backup was told."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: When the plan was made.
    made: datetime = field(default_factory=lambda: datetime.now(UTC))
    #: Stage -> value of the one secret.
    secret: dict[str, Any] = field(default_factory=dict)
    #: Where the restored database is.
    endpoint: tuple[str, int] = ("localhost", 1)
    items: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    #: (job, status, message)
    told: list[tuple[str, str, str]] = field(default_factory=list)
    #: Answers of AWS Backup to a result, before it takes one.
    refusals: list[int] = field(default_factory=list)
    url: str = ""

    def add_job(self, job_id: str = "job-1", **changes: Any) -> str:
        now = datetime.now(UTC)
        self.jobs[job_id] = {
            "RestoreJobId": job_id,
            "Status": "COMPLETED",
            "ResourceType": "RDS",
            "SourceResourceArn": SOURCE,
            "CreatedResourceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{RESTORED}",
            "CreationDate": (now - timedelta(minutes=20)).timestamp(),
            "CompletionDate": now.timestamp(),
            "CreatedBy": {"RestoreTestingPlanArn": PLAN_ARN},
            "ValidationStatus": "VALIDATING",
            **changes,
        }
        return job_id

    def reply(self, call: Call) -> Reply:
        """To a call of any service."""
        if call.method == "POST":
            return self._asked(call)
        if call.method == "PUT":
            return self._told(call)
        _, what, name, *_ = [*call.path.split("/"), ""]
        if what == "restore-jobs" and name:
            return said(self.jobs[name])
        if what == "restore-jobs":
            assert call.query["restoreTestingPlanArn"] == PLAN_ARN
            return said({"RestoreJobs": list(self.jobs.values())})
        if call.path == f"/restore-testing/plans/{PLAN_NAME}":
            return said({"RestoreTestingPlan": {"CreationTime": self.made.timestamp(), "RestoreTestingPlanName": PLAN_NAME}})
        return self._objects(call)

    def _objects(self, call: Call) -> Reply:
        if "list-type" in call.query:
            shown = list(self.objects.items())[: int(call.query.get("max-keys", "1000"))]
            contents = "".join(f"<Contents><Key>{key}</Key><Size>{len(body)}</Size></Contents>" for key, body in shown)
            return said_in_xml(f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>")
        assert call.headers["range"] == "bytes=0-0"
        return Reply(206, self.objects[call.path.rsplit("/", 1)[1]][:1], "application/octet-stream")

    def _told(self, call: Call) -> Reply:
        if self.refusals:
            return refused(self.refusals.pop(0), "ServiceUnavailableException")
        body = call.parameters
        self.told.append((call.path.split("/")[2], body["ValidationStatus"], body["ValidationStatusMessage"]))
        return Reply(204)

    def _asked(self, call: Call) -> Reply:
        asked = call.parameters
        if call.operation == "GetSecretValue":
            value = self.secret.get(asked["VersionStage"])
            return refused(400, "ResourceNotFoundException") if value is None else said({"SecretString": json.dumps(value)})
        if call.operation == "Scan":
            return self._page(asked)
        assert (call.operation, asked["DBInstanceIdentifier"]) == ("DescribeDBInstances", RESTORED)
        host, port = self.endpoint
        place = f"<Endpoint><Address>{host}</Address><Port>{port}</Port></Endpoint>"
        result = f"<DescribeDBInstancesResult><DBInstances><DBInstance>{place}</DBInstance></DBInstances></DescribeDBInstancesResult>"
        return said_in_xml(f"<DescribeDBInstancesResponse>{result}</DescribeDBInstancesResponse>")

    def _page(self, asked: dict[str, Any]) -> Reply:
        """Four items at most: a table is read in several steps."""
        assert asked["TableName"] == RESTORED
        begun = int(asked.get("ExclusiveStartKey", {}).get("n", {}).get("N", 0))
        count = min(asked["Limit"], 4, self.items - begun)
        more = {"LastEvaluatedKey": {"n": {"N": str(begun + count)}}} if begun + count < self.items else {}
        return said({"Count": count, **more})


@contextmanager
def serving(aws: FakeAws) -> Iterator[FakeAws]:
    """*aws* on a loopback port, until the block ends."""
    with aws_endpoint(aws.reply) as aws.url:
        yield aws
