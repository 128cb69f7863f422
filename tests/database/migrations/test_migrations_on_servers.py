"""Migrations of a real PostgreSQL and a real MariaDB, run by the runner's own code: success, and every way to fail."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from tests.database.migrations.conftest import Migrating
from tests.database.rotating import Rotating
from tests.database.servers import MASTER

pytestmark = [pytest.mark.servers, pytest.mark.control("DB-11")]

CREATE = "CREATE TABLE {t} (id INT PRIMARY KEY);\nINSERT INTO {t} VALUES (1)"
SLEEP = {"postgresql": "SELECT pg_sleep(60)", "mysql": "SELECT SLEEP(60)"}


def test_a_migration_succeeds_and_the_deployment_goes_on(migrating: Migrating) -> None:
    migrating.write(one=CREATE)
    answer = migrating.cloud.deploy(migrating.cloud.request())
    assert (answer["Status"], answer["Reason"]) == ("SUCCESS", "Migrated.")
    assert migrating.rows() == [(1,)]
    assert [step for step, _ in migrating.cloud.calls if step == "run_task"] == ["run_task"]


def test_the_next_release_runs_what_is_new(migrating: Migrating) -> None:
    cloud = migrating.cloud
    migrating.write(one=CREATE)
    cloud.deploy(cloud.request())
    migrating.write(two="ALTER TABLE {t} ADD COLUMN name VARCHAR(9)")
    assert cloud.deploy(cloud.request("Update", release="2", before="1"))["Status"] == "SUCCESS"
    assert migrating.rows() == [(1, None)]
    assert len(cloud.tasks) == 2


def test_a_release_that_changed_nothing_is_not_run(migrating: Migrating) -> None:
    migrating.write(one=CREATE)
    answer = migrating.cloud.deploy(migrating.cloud.request("Update", release="1", before="1"))
    assert answer["Status"] == "SUCCESS"
    assert (migrating.cloud.tasks, migrating.tables()) == ({}, set())


def test_an_sql_error_fails_the_deployment_with_its_own_words(migrating: Migrating) -> None:
    migrating.write(one=CREATE, two="SELECT nonsense FROM {t}")
    answer = migrating.cloud.deploy(migrating.cloud.request())
    assert answer["Status"] == "FAILED"
    assert "The migration failed: exit code 1 (arn:aws:ecs:" in answer["Reason"]
    assert "nonsense" in answer["Reason"]
    assert "two.sql: begins" in answer["Reason"]
    assert migrating.rows() == [(1,)]  # the first file is done and stays so


def test_a_mended_migration_resumes_where_it_failed(migrating: Migrating) -> None:
    cloud = migrating.cloud
    migrating.write(one=CREATE, two="SELECT nonsense FROM {t}")
    cloud.deploy(cloud.request())
    migrating.write(two="INSERT INTO {t} VALUES (2)")
    assert cloud.deploy(cloud.request())["Status"] == "SUCCESS"
    assert migrating.rows() == [(1,), (2,)]
    assert "one.sql: done before" in list(cloud.tasks.values())[-1].log.read_text()


def begun(migrating: Migrating) -> bool:
    return any("two.sql: begins" in task.log.read_text() for task in migrating.cloud.tasks.values())


def half_way(migrating: Migrating) -> None:
    """A second file that has changed something and is not committed."""
    migrating.write(one=CREATE, two=f"INSERT INTO {{t}} VALUES (2);\n{SLEEP[migrating.user.server.engine]};\nINSERT INTO {{t}} VALUES (3)")


def kill_once(migrating: Migrating) -> Any:
    def kill() -> None:
        if begun(migrating):
            (task,) = migrating.cloud.tasks.values()
            assert task.process is not None
            os.kill(task.process.pid, signal.SIGKILL)
            migrating.cloud.meanwhile = lambda: None

    return kill


def test_a_migration_that_is_killed_half_way_fails_the_deployment_and_leaves_the_database(migrating: Migrating) -> None:
    half_way(migrating)
    migrating.cloud.meanwhile = kill_once(migrating)
    answer = migrating.cloud.deploy(migrating.cloud.request())
    assert answer["Status"] == "FAILED"
    assert "exit code 137" in answer["Reason"]
    assert migrating.rows() == [(1,)]
    migrating.write(two="INSERT INTO {t} VALUES (2)")
    assert migrating.cloud.deploy(migrating.cloud.request())["Status"] == "SUCCESS"
    assert migrating.rows() == [(1,), (2,)]


def test_a_migration_past_its_time_limit_is_stopped_and_undone(migrating: Migrating) -> None:
    half_way(migrating)
    answer = migrating.cloud.deploy(migrating.cloud.request(limit=3))
    assert answer["Status"] == "FAILED"
    assert "was not finished within 3 seconds" in answer["Reason"]
    assert "two.sql: begins" in answer["Reason"]
    (stopped,) = migrating.cloud.called("stop_task")
    assert stopped["task"] in migrating.cloud.tasks
    assert migrating.rows() == [(1,)]


def test_a_connection_that_the_server_cuts_fails_the_deployment(migrating: Migrating) -> None:
    half_way(migrating)
    login = migrating.user.current["username"]
    cut = {
        "postgresql": f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'",
        "mysql": f"KILL USER '{login}'@'%'",
    }[migrating.user.server.engine]

    def lose() -> None:
        if begun(migrating):
            # The master user is no superuser: it may do so to a role it is a member of.
            if migrating.user.server.engine == "postgresql":
                migrating.user.run(MASTER, f'GRANT "{login}" TO CURRENT_USER')
            migrating.user.run(MASTER, cut)
            migrating.cloud.meanwhile = lambda: None

    migrating.cloud.meanwhile = lose
    answer = migrating.cloud.deploy(migrating.cloud.request())
    assert answer["Status"] == "FAILED"
    assert "exit code 1" in answer["Reason"]
    assert migrating.rows() == [(1,)]


def test_a_runner_that_is_lost_half_way_finds_its_task_again(migrating: Migrating) -> None:
    cloud, request = migrating.cloud, migrating.cloud.request()
    migrating.write(one=CREATE)

    def die() -> None:
        if cloud.tasks:
            raise SystemExit("the invocation is gone")

    cloud.meanwhile = die
    with pytest.raises(SystemExit):
        cloud.deploy(request)
    cloud.meanwhile = lambda: None
    assert cloud.deploy(request)["Status"] == "SUCCESS"  # AWS Lambda repeats the same event
    assert len(cloud.tasks) == 1
    assert migrating.rows() == [(1,)]


def test_a_second_deployment_waits_for_a_migration_that_still_runs(migrating: Migrating) -> None:
    cloud = migrating.cloud
    migrating.write(one=CREATE)
    other = cloud.begin("pipeline")  # by hand, or of a deployment whose runner was lost
    assert other.process is not None
    assert cloud.deploy(cloud.request())["Status"] == "SUCCESS"
    assert other.process.poll() == 0
    assert "one.sql: done before" in list(cloud.tasks.values())[-1].log.read_text()


def test_a_rotation_during_a_migration_does_not_disturb_it(migrating: Migrating) -> None:
    short = {"postgresql": "SELECT pg_sleep(1)", "mysql": "SELECT SLEEP(1)"}[migrating.user.server.engine]
    migrating.write(one=CREATE, two=f"{short};\nINSERT INTO {{t}} VALUES (2)")

    def rotate() -> None:
        if begun(migrating):
            migrating.cloud.meanwhile = lambda: None
            migrating.user.rotate()

    migrating.cloud.meanwhile = rotate
    assert migrating.cloud.deploy(migrating.cloud.request())["Status"] == "SUCCESS"
    assert migrating.rows() == [(1,), (2,)]


def test_a_wrong_password_fails_the_deployment_and_is_not_told(migrating: Migrating) -> None:
    migrating.cloud.environment["DATABASE_PASSWORD"] = "not-the-password"
    answer = migrating.cloud.deploy(migrating.cloud.request())
    assert answer["Status"] == "FAILED"
    assert "not-the-password" not in answer["Reason"]


@pytest.mark.parametrize("rights", ["read", "write"])
def test_a_user_without_the_right_cannot_migrate(rights: str, migrating: Migrating) -> None:
    cloud, user = migrating.cloud, migrating.user
    value = Rotating(user.server, user.service, user.monkeypatch, rights=rights).rotate()
    cloud.environment |= {"DATABASE_USER": value["username"], "DATABASE_PASSWORD": value["password"]}
    migrating.write(one=CREATE)
    answer = cloud.deploy(cloud.request())
    assert answer["Status"] == "FAILED"
    assert "denied" in answer["Reason"]
    assert migrating.tables() == set()


def test_what_a_stopped_task_held_is_free_again(migrating: Migrating) -> None:
    """A killed process does not say good-bye: the server finds out, and ends the statement with its locks."""
    half_way(migrating)
    migrating.cloud.meanwhile = kill_once(migrating)
    migrating.cloud.deploy(migrating.cloud.request())
    began = time.monotonic()
    migrating.user.run(migrating.user.current, f"INSERT INTO {migrating.table} VALUES (2)")
    assert time.monotonic() - began < 20  # the statement itself would have held it for a minute
