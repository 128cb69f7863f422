"""Tunnels: a document for one port of one host, and commands that a shell and the AWS CLI understand."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from botocore.validate import ParamValidator

from prodready_constructs.cache import VALKEY_8, ServerlessCache
from prodready_constructs.contracts import Attachment
from prodready_constructs.database import AURORA_POSTGRESQL_17, MYSQL_8_4, POSTGRESQL_17, AuroraDatabase, MultiAzDatabase
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.network import PrivateNetwork, SessionBastion
from prodready_constructs.network.bastion.tunnel import Tunnel
from prodready_constructs.posture import PRODUCTION
from tests.network.bastion.parts import DATABASE, Store, a_bastion, a_store, a_vpc, text
from tests.support.aws_cli import faults
from tests.support.synthesis import ROOT, Template, new_app, new_stack, synth_all

INSTANCE = "i-0123456789abcdef0"
#: Plays every program that the commands call: writes its arguments down, and answers what the real one would.
STUB = """#!/bin/bash
printf '%s\\n' "$(basename "$0")" "$@" "PGPASSWORD=${PGPASSWORD-}" "MYSQL_PWD=${MYSQL_PWD-}" "REDISCLI_AUTH=${REDISCLI_AUTH-}" END >> "$CALLS"
case "$1 $2" in
    "autoscaling describe-auto-scaling-groups") echo i-0123456789abcdef0 ;;
    "secretsmanager get-secret-value") echo '{"username": "master", "password": "p w$1"}' ;;
    "ecs list-tasks") echo arn:aws:ecs:us-east-1:111122223333:task/CLUSTER/0f1e2d ;;
    "ecs describe-tasks") echo 0f1e2d-42 ;;
    "rds generate-db-auth-token") echo 'orders.example.com:5433/?Action=connect&X-Amz-Signature=0' ;;
esac
"""


class Made(NamedTuple):
    template: Template
    tunnels: tuple[Tunnel, ...]
    stack: Stack


@pytest.fixture(scope="module")
def made() -> Made:
    """A bastion in a stack of its own, connected to real stores of another."""
    app = new_app()
    data, access = new_stack(app, "Data"), new_stack(app, "Access")
    network = PrivateNetwork(data, "Network", posture=PRODUCTION.network)
    bastion = SessionBastion(access, "Bastion", vpc=network.vpc, posture=PRODUCTION.bastion, endpoints=network.endpoints)
    bastion.connect_to(
        MultiAzDatabase(data, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders", engine=POSTGRESQL_17)
    )
    bastion.connect_to(MultiAzDatabase(data, "Shop", vpc=network.vpc, posture=PRODUCTION.database, database_name="shop", engine=MYSQL_8_4))
    bastion.connect_to(
        AuroraDatabase(data, "Ledger", vpc=network.vpc, posture=PRODUCTION.aurora, database_name="ledger", engine=AURORA_POSTGRESQL_17)
    )
    bastion.connect_to(ServerlessCache(data, "Sessions", vpc=network.vpc, posture=PRODUCTION.cache, engine=VALKEY_8))
    return Made(synth_all(app)["Access"], bastion.tunnels, access)


def outputs(template: Template, ending: str) -> dict[str, str]:
    """Name of the tunnel -> the command, of every output of that kind."""
    found = {}
    for name, output in template.body["Outputs"].items():
        if match := re.match(rf"Bastion([A-Za-z]+?){ending}[0-9A-F]{{8}}$", name):
            found[match[1]] = spoken(output["Value"])
    return found


def spoken(value: Any) -> str:
    """An output as a shell would get it; what another stack says is a word."""
    if isinstance(value, dict) and (value.keys() & {"Fn::ImportValue", "Fn::GetStackOutput"}):
        return "of-another-stack"
    if isinstance(value, dict) and "Fn::Join" in value:
        return "".join(map(spoken, value["Fn::Join"][1]))
    return text(value)


def run(line: str, tmp_path: Path) -> list[list[str]]:
    """What *line* calls when bash runs it, each call as its words."""
    calls = tmp_path / "calls"
    for program in ("aws", "psql", "mysql", "valkey-cli"):
        stub = tmp_path / program
        stub.write_text(STUB)
        stub.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)}
    subprocess.run(["bash", "-euo", "pipefail", "-c", line], env=environment, check=True, capture_output=True)
    return [call.splitlines() for call in calls.read_text().split("END\n") if call]


def parameters(words: Sequence[str]) -> dict[str, list[str]]:
    """``--parameters`` in the AWS CLI's shorthand: ``name=value``."""
    name, _, value = words[words.index("--parameters") + 1].partition("=")
    return {name: [value]}


