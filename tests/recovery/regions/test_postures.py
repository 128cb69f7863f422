"""The example of a second region as a pilot light and as a warm standby: both pass the guard, and both have the page of their takeover."""

from __future__ import annotations

import functools
import json
import re
import runpy
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from prodready_constructs.evidence.runbooks import runbook_pages
from prodready_constructs.evidence.runbooks.markdown import markdown
from tests.support.aws_cli import commands_in, faults
from tests.support.synthesis import ROOT, Template, read_templates

WARM, LIGHT = "WARM_STANDBY", "PILOT_LIGHT"
HOME, AWAY = "us-east-1", "us-west-2"
EXAMPLE = ROOT / "examples" / "second_region.py"


def synthesized(out: Path, readiness: str) -> Path:
    """The example's assembly, guarded, as ``cdk synth --context readiness=...`` makes it."""
    app = functools.partial(
        cdk.App,
        builtin_cloud_formation_validation=False,
        analytics_reporting=False,
        outdir=str(out),
        post_cli_context={"readiness": readiness},
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cdk, "App", app)
        runpy.run_path(str(EXAMPLE))
    return out


@dataclass(frozen=True)
class Made:
    readiness: str
    out: Path
    templates: dict[str, Template]

    @property
    def west(self) -> Template:
        return self.templates[f"Orders-{AWAY}"]

    @property
    def plan(self) -> dict[str, Any]:
        (plan,) = (one["standby"] for one in self.west.recorded("StandbyPlan"))
        return dict(plan)


@pytest.fixture(scope="module", params=[WARM, LIGHT])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = synthesized(tmp_path_factory.mktemp("region"), request.param)
    return Made(request.param, out, read_templates(out))


@pytest.mark.control("DR-5", "GOV-1")
def test_it_passes_the_guard(made: Made) -> None:
    report = json.loads((made.out / "guard-report.json").read_text())
    assert report["findings"] == []
    assert list(report["stacks"]) == ["Orders-copies", "Orders-images", f"Orders-{HOME}", f"Orders-{AWAY}"]


@pytest.mark.control("DR-5")
def test_how_much_runs_there(made: Made) -> None:
    (target,) = made.west.of_type("AWS::ApplicationAutoScaling::ScalableTarget").values()
    (follower,) = [one["Properties"] for one in made.west.of_type("AWS::RDS::DBInstance").values()]
    least, spare = {WARM: (2, True), LIGHT: (1, False)}[made.readiness]
    assert (target["Properties"]["MinCapacity"], follower["MultiAZ"]) == (least, spare)
    assert made.plan["readiness"] == made.readiness
    assert made.plan["recovery_time_is"] == "15 min + 30 min + 5 min + 3 min = 53 min"


@pytest.mark.control("DR-5")
def test_replicas_secrets_images_and_names_are_there(made: Made) -> None:
    east, images, copies = (made.templates[f"Orders-{name}"] for name in (HOME, "images", "copies"))
    (rule,) = images.props("AWS::ECR::ReplicationConfiguration")["ReplicationConfiguration"]["Rules"]
    assert [one["Region"] for one in rule["Destinations"]] == [AWAY]
    assert {template.props("AWS::ECR::Repository")["RepositoryName"] for template in (images, copies)} == {"orders/web"}
    (replica,) = east.props("AWS::SecretsManager::Secret")["ReplicaRegions"]
    assert replica["Region"] == AWAY
    assert {one["Region"] for one in east.props("AWS::DynamoDB::GlobalTable")["Replicas"]} == {HOME, AWAY}
    for template, role in ((east, "PRIMARY"), (made.west, "SECONDARY")):
        records = [one["Properties"] for one in template.of_type("AWS::Route53::RecordSet").values()]
        assert {one["Failover"] for one in records if "Failover" in one} == {role}
    # Both run the same image, each of its own region.
    tasks = [json.dumps(one.props("AWS::ECS::TaskDefinition")) for one in (east, made.west)]
    (digest,) = {match for task in tasks for match in re.findall(r"@?(sha256:[0-9a-f]{64})", task)}
    assert len(digest) == len("sha256:") + 64
    output = r'"StackName": "(Orders-[a-z]+)", "Region": "([a-z0-9-]+)", "OutputName": "PublishOutputRefImages'
    assert [set(re.findall(output, task)) for task in tasks] == [{("Orders-images", HOME)}, {("Orders-copies", AWAY)}]
    assert [one["path"].split("/")[1] for one in made.plan["stores"]] == ["Database", "Baskets", "Documents", "Images"]


@pytest.mark.control("DR-5", "DR-6")
def test_the_page_of_the_takeover_is_written_from_it(made: Made) -> None:
    (page,) = [page for page in runbook_pages(made.out) if (page.stack, page.name) == (f"Orders-{AWAY}", "fail-over-region")]
    text = markdown(page)
    title = {WARM: "warm standby", LIGHT: "pilot light"}[made.readiness]
    assert text.startswith(f"# Fail over from {HOME} to {AWAY} ({title})\n")
    lines = "".join(re.findall(r"^```bash\n(.*?)^```", text, re.DOTALL | re.MULTILINE)).splitlines()
    subprocess.run(["bash", "-n"], input="\n".join(lines), text=True, check=True)
    given = [" ".join(words) for line in lines if "aws " in line for words in commands_in(line)]
    order = (
        "describe-events",
        "promote-read-replica",
        "register-scalable-target",
        "update-health-check",
        "stop-replication-to-replica",
    )
    found = [next(number for number, command in enumerate(given) if one in command) for one in order]
    assert found == sorted(found), "decide, bring, grow, lead over, promote"
    assert any(command.startswith("aws ecr describe-images --repository-name orders/web --region us-west-2") for command in given)
    assert "curl --silent" in text


@pytest.mark.control("DR-6", "OPS-3")
def test_every_command_of_every_page_exists(made: Made) -> None:
    wrong = set()
    for page in runbook_pages(made.out):
        for block in re.findall(r"^```bash\n(.*?)^```", markdown(page), re.DOTALL | re.MULTILINE):
            wrong |= {f"{page.stack}/{page.name}: {fault}" for line in block.splitlines() if "aws " in line for fault in faults(line)}
    assert wrong == set()
