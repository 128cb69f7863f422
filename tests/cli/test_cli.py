"""``prodready``: each command on a small assembly, what it refuses, and that it starts without any AWS module."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs import cli
from prodready_constructs.evidence.assembly import REFUSED_MANIFEST
from prodready_constructs.evidence.runbooks import MARK
from tests.support.synthesis import ROOT

TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
    "Properties": {"TableName": "sessions"},
}
ALARM = {
    "construct": "{stack}/Sessions",
    "name": "Sessions-Throttled",
    "severity": "warning",
    "meaning": "Users wait.",
    "threshold": "Sum of ThrottledRequests over 1 in 5 minutes",
    "source": "our reason",
    "causes": ["a hot key"],
    "commands": ["aws dynamodb describe-table --table-name sessions"],
    "escalation": "the owner",
}


def write_assembly(directory: Path, *, table: dict[str, Any] | None = None, manifest: str = "manifest.json") -> Path:
    """A cloud assembly of two stacks, each with a table and an alarm, written by hand."""
    directory.mkdir(exist_ok=True)
    artifacts = {}
    for name in ("ProdData", "StagingData"):
        alarm = ALARM | {"construct": f"{name}/Sessions"}
        metadata = {
            f"/{name}/Sessions": [{"type": "aws:cdk:logicalId", "data": "Sessions"}],
            f"/{name}/Watch": [{"type": "prodready:construct", "data": {"kind": "Watch", "alarms": [alarm]}}],
        }
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://111122223333/us-east-1",
            "properties": {"templateFile": f"{name}.template.json"},
            "metadata": metadata,
        }
        (directory / f"{name}.template.json").write_text(json.dumps({"Resources": {"Sessions": table or TABLE}}))
    (directory / manifest).write_text(json.dumps({"artifacts": artifacts}))
    return directory


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with an assembly where the commands look for it."""
    monkeypatch.chdir(tmp_path)
    write_assembly(tmp_path / "cdk.out")
    return tmp_path