@pytest.mark.control("NET-7")
@pytest.mark.parametrize("name", ["Orders", "Shop", "Ledger", "LedgerReader", "Sessions"])
class TestCommands:
    """What a person pastes."""

    def test_the_tunnel_starts_a_session_that_systems_manager_takes(self, made: Made, name: str, tmp_path: Path) -> None:
        line = outputs(made.template, "Tunnel")[name]
        assert faults(line) == []
        find, start = run(line, tmp_path)
        assert find[1:3] == ["autoscaling", "describe-auto-scaling-groups"]
        assert start[1:3] == ["ssm", "start-session"]
        asked = {
            "Target": start[start.index("--target") + 1],
            "DocumentName": start[start.index("--document-name") + 1],
            "Parameters": parameters(start),
        }
        assert asked["Target"] == INSTANCE
        shape = botocore.session.get_session().get_service_model("ssm").operation_model("StartSession").input_shape
        assert ParamValidator().validate(asked, shape).generate_report() == ""

    def test_its_parameters_are_those_of_its_document(self, made: Made, name: str) -> None:
        words = shlex.split(outputs(made.template, "Tunnel")[name])
        document = made.template.resources[words[words.index("--document-name") + 1]]["Properties"]["Content"]
        given = parameters(words)
        assert given.keys() == document["parameters"].keys()
        ((value,),) = given.values()
        declared = document["parameters"]["localPortNumber"]
        assert re.fullmatch(declared["allowedPattern"].strip("^$"), value)
        assert declared["default"] == value
        used = set(re.findall(r"\{\{ (\w+) \}\}", json.dumps(document["properties"])))
        assert used == document["parameters"].keys()

    def test_the_document_leads_to_one_port_of_one_host(self, made: Made, name: str) -> None:
        document = made.template.props("AWS::SSM::Document", f"Bastion{name}Document")["Content"]
        assert document["sessionType"] == "Port"
        assert document["properties"]["type"] == "LocalPortForwarding"
        assert "{{" not in json.dumps([document["properties"]["host"], document["properties"]["portNumber"]])
        assert document["properties"]["portNumber"] in ("5433", "3307", "6379", "6380")

    def test_the_sign_in_calls_its_client_at_the_near_end(self, made: Made, name: str, tmp_path: Path) -> None:
        line = outputs(made.template, "SignIn")[name]
        assert faults(line) == []
        client = run(line, tmp_path)[-1]
        (tunnel,) = [one for one in made.tunnels if one.name == name]
        expected = {"Shop": "mysql", "Sessions": "valkey-cli"}.get(name, "psql")
        assert client[0] == expected
        assert any(str(tunnel.local_port) in word for word in client)
        assert any("127.0.0.1" in word for word in client)
        assert "master" in client
        # A password with a blank and a dollar sign arrives whole, and never among the arguments.
        (password,) = [word for word in client if word.startswith({"psql": "PGP", "mysql": "MYSQL", "valkey-cli": "REDIS"}[expected])]
        assert password.partition("=")[2] == "p w$1"
        assert not [word for word in client[1:-3] if "p w$1" in word]
        assert any(word in line for word in ("sslmode=verify-full", "--ssl-mode=VERIFY_CA", "--tls"))


@pytest.mark.control("NET-7")
def test_stores_in_another_stack_do_not_need_the_bastion(made: Made) -> None:
    """The rule that lets the bastion in belongs to the bastion: its stack can go without the data's being touched."""
    assert len(made.template.of_type("AWS::EC2::SecurityGroupIngress")) == 4


def test_every_tunnel_begins_elsewhere(made: Made) -> None:
    ports = [tunnel.local_port for tunnel in made.tunnels]
    assert len(set(ports)) == len(ports) == 5


