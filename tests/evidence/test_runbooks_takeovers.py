"""The page of a region that takes over: from the plan that added it up, by hand or by ARC."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aws_cdk as cdk
import pytest

from prodready_constructs.evidence.runbooks import runbook_html, runbook_pages
from prodready_constructs.evidence.runbooks.answers import answers
from prodready_constructs.evidence.runbooks.markdown import markdown
from prodready_constructs.monitoring import Routes, Watch
from prodready_constructs.posture import PRODUCTION
from prodready_constructs.recovery import Approve, Counterpart, PromoteReplica, RegionSwitch, StandbyPlan, SwitchedName
from tests.recovery.regions.test_regions import PROMOTED, Elsewhere
from tests.recovery.stores import STANDBY, Store
from tests.support.aws_cli import commands_in, faults
from tests.support.synthesis import ACCOUNT, REGION, SECOND_REGION, new_app, new_stack


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("takeover")
    app = new_app(outdir=str(folder))
    east, west = new_stack(app, "East"), new_stack(app, "West", region=SECOND_REGION)
    check = cdk.CfnResource(east, "Check", type="AWS::Route53::HealthCheck")
    cdk.CfnResource(east, "Name", type="AWS::Route53::RecordSet", properties={"Failover": "PRIMARY", "HealthCheckId": check.ref})
    # What the plan does not know of is not promoted by its page.
    cdk.CfnResource(
        west, "Copy", type="AWS::RDS::DBInstance", properties={"DBInstanceIdentifier": "copy", "SourceDBInstanceIdentifier": "arn"}
    )
    routes = Routes(west, "Routes", posture=PRODUCTION.monitoring, critical=["a@example.com"], warning=())
    Watch(west, "Watch", routes=routes, watching=[routes], runbook_base_url="https://r.example.com")
    database = Store(east, "Orders")
    follows = Counterpart.following(database, Store(west, "Follower", STANDBY, replace(PROMOTED, recovery_point=timedelta(0))))
    StandbyPlan(
        west,
        "Standby",
        posture=PRODUCTION.pilot_light().regions,
        home=REGION,
        stores=[database],
        counterparts=[follows],
        name=SwitchedName(name="shop.example.com", health_check_id="abc"),
        secrets=[Elsewhere(west, "Payment")],
    )
    RegionSwitch(
        west,
        "Switch",
        name="shop",
        posture=PRODUCTION.regions,
        home=REGION,
        standby=SECOND_REGION,
        steps={
            "Decide": Approve(role_arn=f"arn:aws:iam::{ACCOUNT}:role/OnCall", within=timedelta(minutes=30)),
            "Replica": PromoteReplica(instances={region: f"arn:aws:rds:{region}:{ACCOUNT}:db:stock" for region in (REGION, SECOND_REGION)}),
        },
    )
    app.synth()
    return folder


@pytest.fixture(scope="module")
def pages(assembly: Path) -> dict[tuple[str, str], str]:
    return {(page.stack, page.name): markdown(page) for page in runbook_pages(assembly)}


TAKEOVER, SWITCH = ("West", "fail-over-region"), ("West", "switch-region-switch")


def shell(page: str) -> list[str]:
    return "".join(re.findall(r"^```bash\n(.*?)^```", page, re.DOTALL | re.MULTILINE)).splitlines()


@pytest.mark.control("DR-5", "DR-6")
def test_the_page_is_the_plan_s(pages: dict[tuple[str, str], str]) -> None:
    page = pages[TAKEOVER]
    assert page.startswith(f"# Fail over from {REGION} to {SECOND_REGION} (pilot light)\n")
    assert "Users are served after 15 min + 30 min + 3 min = 48 min; nothing is lost." in page
    steps = re.findall(r"^(\d+)\. (.*)$", page, re.MULTILINE)
    assert [text.split(" ")[0] for _, text in steps] == ["Note", "Decide:", "Bring", "Lead", "Promote"]
    assert "(15 min, the posture's decision time.)" in steps[1][1]
    assert "aws rds promote-read-replica --db-instance-identifier orders" in page
    assert "--db-instance-identifier copy" not in page
    assert "'https://shop.example.com/health'" in page
    assert page.index("dig +short shop.example.com") < page.index("stop-replication-to-replica")


@pytest.mark.control("DR-5", "DR-6")
def test_what_is_left_in_the_first_region_points_there(pages: dict[tuple[str, str], str]) -> None:
    page = pages["East", "fail-over-region"]
    assert "The whole takeover is on the page fail-over-region of West; here is what this stack has." in page
    assert "--inverted" in page


@pytest.mark.control("DR-5")
def test_arc_is_asked_started_approved_and_followed(pages: dict[tuple[str, str], str]) -> None:
    verbs = re.findall(r"aws arc-region-switch ([a-z-]+)", "\n".join(shell(pages[SWITCH])))
    assert verbs == [
        "get-plan-evaluation-status",
        "start-plan-execution",
        "approve-plan-execution-step",
        "get-plan-execution",
        "list-plan-executions",
    ]
    assert "ARC does, in this order: Decide, Replica." in pages[SWITCH]


@pytest.mark.control("DR-6", "OPS-3")
@pytest.mark.parametrize("which", [TAKEOVER, SWITCH, ("East", "fail-over-region")])
def test_every_part_and_every_command(pages: dict[tuple[str, str], str], which: tuple[str, str]) -> None:
    page = pages[which]
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == ["When", "Names", "Steps", "How to see that it worked", "Escalation"]
    lines = shell(page)
    assert [fault for line in lines if "aws " in line for fault in faults(line)] == []
    assert sum(len(list(commands_in(line))) for line in lines if "aws " in line) >= 2
    subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)


@pytest.mark.control("DR-6")
def test_it_is_in_the_html_too(assembly: Path) -> None:
    assert f"Fail over from {REGION} to {SECOND_REGION}" in runbook_html(assembly)


@pytest.mark.control("DR-6", "OPS-3")
def test_a_region_before_the_verb_hides_no_answer() -> None:
    (said,) = answers(["aws rds --region us-west-2 promote-read-replica --db-instance-identifier copy"])
    assert said.startswith('`aws rds promote-read-replica`: "DBInstanceStatus": "modifying"')
    (waits,) = answers(["aws rds --region us-west-2 wait db-instance-available --db-instance-identifier copy"])
    assert waits.startswith("`aws rds wait db-instance-available`: nothing: it returns")
