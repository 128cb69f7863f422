"""Each example as its reader runs it, a process of its own, and once in this process, where its verdict can be read."""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs import GuardError
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST
from prodready_constructs.evidence.objectives import objectives_in, table
from prodready_constructs.evidence.runbooks import runbook_pages
from tests.edge.dns.little_route53 import Checks, answer
from tests.support.synthesis import ROOT, read_templates, recommended_flags
from tools.examples import PAGES, refreshed, shown

EXAMPLES = ROOT / "examples"
#: Lines of user code that the reference workload may take; one hardened by hand took 287.
MOST_LINES = 40
PASSING = {
    "device_ingest": ["Boilers"],
    "first_app": ["Shop"],
    "graphql_api": ["Parcels"],
    "one_stack": ["Shop"],
    "operations": ["ShopOps"],
    "own_vpc": ["Ledger"],
    "second_region": ["Orders-copies", "Orders-images", "Orders-us-east-1", "Orders-us-west-2"],
    "stores": ["Bookings"],
    "two_regions": ["Orders-us-east-1", "Orders-us-west-2"],
}
#: Without a domain, and so with a warning.
TRIALS = {"graphql_api"}
#: CloudFormation's own validation costs 10 s of CPU a process: the largest example and the refused one have it.
VALIDATED = {"one_stack", "plain_l2"}


def run_alone(name: str, out: Path) -> subprocess.CompletedProcess[str]:
    """As the CDK CLI runs it: the assembly where it asks for it, with every recommended flag."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(recommended_flags())}
    if name not in VALIDATED:
        environment["CDK_VALIDATION"] = "false"
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    return subprocess.run(command, cwd=out.parent, capture_output=True, text=True, check=False, env=environment)


def run_here(name: str, monkeypatch: pytest.MonkeyPatch, out: Path) -> dict[str, Any]:
    """Without any feature flag, and without CloudFormation's validation."""
    quick = functools.partial(cdk.App, builtin_cloud_formation_validation=False, analytics_reporting=False, outdir=str(out))
    monkeypatch.setattr(cdk, "App", quick)
    return runpy.run_path(str(EXAMPLES / f"{name}.py"))


@dataclass(frozen=True, slots=True)
class Ran:
    """An example that ran in this process: its assembly, its names, and what it said."""

    out: Path
    made: dict[str, Any]
    said: str


