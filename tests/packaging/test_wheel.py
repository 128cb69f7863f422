"""The built wheel, imported by an app outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.synthesis import ROOT

APP = """
from pathlib import Path

import aws_cdk as cdk
import prodready_constructs
from prodready_constructs import PRODUCTION, DataKey, Routes, Watch, guard

assert Path(prodready_constructs.__file__).is_relative_to(Path(__file__).parent / "installed"), prodready_constructs.__file__
app = cdk.App(outdir="out", builtin_cloud_formation_validation=False)
stack = cdk.Stack(
    app,
    "Elsewhere",
    env=cdk.Environment(account="111122223333", region="us-east-1"),
    tags={"application": "a", "environment": "b", "owner": "c", "cost-centre": "d", "data-class": "e"},
)
DataKey(stack, "Key", description="made from the wheel")
routes = Routes(stack, "Alerts", posture=PRODUCTION.monitoring, critical=["oncall@example.com"], warning=["team@example.com"])
Watch(stack, "Watch", routes=routes, watching=[routes], runbook_base_url="https://runbooks.example.com")
guard(app)
"""


#: What is in the package besides its Python: tables, resolvers, certificates, the stub of its front door.
DATA = {".js", ".json", ".pem", ".pyi"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True,
        capture_output=True,
        text=True,
    )
    (built,) = out.glob("*.whl")
    return built


@pytest.mark.control("LIB-1")
def test_the_wheel_carries_the_package_its_types_and_its_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"prodready_constructs", "prodready_constructs-0.1.0.dist-info"}
    of_the_package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "prodready_constructs").rglob("*") if path.suffix in DATA}
    assert {"prodready_constructs/edge/graphql/resolvers/shared.js", "prodready_constructs/__init__.pyi"} <= of_the_package
    assert of_the_package | {"prodready_constructs/py.typed"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".md"))]


@pytest.mark.control("LIB-1")
def test_an_app_outside_the_repository_uses_it(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed), str(wheel)],
        check=True,
        capture_output=True,
        text=True,
    )
    (tmp_path / "app.py").write_text(APP)
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "app.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "guard: no findings" in done.stderr + done.stdout
    assert (tmp_path / "out" / "Elsewhere.template.json").exists()