@pytest.mark.control("GOV-4")
def test_lock_takes_in_what_stands_and_check_finds_nothing_lost(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lock"]) == 0
    assert "AWS::DynamoDB::Table ProdData/Sessions (ProdData.Sessions) is new and not in the lock yet" in capsys.readouterr().out
    assert set(json.loads((folder / "stateful.lock.json").read_text())["resources"]) == {"ProdData.Sessions", "StagingData.Sessions"}
    assert cli.main(["check", "--assembly", "cdk.out", "--lock", "stateful.lock.json"]) == 0
    assert capsys.readouterr().out == "stateful.lock.json: nothing is lost\n"


@pytest.mark.control("GOV-4")
@pytest.mark.parametrize("command", ["check", "lock"])
def test_a_loss_that_nobody_approved_is_refused_by_name(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    cli.main(["lock"])
    before = (folder / "stateful.lock.json").read_text()
    # As the guard leaves it: an assembly it refused can still be asked what it would have done.
    (folder / "cdk.out" / "manifest.json").unlink()
    write_assembly(folder / "cdk.out", table=TABLE | {"Properties": {"TableName": "visits"}}, manifest=REFUSED_MANIFEST)
    capsys.readouterr()
    assert cli.main([command]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert 'ProdData/Sessions (ProdData.Sessions) would be replaced: TableName: "sessions" -> "visits"' in said.err
    assert said.err.endswith("2 not approved: take each back, or approve it by name in stateful.approvals.json\n")
    assert (folder / "stateful.lock.json").read_text() == before


@pytest.mark.control("GOV-4")
def test_lock_takes_in_an_approved_loss_and_drops_the_approval(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["lock"])
    write_assembly(folder / "cdk.out", table=TABLE | {"Properties": {"TableName": "visits"}})
    because = "sessions are a cache: users sign in again once, and nothing else is lost"
    approvals = folder / "stateful.approvals.json"
    names = ("ProdData.Sessions", "StagingData.Sessions")
    approvals.write_text(json.dumps([{"resource": name, "change": "replaced", "because": because, "owner": "shop"} for name in names]))
    assert cli.main(["check"]) == 0
    assert "approved by shop: sessions are a cache" in capsys.readouterr().out
    assert cli.main(["lock"]) == 0
    assert not approvals.exists()
    assert cli.main(["check"]) == 0


@pytest.mark.control("OPS-3")
def test_runbooks_are_written_for_the_stacks_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runbooks", "--out", "pages", "--stacks", "Prod*"]) == 0
    assert capsys.readouterr().out == "wrote 5 pages to pages\n"
    assert (folder / "pages" / "index.md").read_text().startswith(MARK)
    assert "aws dynamodb describe-table" in (folder / "pages" / "ProdData" / "Sessions-Throttled.md").read_text()
    assert not (folder / "pages" / "StagingData").exists()
    assert cli.main(["runbooks"]) == 0
    assert (folder / "build" / "runbooks" / "StagingData" / "Sessions-Throttled.md").is_file()
    assert cli.main(["runbooks", "--out", "pages", "--html", "handed/out.html"]) == 0
    assert capsys.readouterr().out.endswith("wrote handed/out.html\n")
    assert "StagingData" in (folder / "handed" / "out.html").read_text()


@pytest.mark.control("LIB-2")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lock", "--assembly", "no.out"], "no.out: got 'no manifest.json'; allowed: a cloud assembly; synthesize first"),
        (["check", "--assembly", "no.out"], "no.out: got 'no manifest.json'; allowed: a cloud assembly; synthesize first"),
        (
            ["runbooks", "--stacks", "Nobody*"],
            "cdk.out: got 'no alarm in a stack like Nobody*'; allowed: an assembly with a monitoring.Watch; watch something, synthesize",
        ),
        (
            ["runbooks", "--out", "cdk.out"],
            "cdk.out: got 'a directory with other files'; allowed: a directory of generated runbooks, or none; choose another one",
        ),
    ],
)
def test_a_command_that_cannot_be_ends_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"prodready: {message}\n"


def test_a_broken_lock_is_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "stateful.lock.json").write_text("{\n}\n")
    assert cli.main(["check"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("prodready: stateful.lock.json: got \"'tracked'\"; allowed: a lock as")


def test_local_hands_on_its_arguments_or_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    handed: list[list[str]] = []
    monkeypatch.setattr("prodready_constructs.local.up.main", lambda rest: handed.append(rest) or 3)
    assert cli.main(["local", "up", "--assembly", "cdk.out", "--out", "build"]) == 3
    assert handed == [["up", "--assembly", "cdk.out", "--out", "build"]]
    found = importlib.util.find_spec
    monkeypatch.setattr("prodready_constructs.cli.commands.find_spec", lambda name: None if name == "boto3" else found(name))
    assert cli.main(["local", "up"]) == 2
    assert capsys.readouterr().err == (
        "prodready: prodready local: got 'no boto3'; allowed: an environment with the extra 'local'; "
        "run: pip install 'prodready-constructs[local,node]'\n"
    )


@pytest.mark.parametrize("arguments", [[], ["unlock"], ["lock", "--assem", "cdk.out"]])
def test_unknown_commands_and_options_are_refused(folder: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: prodready")
    assert [file.name for file in folder.iterdir()] == ["cdk.out"]


def test_it_runs_as_a_module_and_loads_no_aws_module(tmp_path: Path) -> None:
    helped = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "prodready_constructs.cli", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [word for word in ("lock", "check", "runbooks", "local") if f"    {word} " not in helped.stdout] == []
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in helped.stderr.splitlines()}
    assert "argparse" in loaded
    assert loaded.isdisjoint({"aws_cdk", "constructs", "jsii", "cdk_nag", "boto3", "rich", "typer"})