Run = Callable[[str], Ran]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run an example here, each once."""

    @functools.cache
    def run(name: str) -> Ran:
        out, said = tmp_path_factory.mktemp(name), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stderr(said):
            made = run_here(name, patch, out)
        return Ran(out, made, said.getvalue())

    return run


def report_of(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "guard-report.json").read_text()))


def user_lines(text: str) -> list[str]:
    """What its author wrote: every line but blank ones and imports."""
    imports = {
        line
        for node in ast.parse(text).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return [line for number, line in enumerate(text.splitlines(), 1) if line.strip() and number not in imports]


def test_every_example_is_run_by_these_tests() -> None:
    assert {file.stem for file in EXAMPLES.glob("*.py")} == {*PASSING, "plain_l2", "__init__"}


@pytest.mark.control("GOV-1", "LIB-5")
@pytest.mark.parametrize("name", PASSING)
def test_it_passes_as_a_process(name: str, tmp_path: Path) -> None:
    ended = run_alone(name, tmp_path / "cdk.out")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert "guard: no findings" in ended.stderr
    warnings = [line for line in ended.stderr.splitlines() if "warning" in line.lower()]
    assert all("production wants domain=" in line for line in warnings)
    assert bool(warnings) == (name in TRIALS)
    manifest = json.loads((tmp_path / "cdk.out" / "manifest.json").read_text())
    assert "missing" not in manifest, "a synth that asks AWS for something"


@pytest.mark.control("LIB-6")
@pytest.mark.parametrize(("name", "stacks"), PASSING.items())
def test_it_passes_all_six_packs_without_any_flag(name: str, stacks: list[str], run: Run) -> None:
    ran = run(name)
    assert "guard: no findings" in ran.said
    report = report_of(ran.out)
    assert list(report["stacks"]) == stacks
    assert {len(report["stacks"][stack]["packs"]) for stack in stacks} == {6}
    assert report["findings"] == []
    # What the user had to waive: the one thing that only the user knows.
    own = [waiver["rule"] for waiver in report["waivers"] if waiver["owner"] != "platform"]
    assert len(own) == (1 if name == "one_stack" else 0)
    assert all("AwsSolutions-IAM5[Resource::<UploadsBucket" in rule for rule in own)


@pytest.mark.control("LIB-6")
def test_the_reference_workload_is_brief_and_whole() -> None:
    text = (EXAMPLES / "one_stack.py").read_text()
    lines = user_lines(text)
    assert len(lines) <= MOST_LINES, f"{len(lines)} lines"
    assert lines[-1] == "guard(app)"
    assert max(map(len, lines)) <= 140
    whole = (
        "PrivateNetwork",
        "ProtectedLoadBalancer",
        "WebService",
        "MultiAzDatabase",
        "SecureBucket",
        "Website",
        "ProtectedRestApi",
        "BackupPlan",
        "Watch",
        "Dashboard",
    )
    made = {node.func.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert set(whole) <= made


@pytest.mark.control("WEB-9")
def test_two_regions_are_brief_and_answer_for_each_other(run: Run) -> None:
    text = (EXAMPLES / "two_regions.py").read_text()
    assert len(text.splitlines()) <= 61
    ran = run("two_regions")
    templates = read_templates(ran.out)
    east = templates["Orders-us-east-1"]
    first, second = (next(key for key in east.of_type("AWS::Route53::HealthCheck") if key.startswith(name)) for name in ("First", "Second"))
    assert [Checks(templates).config(check)["ResourcePath"] for check in (first, second)] == ["/health"] * 2
    for kind in ("A", "AAAA"):
        assert answer(Checks(templates), "orders.example.com", kind) == "primary"
        assert answer(Checks(templates, {first: False}), "orders.example.com", kind) == "secondary"
        for home in ("use1.orders.example.com", "usw2.orders.example.com"):
            # Whatever the state, what is checked is what the name says.
            assert "LoadBalancer" in str(answer(Checks(templates, {first: False}), home, kind))
    alarms = [alarm["Properties"] for alarm in east.of_type("AWS::CloudWatch::Alarm").values()]
    heard = [alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm.get("MetricName") == "HealthCheckStatus"]
    assert heard == [{"Fn::GetAtt": [check, "HealthCheckId"]} for check in (first, second)]


@pytest.mark.control("DR-5")
def test_the_second_region_is_brief_and_adds_up(run: Run) -> None:
    assert len(user_lines((EXAMPLES / "second_region.py").read_text())) < 100
    ran = run("second_region")
    templates = read_templates(ran.out)
    west = templates["Orders-us-west-2"]
    (plan,) = (one["standby"] for one in west.recorded("StandbyPlan"))
    assert plan["recovery_time_is"] == "15 min + 30 min + 5 min + 3 min = 53 min"
    assert plan["recovery_point"] == 15 * 60
    assert [one["path"].split("/")[1] for one in plan["stores"]] == ["Database", "Baskets", "Documents", "Images"]
    # What is copied to is deployed first: it names nothing of the others.
    assert "Fn::GetStackOutput" not in json.dumps(templates["Orders-copies"].body)
    east = json.dumps(templates["Orders-us-east-1"].body)
    assert '"StackName": "Orders-copies"' in east
    assert '"StackName": "Orders-us-west-2"' not in east


@pytest.mark.control("OPS-2", "OPS-3", "DR-4", "DR-5")
def test_a_strangers_app_is_operated_by_one_file(run: Run) -> None:
    text = (EXAMPLES / "operations.py").read_text()
    assert len(text.splitlines()) <= 110
    ran = run("operations")
    template = read_templates(ran.out)["ShopOps"]
    # Nothing of the app itself is in the stack.
    types = {resource["Type"] for resource in template.resources.values()}
    assert types.isdisjoint({"AWS::RDS::DBInstance", "AWS::ECS::Service", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::EC2::VPC"})
    pages = {page.name for page in runbook_pages(ran.out)}
    alarms = {page["name"] for page in template.recorded("Watch")[0]["alarms"]}
    wakes = {
        "Front-ServerErrors",
        "Orders-NoRunningTasks",
        "Database-DiskNearlyFull",
        "Site-ServerErrors",
        "Mails-OldestMessage",
        "Promise-FastBurn",
    }
    assert wakes | {"Business-NoOrders", "Walk-CanaryFailing", "Backups-NoBackupForADay", "Teams-AlertsLost"} <= alarms <= pages
    assert {
        "drill-drills-taskkill",
        "secret-compromised-address",
        "restore-rds-instance-database",
        "automation-procedures-restartorders",
    } <= pages
    assert 0 < ran.made["watch"].bill.usd_per_month <= 20
    protocols = {one["Properties"]["Protocol"] for one in template.of_type("AWS::SNS::Subscription").values()}
    assert protocols == {"email", "https", "lambda"}
    assert "AWS::Chatbot::SlackChannelConfiguration" in types
    assert "measured, until 2027-06-08: restore test 4f1c, 2026-06-08" in table(objectives_in(ran.out))
    (stop,) = template.of_type("AWS::FIS::ExperimentTemplate").values()
    assert [one["Source"] for one in stop["Properties"]["StopConditions"]] == ["aws:cloudwatch:alarm"]


def test_own_vpc_makes_no_network(run: Run) -> None:
    ran = run("own_vpc")
    template = json.loads((ran.out / "Ledger.template.json").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert "AWS::RDS::DBInstance" in types
    assert types.isdisjoint({"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::NatGateway"})
    (group,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::RDS::DBSubnetGroup"]
    assert group["Properties"]["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


@pytest.mark.control("GOV-1", "GOV-3")
def test_plain_constructs_are_refused_with_all_that_helps(tmp_path: Path) -> None:
    ended = run_alone("plain_l2", tmp_path / "cdk.out")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    finding = next(
        block for block in ended.stderr.split("\n\n") if block.strip().startswith("Legacy/Documents/Resource\n  rule    AwsSolutions-S10")
    )
    path, *lines = finding.strip().splitlines()
    assert path == "Legacy/Documents/Resource"
    assert [line.split()[0] for line in lines] == ["rule", "reason", "fix", "accept"]
    assert all(len(line.split(maxsplit=1)[1]) > 10 for line in lines)
    accept = lines[-1].split(maxsplit=1)[1]
    assert accept == (
        'waive(<Legacy/Documents/Resource>, rule="AwsSolutions-S10", because="<why it is acceptable here>", owner="<who answers for it>")'
    )
    assert not (tmp_path / "cdk.out" / "manifest.json").exists()
    assert (tmp_path / "cdk.out" / REFUSED_MANIFEST).is_file()


@pytest.mark.control("GOV-3")
def test_plain_constructs_are_judged_by_packs_and_our_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GuardError) as refused:
        run_here("plain_l2", monkeypatch, tmp_path)
    found = {(finding.rule.split("[")[0], finding.path) for finding in refused.value.findings}
    assert {
        ("AwsSolutions-S1", "Legacy/Documents/Resource"),
        ("AwsSolutions-RDS3", "Legacy/Database/Resource"),
        ("HIPAA.Security-RDSStorageEncrypted", "Legacy/Database/Resource"),
        ("PCI.DSS.321-VPCFlowLogsEnabled", "Legacy/Vpc/Resource"),
        ("Prodready-StoreWithoutBackup", "Legacy/Database/Resource"),
        ("Prodready-WatchableWithoutAlarms", "Legacy/Database/Resource"),
        ("Prodready-SecretWithoutRotation", "Legacy/Database/Secret/Resource"),
        ("Prodready-MissingTags", "Legacy"),
    } <= found
    # Only what the app's author wrote or left out: the CDK itself acknowledges a rule on every stack whose zones are read.
    assert {rule for rule, _ in found if rule == "Prodready-Waiver"} == set()


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_show_the_files(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text == refreshed(text), "run: python -m tools.examples"


def test_the_files_that_are_shown() -> None:
    files = [shown((ROOT / page).read_text(encoding="utf-8")) for page in PAGES]
    assert files == [
        [f"examples/{name}.py"]
        for name in (
            "one_stack",
            "first_app",
            "own_vpc",
            "two_regions",
            "graphql_api",
            "stores",
            "device_ingest",
            "second_region",
            "operations",
        )
    ]