def test_a_user_of_one_s_own_signs_in_by_a_token(tmp_path: Path) -> None:
    stack = new_stack()
    vpc = a_vpc(stack)
    bastion = a_bastion(stack, vpc)
    for client, expected in (("psql", "PGPASSWORD"), ("mysql", "MYSQL_PWD")):
        tunnel = bastion.connect_to(a_store(stack, vpc, client, secret=False), name=client.capitalize(), client=client)  # type: ignore[arg-type]
        line = text(stack.resolve(tunnel.sign_in))
        assert faults(line) == []
        directory = tmp_path / client
        directory.mkdir()
        token, call = run(line.replace("<your user>", "jane"), directory)
        assert token[1:3] == ["rds", "generate-db-auth-token"]
        assert token[token.index("--username") + 1] == "jane"
        assert f"{expected}=orders.example.com:5433/?Action=connect&X-Amz-Signature=0" in call
        assert ("--enable-cleartext-plugin" in call) is (client == "mysql")


def test_what_is_no_database_has_a_tunnel_and_no_sign_in() -> None:
    stack = new_stack()
    vpc = a_vpc(stack)
    tunnel = a_bastion(stack, vpc).connect_to(
        a_store(stack, vpc, port=9200, environment={"SEARCH_HOST": "search.example.com"}), name="Search"
    )
    assert tunnel.sign_in is None
    assert tunnel.local_port == 19_200


def test_the_shell_is_a_command_too(tmp_path: Path) -> None:
    app = new_app()
    stack = new_stack(app)
    bastion = a_bastion(stack)
    bastion.grant_shell(iam.Role.from_role_name(stack, "Ops", "ops"))
    bastion.grant_shell(iam.Role.from_role_name(stack, "More", "more"))
    template = synth_all(app)["Stack"]
    (line,) = [spoken(output["Value"]) for name, output in template.body["Outputs"].items() if "ShellCommand" in name]
    assert faults(line) == []
    start = run(line, tmp_path)[-1]
    assert template.resources[start[start.index("--document-name") + 1]]["Properties"]["Content"]["sessionType"] == "Standard_Stream"
    (wake,) = [spoken(output["Value"]) for name, output in template.body["Outputs"].items() if "Wake" in name]
    assert faults(wake) == []
    assert bastion.wake_command


@pytest.mark.control("NET-7")
def test_the_way_without_a_bastion_is_as_written(tmp_path: Path) -> None:
    """The page's own block, run: the target is ``ecs:<cluster>_<task>_<runtime>``."""
    page = (ROOT / "docs/rooms/network/bastion.md").read_text(encoding="utf-8")
    (block,) = [block for block in page.split("```")[1::2] if "ecs list-tasks" in block]
    assert [fault for line in block.splitlines() for fault in faults(line)] == []
    *_, start = run(block, tmp_path)
    assert start[start.index("--target") + 1] == "ecs:CLUSTER_0f1e2d_0f1e2d-42"
    assert start[start.index("--parameters") + 1] == "host=HOST,portNumber=5433,localPortNumber=15433"


class TestPorts:
    """Where tunnels begin."""

    def test_two_databases_of_one_port_begin_at_two(self) -> None:
        stack = new_stack()
        vpc = a_vpc(stack)
        bastion = a_bastion(stack, vpc)
        first, second = (bastion.connect_to(a_store(stack, vpc, name), name=name) for name in ("Orders", "Payments"))
        assert (first.local_port, second.local_port) == (15_433, 15_434)

    def test_a_port_of_one_s_own(self) -> None:
        stack = new_stack()
        vpc = a_vpc(stack)
        assert a_bastion(stack, vpc).connect_to(a_store(stack, vpc), name="Orders", local_port=1_024).local_port == 1_024

    def test_a_high_port_still_has_a_near_end(self) -> None:
        stack = new_stack()
        vpc = a_vpc(stack)
        assert a_bastion(stack, vpc).connect_to(a_store(stack, vpc, port=65_535), name="Orders").local_port == 64_535

    @pytest.mark.parametrize(
        ("port", "taken"),
        [
            ("1023", False),
            ("1024", True),
            ("9999", True),
            ("10000", True),
            ("59999", True),
            ("65535", True),
            ("65536", False),
            ("0", False),
            ("5 ", False),
        ],
    )
    def test_the_document_takes_ports_that_are_the_caller_s(self, made: Made, port: str, taken: bool) -> None:
        document = made.template.props("AWS::SSM::Document", "BastionOrdersDocument")["Content"]
        assert bool(re.search(document["parameters"]["localPortNumber"]["allowedPattern"], port)) is taken


