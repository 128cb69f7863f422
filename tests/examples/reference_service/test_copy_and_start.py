"""The folder as somebody copies it: the image's recipe as far as it can be read, and the stack that runs it."""

from __future__ import annotations

import ast
import functools
import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from tests.examples.reference_service.running import FOLDER
from tests.examples.test_examples import user_lines
from tests.support.synthesis import ROOT, Template, read_templates, recommended_flags

#: Lines of user code from nothing to a service in production.
MOST_LINES = 30


@pytest.fixture(scope="module")
def recipe() -> list[tuple[str, str]]:
    """Instruction and argument of each line of the Dockerfile."""
    text = re.sub(r"\\\n", " ", (FOLDER / "Dockerfile").read_text())
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def only(recipe: list[tuple[str, str]], instruction: str) -> str:
    (found,) = [argument for name, argument in recipe if name == instruction]
    return found


@pytest.mark.control("WEB-3")
def test_the_base_image_is_named_by_digest(recipe: list[tuple[str, str]]) -> None:
    assert re.fullmatch(r"public\.ecr\.aws/docker/library/python:3\.\d+-slim@sha256:[0-9a-f]{64}", only(recipe, "FROM"))
    assert recipe[0][0] == "FROM"


@pytest.mark.control("WEB-3")
def test_the_image_is_not_roots_and_fetches_nothing(recipe: list[tuple[str, str]]) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", only(recipe, "USER"))
    assert {name for name, _ in recipe} <= {"FROM", "ARG", "ENV", "WORKDIR", "COPY", "USER", "EXPOSE", "CMD"}, "no ADD, no RUN"
    assert "http" not in only(recipe, "COPY")
    assert [name for name, _ in recipe].index("USER") < [name for name, _ in recipe].index("CMD")


@pytest.mark.control("WEB-3")
def test_the_signal_reaches_the_process(recipe: list[tuple[str, str]]) -> None:
    assert json.loads(only(recipe, "CMD")) == ["python", "app.py"]
    assert "ENTRYPOINT" not in {name for name, _ in recipe}


def test_what_the_image_holds_is_what_it_imports(recipe: list[tuple[str, str]]) -> None:
    flag, *copied, target = shlex.split(only(recipe, "COPY"))
    assert (flag, target) == ("--chmod=0444", "./")
    needed, todo = set(), ["app", "worker"]
    while todo:
        name = todo.pop()
        needed.add(f"{name}.py")
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text())):
            module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name if isinstance(node, ast.Import) else None
            if module and (FOLDER / f"{module}.py").exists() and f"{module}.py" not in needed:
                todo.append(module)
    assert set(copied) == needed
    ignored = (FOLDER / ".dockerignore").read_text().split()
    assert ignored == ["*", *(f"!{name}" for name in copied)]


def test_the_readme_starts_what_there_is() -> None:
    text = (FOLDER / "README.md").read_text()
    for command in re.findall(r"^python (\S+)", text, re.MULTILINE):
        assert (FOLDER / command).is_file(), command


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Without any feature flag, and without CloudFormation's validation."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        quick = functools.partial(cdk.App, builtin_cloud_formation_validation=False, analytics_reporting=False, outdir=str(out))
        patch.setattr(cdk, "App", quick)
        runpy.run_path(str(FOLDER / "app_stack.py"))
    report = json.loads((out / "guard-report.json").read_text())
    assert report["findings"] == []
    assert [waiver for waiver in report["waivers"] if waiver["owner"] != "platform"] == []
    return read_templates(out)["Hello"]


def container(template: Template) -> dict[str, Any]:
    (one,) = template.props("AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return dict(one)


@pytest.mark.control("WEB-3", "LIB-6")
def test_thirty_lines_put_it_into_production(template: Template) -> None:
    lines = user_lines((FOLDER / "app_stack.py").read_text())
    assert len(lines) <= MOST_LINES, f"{len(lines)} lines"
    assert lines[-1] == "guard(app)"
    assert re.fullmatch(r".*@sha256:[0-9a-f]{64}", container(template)["Image"])


@pytest.mark.control("WEB-3")
def test_the_stack_and_the_service_agree(template: Template, recipe: list[tuple[str, str]]) -> None:
    app, health = (FOLDER / "app.py").read_text(), template.of_type("AWS::ElasticLoadBalancingV2::TargetGroup")
    numbers = dict(re.findall(r'whole_number\(environment, "(\w+)", (\w+)', app))
    grace, deadline = map(int, re.findall(r"GRACE_SECONDS, DEADLINE_SECONDS = (\d+), (\d+)", app)[0])
    one = container(template)
    assert [port["ContainerPort"] for port in one["PortMappings"]] == [int(numbers["PORT"]), *map(int, only(recipe, "EXPOSE").split())][:1]
    assert only(recipe, "EXPOSE") == numbers["PORT"]
    assert one["User"] == only(recipe, "USER")
    assert one["ReadonlyRootFilesystem"] is True
    # It ends by itself before it is ended, with time to write its last line.
    assert grace < deadline <= one["StopTimeout"] - 5
    check = core_constants()
    for group in (group["Properties"] for group in health.values()):
        assert group["HealthCheckPath"] == "/health"
        # A deep check answers in time for whoever waits as long as the load balancer.
        assert check["CHECK_SECONDS"] < group["HealthCheckTimeoutSeconds"]
        # Why /health stays 200 while it drains: by the time that failing it would take effect, the task is gone.
        assert group["UnhealthyThresholdCount"] * group["HealthCheckIntervalSeconds"] > one["StopTimeout"]
        drain = {pair["Key"]: pair["Value"] for pair in group["TargetGroupAttributes"]}["deregistration_delay.timeout_seconds"]
        assert int(drain) < one["StopTimeout"]


@pytest.mark.control("WEB-3")
def test_the_service_keeps_connections_longer_than_the_load_balancer(template: Template) -> None:
    idle = int(re.findall(r"^IDLE_SECONDS = (\d+)", (FOLDER / "app.py").read_text(), re.MULTILINE)[0])
    attributes = {
        pair["Key"]: pair["Value"] for pair in template.props("AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    }
    # 60 seconds where none are stated (Elastic Load Balancing user guide, connection idle timeout).
    assert idle > int(attributes.get("idle_timeout.timeout_seconds", 60))


def core_constants() -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"^([A-Z_]+) = ([\d.]+)$", (FOLDER / "core.py").read_text(), re.MULTILINE)}


@pytest.mark.control("GOV-1", "LIB-5")
def test_the_stack_passes_as_a_process(tmp_path: Path) -> None:
    flags = {"CDK_OUTDIR": str(tmp_path / "cdk.out"), "CDK_CONTEXT_JSON": json.dumps(recommended_flags()), "CDK_VALIDATION": "false"}
    ended = subprocess.run(
        [sys.executable, str(FOLDER / "app_stack.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | flags,
    )
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert "guard: no findings" in ended.stderr
    assert "warning" not in ended.stderr.lower()
