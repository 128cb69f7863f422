"""AWS Backup, RDS, Secrets Manager, DynamoDB and S3 on a loopback port, as far as the look into restored stores needs them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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


@contextmanager
def serving(aws: FakeAws) -> Iterator[FakeAws]:
    """*aws* on a loopback port, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = unquote(urlsplit(self.path).path), parse_qs(urlsplit(self.path).query)
            if path.startswith("/restore-jobs/") and path != "/restore-jobs/":
                self.json(aws.jobs[path.rsplit("/", 1)[1]])
            elif path == "/restore-jobs/":
                assert query["restoreTestingPlanArn"] == [PLAN_ARN]
                self.json({"RestoreJobs": list(aws.jobs.values())})
            elif path == f"/restore-testing/plans/{PLAN_NAME}":
                self.json({"RestoreTestingPlan": {"CreationTime": aws.made.timestamp(), "RestoreTestingPlanName": PLAN_NAME}})
            elif "list-type" in query:
                shown = list(aws.objects.items())[: int(query.get("max-keys", ["1000"])[0])]
                contents = "".join(f"<Contents><Key>{key}</Key><Size>{len(body)}</Size></Contents>" for key, body in shown)
                self.reply(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>".encode(), "text/xml")
            else:
                assert self.headers["Range"] == "bytes=0-0"
                self.reply(206, aws.objects[path.rsplit("/", 1)[1]][:1], "application/octet-stream")

        def do_PUT(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if aws.refusals:
                self.reply(aws.refusals.pop(0), b'{"Message": "no"}', "application/json")
                return
            aws.told.append((self.path.split("/")[2], body["ValidationStatus"], body["ValidationStatusMessage"]))
            self.reply(204, b"", "application/json")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            target = self.headers.get("X-Amz-Target", "")
            if target.startswith("secretsmanager"):
                value = aws.secret.get(json.loads(body)["VersionStage"])
                if value is None:
                    self.reply(400, b'{"__type": "ResourceNotFoundException"}', "application/x-amz-json-1.1")
                else:
                    self.json({"SecretString": json.dumps(value)}, "application/x-amz-json-1.1")
            elif target.startswith("DynamoDB"):
                self.scan(json.loads(body))
            else:
                assert parse_qs(body)["DBInstanceIdentifier"] == [RESTORED]
                host, port = aws.endpoint
                place = f"<Endpoint><Address>{host}</Address><Port>{port}</Port></Endpoint>"
                answer = f"<DBInstances><DBInstance>{place}</DBInstance></DBInstances>"
                result = f"<DescribeDBInstancesResult>{answer}</DescribeDBInstancesResult>"
                self.reply(200, f"<DescribeDBInstancesResponse>{result}</DescribeDBInstancesResponse>".encode(), "text/xml")

        def scan(self, request: dict[str, Any]) -> None:
            assert request["TableName"] == RESTORED
            # Pages of four items: a table is read in several steps.
            begun = int(request.get("ExclusiveStartKey", {}).get("n", {}).get("N", 0))
            count = min(request["Limit"], 4, aws.items - begun)
            more = {"LastEvaluatedKey": {"n": {"N": str(begun + count)}}} if begun + count < aws.items else {}
            self.json({"Count": count, **more}, "application/x-amz-json-1.0")

        def json(self, answer: Any, kind: str = "application/json") -> None:
            self.reply(200, json.dumps(answer).encode(), kind)

        def reply(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    aws.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield aws
    finally:
        server.shutdown()
        server.server_close()
