"""The way to a store at night is a page of the runbooks, with the very commands of the outputs."""

from __future__ import annotations

import pytest
from aws_cdk import aws_ecs as ecs

from prodready_constructs.compute import WebService
from prodready_constructs.database import MultiAzDatabase
from prodready_constructs.evidence.assembly import read_assembly
from prodready_constructs.evidence.runbooks.procedures import procedure_pages
from prodready_constructs.network import PrivateNetwork, SessionBastion
from prodready_constructs.posture import PRODUCTION
from tests.compute.support import IMAGE
from tests.support.synthesis import new_app, new_stack


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("pages")
    stack = new_stack(new_app(outdir=str(out)))
    network = PrivateNetwork(stack, "Network", posture=PRODUCTION.network)
    database = MultiAzDatabase(stack, "Orders", vpc=network.vpc, posture=PRODUCTION.database, database_name="orders")
    SessionBastion(stack, "Bastion", vpc=network.vpc, posture=PRODUCTION.bastion).connect_to(database)
    service = WebService(stack, "Api", vpc=network.vpc, image=ecs.ContainerImage.from_registry(IMAGE), posture=PRODUCTION.compute)
    service.allow_exec()
    service.allow_exec()
    stack.node.root.synth()  # type: ignore[attr-defined]
    return {page.name: str(page) for page in procedure_pages(read_assembly(out))}


@pytest.mark.control("NET-7", "OPS-3")
def test_a_tunnel_has_a_page(pages: dict[str, str]) -> None:
    page = pages["bastion-reachorders"]
    for part in ("set-desired-capacity", "ssm start-session", "psql", "describe-sessions", "127.0.0.1:15433"):
        assert part in page


@pytest.mark.control("WEB-3", "OPS-3")
def test_a_shell_has_a_page_once_it_is_allowed(pages: dict[str, str]) -> None:
    assert "aws ecs execute-command" in pages["api-openashell"]
    assert [name for name in pages if "openashell" in name] == ["api-openashell"]
