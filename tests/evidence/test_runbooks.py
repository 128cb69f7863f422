"""Runbook pages from the assembly alone: complete, pasteable, stable, all or nothing."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from prodready_constructs.contracts import RecoveryFact, record
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.runbooks import MARK, write_runbooks
from prodready_constructs.evidence.shell import Shell
from prodready_constructs.monitoring import Dashboard, Routes, Watch
from prodready_constructs.posture import PRODUCTION, STAGING
from prodready_constructs.recovery import BackupPlan
from tests.monitoring.watched import CPU, ERRORS, STOPPED, Watched
from tests.recovery.stores import BACKUP, ONE_REGION, STANDBY, Store
from tests.support.synthesis import new_app, new_stack


def _with(spec: Any, *commands: str, **changes: Any) -> Any:
    return replace(spec, runbook=replace(spec.runbook, first_commands=commands, **changes))


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("assembly")
    app = new_app(outdir=str(directory))
    data, web, anywhere = new_stack(app, "Data"), new_stack(app, "Web"), cdk.Stack(app, "Anywhere")
    routes = Routes(web, "Routes", posture=PRODUCTION.monitoring, critical=("oncall@example.com",), warning=())
    far, near = sqs.Queue(data, "Jobs"), sns.Topic(web, "News")
    orders = Watched(
        data,
        "Orders",
        _with(
            CPU,
            f"aws sqs get-queue-attributes --queue-url {far.queue_url}",
            f"aws sqs list-queues --query '{far.queue_name}|x' --region {cdk.Aws.REGION}",
            f"echo {far.queue_arn} {cdk.Aws.ACCOUNT_ID} {cdk.Aws.PARTITION} {cdk.Aws.URL_SUFFIX} {cdk.Aws.STACK_NAME}",
        ),
        _with(ERRORS, f"aws sns list-subscriptions-by-topic --topic-arn {near.topic_arn}", meaning=f"Topic {near.topic_name} | fails."),
        STOPPED,
    )
    watch = Watch(web, "Watch", routes=routes, watching=[orders, routes], runbook_base_url="https://runbooks.example.com")
    Dashboard(web, "Dashboard", posture=PRODUCTION.monitoring, title="Shop", watching=[orders], watches=[watch])
    store = Store(data, "Store", STANDBY, replace(BACKUP, restore_commands=(f"aws sqs purge-queue --queue-url {far.queue_url}",)))
    BackupPlan(data, "Backups", posture=ONE_REGION, protecting=[store])

    loose = Routes(anywhere, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    queue = sqs.Queue(anywhere, "Queue")
    commands = (
        f"echo {queue.queue_name} {cdk.Aws.REGION} {cdk.Aws.ACCOUNT_ID}",
        f"echo {cdk.Fn.select(1, cdk.Fn.split('/', queue.queue_url))}",
    )
    here = Watch(
        anywhere, "Watch", routes=loose, watching=[Watched(anywhere, "A", _with(CPU, *commands))], runbook_base_url="https://r.example.com"
    )
    Dashboard(anywhere, "Dashboard", posture=STAGING.monitoring, title="Trial", watching=[Watched(anywhere, "B")], watches=[here])
    app.synth()
    return directory


@pytest.fixture(scope="module")
def pages(assembly: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("docs") / "runbooks"
    written = write_runbooks(assembly, out)
    return {str(path.relative_to(out)): path.read_text() for path in written}


def commands(page: str) -> list[str]:
    return page.split("```bash\n")[1].split("\n```", maxsplit=1)[0].splitlines()


@pytest.mark.control("OPS-3")
def test_every_alarm_and_every_way_back_has_a_page(pages: dict[str, str]) -> None:
    assert sorted(pages) == [
        "Anywhere/A-CpuHigh.md",
        "Anywhere/key-compromised.md",
        "Anywhere/roll-back-stack.md",
        "Data/key-compromised.md",
        "Data/restore-postgresql-orders-loss-of-a-zone.md",
        "Data/restore-postgresql-orders.md",
        "Data/roll-back-stack.md",
        "Web/Data-Orders-CpuHigh.md",
        "Web/Data-Orders-ErrorRate.md",
        "Web/Data-Orders-TaskStopped.md",
        "Web/Routes-AlertsInDeadLetters.md",
        "Web/Routes-CriticalUndelivered.md",
        "Web/Routes-WarningUndelivered.md",
        "Web/cost-spike.md",
        "Web/key-compromised.md",
        "Web/roll-back-stack.md",
        "index.md",
    ]


@pytest.mark.control("OPS-3")
def test_a_page_says_all_that_the_person_needs(pages: dict[str, str]) -> None:
    page = pages["Web/Data-Orders-CpuHigh.md"]
    for text in (
        "# Data-Orders-CpuHigh",
        "**Warning** alarm of `Data/Orders`.",
        "Users see errors.",
        "CPUUtilization (Average) > 80 in 5 of 5 periods of 1 minute; no data: missing.",
        "Source of the threshold: Ledger OPS-2",
        "1. a bad release",
        "Call the owner.",
        "[Web-Shop](https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/Web-Shop)",
    ):
        assert text in page


@pytest.mark.control("OPS-3")
def test_names_of_another_stack_are_looked_up_in_that_stack(pages: dict[str, str]) -> None:
    lines = commands(pages["Web/Data-Orders-CpuHigh.md"])
    assert lines[0] == "export AWS_REGION=us-east-1"
    assert lines[1].startswith("JOBS=$(aws cloudformation describe-stack-resource --stack-name Data --logical-resource-id Jobs")
    assert lines[1].endswith("--query StackResourceDetail.PhysicalResourceId --output text)")
    assert "aws sqs get-queue-attributes --queue-url ${JOBS}" in lines
    assert 'JOBS_ARN=$(aws cloudcontrol get-resource --type-name AWS::SQS::Queue --identifier "${JOBS}"' in "\n".join(lines)
    assert "echo ${JOBS_ARN} 111122223333 aws amazonaws.com Data" in lines


@pytest.mark.control("OPS-3")
def test_a_variable_between_single_quotes_still_expands(pages: dict[str, str]) -> None:
    lines = commands(pages["Web/Data-Orders-CpuHigh.md"])
    (command,) = [line for line in lines if line.startswith("aws sqs list-queues")]
    assert command == "aws sqs list-queues --query ''\"${JOBS_QUEUE_NAME}\"'|x' --region us-east-1"
    shown = subprocess.run(
        ["bash", "-c", f'JOBS_QUEUE_NAME=jobs; aws() {{ echo "$4"; }}; {command}'], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "jobs|x\n"


@pytest.mark.control("OPS-3")
def test_every_page_is_valid_shell(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        if name != "index.md":
            subprocess.run(["bash", "-n"], input="\n".join(commands(page)), text=True, check=True)
            for used in re.findall(r"\$\{([A-Z][A-Z0-9_]*)\}", page):
                assert used == "AWS_REGION" or f"\n{used}=" in page, f"{name}: {used} is never filled"


@pytest.mark.control("OPS-3")
def test_the_state_of_the_alarm_is_one_command_away(pages: dict[str, str]) -> None:
    lines = commands(pages["Web/Data-Orders-ErrorRate.md"])
    assert any(line.startswith("aws cloudwatch describe-alarm-history") for line in lines)
    (fill,) = [line for line in lines if "OrdersErrorRate" in line]
    assert "--stack-name Web" in fill
    assert "describe-alarm-history" not in pages["Web/Data-Orders-TaskStopped.md"], "an event has no state"


@pytest.mark.control("LIB-6")
def test_an_environment_agnostic_stack_asks_for_region_and_account(pages: dict[str, str]) -> None:
    page = pages["Anywhere/A-CpuHigh.md"]
    lines = commands(page)
    assert lines[0] == "export AWS_REGION=${AWS_REGION:?set it to the region of the stack}"
    assert "ACCOUNT=$(aws sts get-caller-identity --query Account --output text)" in lines
    assert "echo ${QUEUE_QUEUE_NAME} ${AWS_REGION} ${ACCOUNT}" in lines
    assert "QUEUE_PART_2=$(echo \"${QUEUE}\" | awk -F '/' '{print $2}')" in lines
    assert "Dashboard: `Anywhere-Trial`, in the CloudWatch console of the stack's region." in page


@pytest.mark.control("DR-6")
def test_a_restore_page_says_what_is_lost_how_long_it_takes_and_how(pages: dict[str, str]) -> None:
    page = pages["Data/restore-postgresql-orders.md"]
    for text in (
        "# Restore PostgreSQL orders",
        "`Data/Store`: point-in-time restore.",
        "Data lost at most: 0:05:00",
        "Time to be back: 4:00:00 (an assumption)",
    ):
        assert text in page
    assert commands(page)[-1] == "aws sqs purge-queue --queue-url ${JOBS}"
    assert "Data lost at most: none" in pages["Data/restore-postgresql-orders-loss-of-a-zone.md"]


@pytest.mark.control("OPS-3")
def test_the_index_lists_critical_first(pages: dict[str, str]) -> None:
    index = pages["index.md"]
    assert index.startswith(MARK)
    assert index.index("Web/Data-Orders-ErrorRate.md") < index.index("Web/Data-Orders-CpuHigh.md")
    assert (
        "| [restore-postgresql-orders](Data/restore-postgresql-orders.md) | restore | PostgreSQL orders: point-in-time restore |" in index
    )
    rows = [line for line in index.splitlines() if line.startswith("| [")]
    assert all(row.count("|") == 4 for row in rows)


def test_the_same_assembly_gives_the_same_pages_and_stale_ones_go(assembly: Path, pages: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "deep" / "runbooks"
    write_runbooks(assembly, out)
    (out / "Web" / "Gone-Alarm.md").write_text("stale")
    again = {str(path.relative_to(out)): path.read_text() for path in write_runbooks(assembly, out)}
    assert again == pages
    assert not (out / "Web" / "Gone-Alarm.md").exists()
    assert [path.name for path in out.parent.iterdir()] == ["runbooks"], "nothing is left beside"


def test_other_peoples_files_are_never_replaced(assembly: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(
        ConfigurationError, match=r"got 'a directory with other files'; allowed: a directory of generated runbooks, or none; choose"
    ):
        write_runbooks(assembly, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_a_failure_leaves_the_old_pages(assembly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "runbooks"
    write_runbooks(assembly, out)
    before = (out / "index.md").read_text()
    real = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == "fresh":
            raise OSError("disk full")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="disk full"):
        write_runbooks(assembly, out)
    assert (out / "index.md").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["runbooks"]


@pytest.mark.control("LIB-2")
def test_refuses_what_is_no_assembly_or_has_no_alarm(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"got 'no manifest.json'; allowed: a cloud assembly; synthesize first"):
        write_runbooks(tmp_path, tmp_path / "out")
    app = new_app(outdir=str(tmp_path / "empty"))
    new_stack(app)
    app.synth()
    with pytest.raises(
        ConfigurationError, match=r"got 'no alarm'; allowed: an assembly with a monitoring.Watch; watch something, synthesize"
    ):
        write_runbooks(tmp_path / "empty", tmp_path / "out")


def test_stores_of_one_name_get_pages_of_their_own(tmp_path: Path) -> None:
    app = new_app(outdir=str(tmp_path / "cdk.out"))
    stack = new_stack(app)
    for name in ("First", "Second"):
        fact: RecoveryFact = BACKUP
        record(
            Construct(stack, name),
            controls=(),
            tier="data",
            recovery=[{"store": fact.store, "how": fact.how, "recovery_point": 1.0, "recovery_time": 2.0, "restore_commands": ["true"]}],
        )
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    Watch(stack, "Watch", routes=routes, watching=[routes], runbook_base_url="https://r.example.com")
    app.synth()
    names = [path.name for path in write_runbooks(tmp_path / "cdk.out", tmp_path / "out")]
    assert {"restore-postgresql-orders-stack-first.md", "restore-postgresql-orders-stack-second.md"} < set(names)


@pytest.mark.control("OPS-3")
@pytest.mark.parametrize(
    ("value", "text", "fill"),
    [
        ({"Fn::Sub": "x ${AWS::Region} ${!Raw} ${Jobs12345678.Arn}"}, "x us-east-1 ${Raw} ${JOBS_ARN}", "JOBS="),
        ({"Fn::Sub": ["${Name}!", {"Name": {"Ref": "AWS::AccountId"}}]}, "111122223333!", None),
        ({"Fn::Join": ["-", ["a", "b", {"Ref": "AWS::StackName"}]]}, "a-b-Data", None),
        (
            {"Fn::GetStackOutput": {"StackName": "Net", "OutputName": "VpcId", "Region": "us-west-2"}},
            "${VPC_ID}",
            "VPC_ID=$(aws cloudformation describe-stacks --region us-west-2 --stack-name Net --query",
        ),
        ({"Fn::ImportValue": "shared-vpc"}, "${SHARED_VPC}", "SHARED_VPC=$(aws cloudformation list-exports --query"),
        ({"Ref": "AWS::StackId"}, "${STACK_ID}", "STACK_ID=$(aws cloudformation describe-stacks --stack-name Data"),
        ({"Fn::FindInMap": ["a", "b", "c"]}, "${LOOK_UP}", "LOOK_UP='...'  # Fn::FindInMap: look it up in the console"),
        (5, "5", None),
    ],
)
def test_intrinsic_functions_become_literals_or_variables(assembly: Path, value: Any, text: str, fill: str | None) -> None:
    found = read_assembly(assembly)
    (data,) = [stack for stack in found.stacks if stack.name == "Data"]
    shell = Shell(found, data, data)
    assert shell.text(value) == text
    assert shell.preamble[0] == "export AWS_REGION=us-east-1"
    if fill is None:
        assert len(shell.preamble) == 1
    else:
        assert shell.preamble[1].startswith(fill)


def test_pages_come_from_files_alone(assembly: Path) -> None:
    names = {json.loads(path.read_text())["version"] for path in assembly.glob("manifest.json")}
    assert names, "the assembly on disk is all that write_runbooks was given"
