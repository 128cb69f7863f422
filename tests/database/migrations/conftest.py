"""A cloud for the runner, and a migrating user on a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.database.migrations.functions import run_migration
from tests.database.migrations.cloud import Cloud, cloud_at, python
from tests.database.rotating import Rotating
from tests.database.secrets_manager import FakeSecretsManager
from tests.database.servers import DATABASE, Server


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with cloud_at(tmp_path) as made:
        monkeypatch.setattr(run_migration, "client", made.client)
        pause: Callable[[float], None] = run_migration.time.sleep

        def shortly(seconds: float) -> None:
            made.meanwhile()
            pause(seconds / 100)

        class Clock:
            time = staticmethod(run_migration.time.time)
            sleep = staticmethod(shortly)

        monkeypatch.setattr(run_migration, "time", Clock)
        yield made


@dataclass
class Migrating:
    """Migration files on a server, run by the cloud as the migrating user."""

    cloud: Cloud
    user: Rotating
    folder: Path

    @property
    def table(self) -> str:
        return f"orders_{self.user.user}"

    def write(self, **files: str) -> None:
        """Migration files; ``{t}`` is a table of this test's own."""
        for name, text in files.items():
            (self.folder / f"{name}.sql").write_text(text.replace("{t}", self.table))

    def tables(self) -> set[str]:
        """Those of this test that exist."""
        found = self.user.run(self.user.current, "SELECT table_name FROM information_schema.tables")
        return {str(name) for (name,) in found if self.user.user in str(name) and not str(name).startswith("versions")}

    def rows(self) -> list[Any]:
        return self.user.run(self.user.current, f"SELECT * FROM {self.table}")


@pytest.fixture
def migrating(cloud: Cloud, server: Server, service: FakeSecretsManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Migrating:
    user = Rotating(server, service, monkeypatch, rights="schema")
    value = user.rotate()
    folder = tmp_path / f"m_{user.user}"
    folder.mkdir()
    cloud.command = python(str(Path(__file__).with_name("migrate.py")), str(folder))
    cloud.environment = {
        "ENGINE": server.engine,
        "AUTHORITIES": str(server.authorities),
        "DATABASE_HOST": server.host,
        "DATABASE_PORT": str(server.port),
        "DATABASE_NAME": DATABASE,
        "DATABASE_USER": value["username"],
        "DATABASE_PASSWORD": value["password"],
    }
    return Migrating(cloud, user, folder)
