"""No runbook and no page names an AWS CLI command, option or waiter that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.support.aws_cli import commands_in, faults

#: Whole blocks, so that the end of one is not taken for the beginning of another.
_BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = {"", "bash", "console", "sh", "shell"}


def lines(page: Path) -> list[str]:
    blocks = [text for language, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if language in SHELL]
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if re.search(r"\baws\s", line)]


@pytest.mark.control("OPS-3", "DR-6")
@pytest.mark.parametrize("stack", sorted(path.name for path in (ROOT / "docs" / "runbooks").iterdir() if path.is_dir()))
def test_every_command_of_every_runbook_exists(stack: str) -> None:
    pages = sorted((ROOT / "docs" / "runbooks" / stack).glob("*.md"))
    wrong = {f"{page.name}: {fault}" for page in pages for line in lines(page) for fault in faults(line)}
    assert wrong == set()
    assert sum(len(list(commands_in(line))) for page in pages for line in lines(page)) >= len(pages)


def test_every_command_of_the_pages_exists() -> None:
    pages = [page for page in (ROOT / "docs").rglob("*.md") if "runbooks" not in page.parts]
    assert {f"{page.relative_to(ROOT)}: {fault}" for page in pages for line in lines(page) for fault in faults(line)} == set()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("aws rds describe-db-instances --db-instance-identifier orders --query 'DBInstances[0]'", []),
        ("aws rds describe-instances", ["aws rds describe-instances: no such command"]),
        ("aws rdz describe-db-instances", ["aws rdz describe-db-instances: no such command"]),
        ("aws rds describe-db-instances --name orders", ["aws rds describe-db-instances: no option --name"]),
        ("aws ecs describe-services --cluster c", ["aws ecs describe-services: lacks --services"]),
        ("aws ecs describe-services --cluster c --services=s --max-items 3", ["aws ecs describe-services: no option --max-items"]),
        ("aws ecs list-tasks --cluster c --max-items 3", []),
        ("aws ecs update-service --service s --no-force-new-deployment  # --not-one", []),
        ("aws ecs wait services-stable --cluster c --services s", []),
        ("aws ecs wait services-happy --cluster c", ["aws ecs wait services-happy: no such command"]),
        ("aws logs tail /a/b --since 30m --filter-pattern ?ERROR", []),
        ("aws logs tail /a/b --sinse 30m", ["aws logs tail: no option --sinse"]),
        ("aws s3 cp a b --recursive && aws s3 list b", ["aws s3 list: no such command"]),
        ("aws s3api head-object --bucket b --key <the key of the object>", []),
        ("TASK=$(aws ecs list-task --cluster c | head -1); echo aws", ["aws ecs list-task: no such command"]),
        ("aws deploy get-deployment --deployment-id $(aws deploy list-deployments --max-items 1 --query 'deployments[0]')", []),
        ("aws s3control create-job help", []),
        ("aws", ["aws: no such command"]),
        ("aws rds --region us-west-2 describe-db-instances", []),
        ("aws rds --region us-west-2 describe-instances", ["aws rds describe-instances: no such command"]),
        ("aws ecr get-login-password | cat", []),
        ("aws ecs stop-service-deployment --service-deployment-arn a --stop-type ROLLBACK", []),
        (
            "aws ecs stop-service-deployment --service-deployment-arn a --stop-type BACK",
            ["aws ecs stop-service-deployment: --stop-type: no such value: BACK"],
        ),
        ("aws ecs stop-service-deployment --service-deployment-arn a --stop-type $TYPE", []),
        ("aws ecs update-service --service s --desired-count many", ["aws ecs update-service: --desired-count: no number: many"]),
        ("aws ecs update-service --service s --desired-count <how many>", []),
        (
            "aws dynamodb update-time-to-live --table-name t --time-to-live-specification Enabled=true,Attribute=x",
            ["aws dynamodb update-time-to-live: --time-to-live-specification: no key Attribute"],
        ),
        ("aws dynamodb update-time-to-live --table-name t --time-to-live-specification Enabled=true,AttributeName=x", []),
        (
            'aws route53 change-resource-record-sets --hosted-zone-id z --change-batch \'{"Changes":[{"Action":"PUT"}]}\'',
            [
                "aws route53 change-resource-record-sets: --change-batch: no such value: PUT",
                "aws route53 change-resource-record-sets: --change-batch: lacks key ResourceRecordSet",
            ],
        ),
        (
            "aws cloudtrail lookup-events --lookup-attributes AttributeKey=Name,AttributeValue=$NAME",
            ["aws cloudtrail lookup-events: --lookup-attributes: no such value: Name"],
        ),
        (
            "aws sqs get-queue-attributes --queue-url u --attribute-names All Depth",
            ["aws sqs get-queue-attributes: --attribute-names: no such value: Depth"],
        ),
        ("aws rds describe-db-instances --query 'open", ["No closing quotation: aws rds describe-db-instances --query 'open"]),
    ],
)
def test_the_judge_knows_the_cli(line: str, expected: list[str]) -> None:
    assert faults(line) == expected
