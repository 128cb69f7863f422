"""What the local deployment reads out of a cdk.out, and what it refuses."""

import json
from pathlib import Path

import pytest

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.local import up
from prodready_constructs.local.assembly import DEFAULT_ACCOUNT, DEFAULT_REGION, load
from prodready_constructs.local.coverage import RECORDED_PROPERTIES, RECORDED_TYPES
from prodready_constructs.local.readback.readers import READERS
from prodready_constructs.local.tools import PYTHON_VARIABLE, find_emulator_python
from prodready_constructs.local.variants import vary


def _write(folder: Path) -> None:
    def stack(name: str, environment: str, needs: list[str]) -> dict[str, object]:
        resources = {"Log1": {"Type": "AWS::Logs::LogGroup"}, "Alone": {"Type": "AWS::SNS::Topic"}}
        (folder / f"{name}.template.json").write_text(json.dumps({"Resources": resources}))
        files = {"abc123": {"source": {"path": f"{name}.template.json"}, "destinations": {"x": {"objectKey": "abc123.json"}}}}
        (folder / f"{name}.assets.json").write_text(json.dumps({"files": files}))
        metadata = {
            f"/{name}/Front": [{"type": "prodready:construct", "data": {"kind": "FrontDoor"}}],
            f"/{name}/Front/Log/Resource": [{"type": "aws:cdk:logicalId", "data": "Log1"}],
            f"/{name}/Alone/Resource": [{"type": "aws:cdk:logicalId", "data": "Alone"}],
        }
        (folder / f"{name}.metadata.json").write_text(json.dumps(metadata))
        return {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "properties": {"templateFile": f"{name}.template.json", "terminationProtection": name == "Data", "url": "s3://b/abc123.json"},
            "dependencies": [*needs, f"{name}.assets"],
            "additionalMetadataFile": f"{name}.metadata.json",
        }

    artifacts = {
        "Prod": stack("Prod", "aws://111122223333/us-east-1", ["Data"]),
        "Data": stack("Data", "aws://111122223333/us-west-2", []),
        "Loose": stack("Loose", "aws://unknown-account/unknown-region", []),
        "Prod.assets": {"type": "cdk:asset-manifest"},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))


def test_stacks_come_in_order_with_their_places(tmp_path: Path) -> None:
    _write(tmp_path)
    assembly = load(tmp_path)
    assert [stack.id for stack in assembly.stacks] == ["Data", "Loose", "Prod"]
    assert [stack.id for stack in assembly.roots] == ["Loose", "Prod"]
    assert assembly.environments == {"111122223333": ["us-west-2", "us-east-1"], DEFAULT_ACCOUNT: [DEFAULT_REGION]}
    assert [stack.termination_protection for stack in assembly.stacks] == [True, False, False]


def test_a_resource_belongs_to_the_nearest_construct_that_described_itself(tmp_path: Path) -> None:
    _write(tmp_path)
    stack = load(tmp_path).stacks[0]
    assert stack.construct_of("Log1") == "Data/Front (FrontDoor)"
    assert stack.construct_of("Alone") == "Data"


@pytest.mark.parametrize("manifest", [None, '{"artifacts": {}}'])
def test_what_is_no_assembly_is_refused(tmp_path: Path, manifest: str | None) -> None:
    if manifest:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ConfigurationError, match="run: cdk synth"):
        load(tmp_path)


def test_a_variant_is_a_copy_that_is_uploaded_anew(tmp_path: Path) -> None:
    original, copy = tmp_path / "cdk.out", tmp_path / "copy"
    original.mkdir()
    _write(original)
    assembly = load(original)
    changed = vary(assembly, assembly.stacks[0], lambda template: template["Resources"].clear(), into=copy)
    assert changed.stacks[0].resources == {}
    assert load(original).stacks[0].resources != {}
    assert "abc123" not in (copy / "Data.assets.json").read_text()
    assert "abc123" in (copy / "Prod.assets.json").read_text()


def test_a_missing_emulator_says_how_to_make_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, str(tmp_path / "python"))
    with pytest.raises(ConfigurationError, match=r"pip install -r requirements/emulator\.txt"):
        find_emulator_python(tmp_path)


def test_the_command_fails_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert up.main(["up", "--assembly", str(tmp_path / "nothing"), "--out", str(tmp_path)]) == 1
    assert "run: cdk synth" in capsys.readouterr().out


def test_no_property_is_both_read_and_only_recorded() -> None:
    """The table and the checks say the same of each property: one of live, recorded, template-only."""
    assert not set(RECORDED_TYPES) & set(READERS)
    for type_name, properties in RECORDED_PROPERTIES.items():
        checked = {check.property.split(".")[0] for check in READERS[type_name].checks} if type_name in READERS else set()
        assert not checked & set(properties), type_name


def test_every_check_of_a_type_is_of_another_property() -> None:
    for type_name, reader in READERS.items():
        checked = [check.property for check in reader.checks]
        assert len(checked) == len(set(checked)), type_name