class TestRefusals:
    """What cannot be connected."""

    @pytest.fixture
    def parts(self) -> tuple[SessionBastion, Store]:
        stack = new_stack()
        vpc = a_vpc(stack)
        return a_bastion(stack, vpc), a_store(stack, vpc)

    def test_a_store_twice(self, parts: tuple[SessionBastion, Store]) -> None:
        bastion, store = parts
        bastion.connect_to(store, name="Orders")
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Bastion: connect_to\(Again\): got 'a store that is connected'; allowed: each store once; remove the second call$",
        ):
            bastion.connect_to(store, name="Again")

    def test_a_name_twice(self, parts: tuple[SessionBastion, Store]) -> None:
        bastion, store = parts
        bastion.connect_to(store, name="Orders")
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Bastion: connect_to\(Orders\): got 'Orders'; allowed: names that no other tunnel has; give name='OrdersTwo'$",
        ):
            bastion.connect_to(Store(store.attachment), name="Orders")

    def test_a_reader_whose_name_is_taken(self, parts: tuple[SessionBastion, Store]) -> None:
        bastion, store = parts
        bastion.connect_to(store, name="OrdersReader")
        both = replace(store.attachment, environment={**DATABASE, "DATABASE_READER_HOST": "reader.example.com"})
        with pytest.raises(ConfigurationError, match=r"got 'OrdersReader'; allowed: names that no other tunnel has"):
            bastion.connect_to(Store(both), name="Orders")

    @pytest.mark.parametrize("name", ["orders", "Orders-2", "Orders Two", "2Orders"])
    def test_a_name_that_is_no_part_of_an_output(self, parts: tuple[SessionBastion, Store], name: str) -> None:
        bastion, store = parts
        with pytest.raises(
            ConfigurationError, match=rf"got '{name}'; allowed: a name in PascalCase: letters and digits; give name='Orders'$"
        ):
            bastion.connect_to(store, name=name)

    def test_an_attachment_without_a_host(self, parts: tuple[SessionBastion, Store]) -> None:
        bastion, store = parts
        with pytest.raises(
            ConfigurationError,
            match=r"^Stack/Bastion: connect_to\(Orders\): got 'an attachment without a host'; allowed: a store whose attachment has a setting that "
            r"ends in _HOST; connect a database, a cache, or something that says where it is$",
        ):
            bastion.connect_to(Store(replace(store.attachment, environment={"QUEUE_URL": "https://sqs"})), name="Orders")

    @pytest.mark.parametrize("port", [0, 65_536])
    def test_a_port_that_is_none(self, parts: tuple[SessionBastion, Store], port: int) -> None:
        bastion, store = parts
        broken: Attachment = replace(store.attachment, port=port)
        with pytest.raises(
            ConfigurationError,
            match=rf"^Stack/Bastion: connect_to\(Orders\): got {port}; allowed: a port from 1 to 65535; mend the attachment of the store$",
        ):
            bastion.connect_to(Store(broken), name="Orders")

    @pytest.mark.parametrize("port", [1, 1_023, 65_536])
    def test_a_near_end_that_is_not_the_caller_s(self, parts: tuple[SessionBastion, Store], port: int) -> None:
        bastion, store = parts
        with pytest.raises(
            ConfigurationError,
            match=rf"^Stack/Bastion: connect_to\(Orders\): local_port: got {port}; allowed: 1024 to 65535; use 15432, or leave it out$",
        ):
            bastion.connect_to(store, name="Orders", local_port=port)

    def test_a_near_end_that_is_taken(self, parts: tuple[SessionBastion, Store]) -> None:
        bastion, store = parts
        bastion.connect_to(store, name="Orders")
        with pytest.raises(
            ConfigurationError,
            match=r"local_port: got 15433; allowed: a port at which no other tunnel begins: both may be open at once; leave it out, and a free one is",
        ):
            bastion.connect_to(Store(store.attachment), name="Payments", local_port=15_433)
