"""The page of a drill: how it is held, and how one sees afterwards whether the expected alarms went off and all was well in time."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_rds as rds

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.evidence.runbooks import runbook_html, runbook_pages
from prodready_constructs.evidence.runbooks.markdown import markdown
from prodready_constructs.monitoring import Routes, Watch, adopt
from prodready_constructs.posture import STAGING
from prodready_constructs.recovery import Drills, FailOverDatabase, StopTasks
from tests.support.aws_cli import commands_in, faults
from tests.support.synthesis import new_app, new_stack

TASK_KILL, FAIL_OVER = "drill-drills-taskkill", "drill-drills-failover"


def synthesize(folder: Path, expects: list[str]) -> Path:
    """A stack with two drills; the second expects *expects*."""
    app = new_app(outdir=str(folder))
    stack = new_stack(app, "Shop")
    vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-1", availability_zones=["us-east-1a"])
    cluster = ecs.Cluster.from_cluster_attributes(stack, "Cluster", cluster_name="shop", vpc=vpc)
    service = ecs.FargateService.from_fargate_service_attributes(
        stack, "Service", cluster=cluster, service_arn="arn:aws:ecs:us-east-1:111122223333:service/shop/orders"
    )
    database = rds.DatabaseInstance.from_database_instance_attributes(
        stack, "Database", instance_identifier="orders", instance_endpoint_address="db", port=5433, security_groups=[]
    )
    routes = Routes(stack, "Routes", posture=STAGING.monitoring, critical=(), warning=())
    drills = Drills(stack, "Drills", posture=STAGING.drills)
    Watch(stack, "Watch", routes=routes, watching=[routes, drills, adopt(database)], runbook_base_url="https://r.example.com")
    stop = ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:AnyCritical"]
    drills.add(
        "TaskKill",
        question="Do visitors notice when a task dies?",
        faults=[StopTasks(service=service)],
        stop_alarms=stop,
        expects=[],
        recovers_within=timedelta(minutes=3),
    )
    drills.add(
        "Failover",
        question="How long is the database away?",
        faults=[FailOverDatabase(instance=database)],
        stop_alarms=stop,
        expects=expects,
        recovers_within=timedelta(minutes=2),
    )
    app.synth()
    return folder


EXPECTED = ["Routes-CriticalUndelivered", "Drills-ExperimentBegan", "Database-Events"]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("drills"), EXPECTED)


@pytest.fixture(scope="module")
def pages(assembly: Path) -> dict[str, str]:
    return {page.name: markdown(page) for page in runbook_pages(assembly)}


def shell(page: str) -> list[str]:
    return "".join(re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)).splitlines()


@pytest.mark.control("DR-5", "DR-6")
def test_a_drill_has_a_page_that_says_what_is_broken_what_ends_it_and_what_is_expected(pages: dict[str, str]) -> None:
    page = pages[FAIL_OVER]
    assert "How long is the database away?" in page
    assert "reboots the database with failover to its standby" in page
    assert "arn:aws:cloudwatch:us-east-1:111122223333:alarm:AnyCritical" in page
    assert (
        "Expected: Routes-CriticalUndelivered, Drills-ExperimentBegan, Database-Events go off; all is well within 2 min (the drill's own expectation)"
        in page
    )
    assert "Expected: no alarm goes off; all is well within 3 min" in pages[TASK_KILL]


@pytest.mark.control("DR-5", "OPS-3")
@pytest.mark.parametrize("name", [TASK_KILL, FAIL_OVER])
def test_its_commands_exist_and_are_shell(pages: dict[str, str], name: str) -> None:
    lines = shell(pages[name])
    assert [fault for line in lines if "aws " in line for fault in faults(line)] == []
    assert sum(len(list(commands_in(line))) for line in lines if "aws " in line) >= 8
    subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)
    filled = "\n".join(lines)
    for used in re.findall(r"\$\{?([A-Z][A-Z0-9_]*)\}?", filled):
        assert re.search(rf"\b{used}=|read -r .*\b{used}\b", filled), f"{used} is never filled"


@pytest.mark.control("DR-5")
def test_nothing_breaks_before_it_was_shown_what_would(pages: dict[str, str]) -> None:
    lines = shell(pages[FAIL_OVER])
    (dry,) = [number for number, line in enumerate(lines) if "actionsMode=skip-all" in line]
    (wet,) = [number for number, line in enumerate(lines) if "start-experiment" in line and "skip-all" not in line]
    assert dry < wet
    assert "list-experiment-resolved-targets" in lines[dry + 1]


@pytest.mark.control("DR-5")
def test_an_alarm_is_asked_by_the_name_that_cloudwatch_knows_and_an_event_by_its_rule(pages: dict[str, str]) -> None:
    page = pages[FAIL_OVER]
    (alarm,) = [line for line in shell(page) if "describe-alarm-history --alarm-name" in line]
    variable = re.search(r'--alarm-name "\$\{([A-Z_0-9]+)\}"', alarm)
    assert variable
    assert f"{variable[1]}=$(aws cloudformation describe-stack-resource --stack-name Shop --logical-resource-id" in page
    (event,) = [line for line in shell(page) if "--metric-name MatchedEvents" in line]
    assert "Name=RuleName,Value=" in event
    (told,) = [line for line in shell(page) if "describe-events" in line and "$BEGAN" in line]
    assert "--source-type db-instance" in told
    assert "--event-categories failover failure 'low storage'" in told
    assert "describe-alarm-history --alarm-name" not in pages[TASK_KILL]
    for one in (page, pages[TASK_KILL]):
        assert "contains(HistorySummary,`to ALARM`)" in one, "what else went off"


ANSWERS = {
    "aws fis get-experiment": "2026-01-31T12:00:00+00:00 2026-01-31T12:01:00+00:00 2026-01-31T12:03:00+00:00",
    "aws cloudwatch describe-alarm-history": "2026-01-31T12:02:35+00:00",
}


@pytest.mark.control("DR-5")
@pytest.mark.parametrize(
    ("last", "said"),
    [("12:02:35", "well again after 95 s, 120 s were allowed"), ("12:04:00", "well again after 180 s, 120 s were allowed")],
)
def test_the_time_to_recover_is_counted_from_the_end_of_the_faults(pages: dict[str, str], tmp_path: Path, last: str, said: str) -> None:
    """The page's own lines, run in a shell whose ``aws`` answers as FIS and CloudWatch would."""
    aws = tmp_path / "aws"
    aws.write_text(
        f'#!/bin/sh\ncase "$*" in\n"fis get-experiment"*Observe*) echo 2026-01-31T12:00:00+00:00 2026-01-31T12:01:00+00:00 2026-01-31T12:03:00+00:00;;\n'
        f"*describe-alarm-history*) echo 2026-01-31T{last}+00:00;;\n*) echo other;;\nesac\n"
    )
    aws.chmod(0o755)
    lines = shell(pages[FAIL_OVER])
    wanted = [line for line in lines if line.startswith(("read -r BEGAN", "BACK=")) or "were allowed" in line]
    script = "\n".join(["EXPERIMENT_ID=EXP1", *wanted])
    shown = subprocess.run(
        ["bash", "-c", script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == said


@pytest.mark.control("DR-5")
def test_what_was_broken_says_itself_when_it_was_back(pages: dict[str, str]) -> None:
    assert "aws rds describe-events --source-type db-instance --source-identifier orders" in pages[FAIL_OVER]
    assert "aws ecs describe-services --cluster shop --services orders" in pages[TASK_KILL]
    assert "Measured(recovery_time=timedelta(seconds=" in pages[FAIL_OVER]


@pytest.mark.control("DR-6")
def test_it_is_in_the_html_too(assembly: Path) -> None:
    assert "How long is the database away?" in runbook_html(assembly)


@pytest.mark.control("LIB-2", "DR-5")
def test_an_expected_alarm_that_nobody_makes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^Shop/Drills/Failover: expects: got 'Routes-CriticalUndeliverd'; allowed: an alarm of this app; use 'Routes-CriticalUndelivered'$",
    ):
        runbook_pages(synthesize(tmp_path, ["Routes-CriticalUndeliverd"]))


def test_the_fault_of_every_kind_has_an_answer_in_the_drill(assembly: Path) -> None:
    found: Any = {page.name for page in runbook_pages(assembly)}
    assert {TASK_KILL, FAIL_OVER} <= found
