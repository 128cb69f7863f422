"""Users as a file and back: the drill that stands in for a backup, run against the emulator's Cognito."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prodready_constructs.identity.users import export_users, import_csv, importable, main, settle_users
from prodready_constructs.local.session import emulator
from prodready_constructs.local.tools import find_tools
from tests.support.synthesis import ACCOUNT, REGION, ROOT

#: The columns of a pool with the standard attributes and one of its own (GetCSVHeader, Amazon Cognito developer guide).
HEADER = ["profile", "email", "email_verified", "phone_number_verified", "custom:tenant", "cognito:mfa_enabled", "cognito:username"]


class Pages:
    """A pool whose answers come in pages; what it is asked to change is written down."""

    def __init__(self, users: list[dict[str, Any]], groups: dict[str, list[str]]) -> None:
        self.users, self.groups = users, groups
        self.changes: list[tuple[str, str, str]] = []

    def get_paginator(self, operation: str) -> Any:
        pool = self

        class Paginator:
            def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
                if operation == "list_groups":
                    yield {"Groups": [{"GroupName": name} for name in pool.groups]}
                elif operation == "list_users_in_group":
                    yield {"Users": [{"Username": name} for name in pool.groups[request["GroupName"]]]}
                else:
                    for user in pool.users:  # a page each
                        yield {"Users": [user]}

        return Paginator()

    def get_csv_header(self, **_: str) -> dict[str, Any]:
        return {"CSVHeader": HEADER}

    def admin_add_user_to_group(self, *, Username: str, GroupName: str, **_: str) -> None:  # noqa: N803 (boto3's names)
        self.changes.append(("group", Username, GroupName))

    def admin_disable_user(self, *, Username: str, **_: str) -> None:  # noqa: N803
        self.changes.append(("disable", Username, ""))


def a_user(sub: str, email: str, *, verified: str = "true", enabled: bool = True, tenant: str = "") -> dict[str, Any]:
    attributes = {"sub": sub, "email": email, "email_verified": verified, "custom:tenant": tenant}
    return {
        "Username": sub,
        "Attributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
        "Enabled": enabled,
        "UserStatus": "CONFIRMED",
    }


@pytest.fixture
def old() -> Pages:
    return Pages(
        [
            a_user("s1", "ann@example.com", tenant="blue, green"),
            a_user("s2", "bob@example.com", enabled=False),
            a_user("s3", "eve@example.com", verified="false"),
        ],
        {"admins": ["s1"], "readers": ["s1", "s2"]},
    )


def test_an_export_has_every_page_with_groups(old: Pages) -> None:
    exported = export_users(old, "old")
    assert [user["username"] for user in exported["users"]] == ["s1", "s2", "s3"]
    assert exported["groups"] == ["admins", "readers"]
    assert [user["groups"] for user in exported["users"]] == [["admins", "readers"], ["readers"], []]
    assert [user["enabled"] for user in exported["users"]] == [True, False, True]


def test_an_import_job_gets_the_columns_it_wants_and_no_user_it_would_refuse(old: Pages) -> None:
    rows = list(csv.DictReader(io.StringIO(import_csv(export_users(old, "old"), HEADER))))
    assert list(rows[0]) == HEADER
    assert [row["cognito:username"] for row in rows] == ["ann@example.com", "bob@example.com"]
    assert rows[0]["custom:tenant"] == "blue, green"
    assert {(row["email_verified"], row["cognito:mfa_enabled"], row["phone_number_verified"]) for row in rows} == {
        ("true", "false", "false")
    }
    assert "s1" not in import_csv(export_users(old, "old"), HEADER), "a user id belongs to one pool"


def test_what_a_job_leaves_out_is_settled_for_those_who_came_over(old: Pages) -> None:
    new = Pages([a_user("n1", "Ann@example.com"), a_user("n2", "bob@example.com")], {})
    assert settle_users(new, "new", export_users(old, "old")) == {"s1": "n1", "s2": "n2"}
    assert new.changes == [("group", "n1", "admins"), ("group", "n1", "readers"), ("group", "n2", "readers"), ("disable", "n2", "")]


def test_the_three_verbs_of_the_command(old: Pages, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, job, subs = tmp_path / "users.json", tmp_path / "users.csv", tmp_path / "subs.json"
    main(["export", "--user-pool-id", "old", "--to", str(kept)], idp=old)
    assert kept.stat().st_mode & 0o777 == 0o600, "personal data"
    new = Pages([a_user("n1", "ann@example.com")], {})
    main(["csv", "--user-pool-id", "new", "--from", str(kept), "--to", str(job)], idp=new)
    main(["settle", "--user-pool-id", "new", "--from", str(kept), "--to", str(subs)], idp=new)
    assert capsys.readouterr().out.splitlines() == [
        "3 users, 2 groups",
        "2 of 3 users; the others have no verified address",
        "1 of 3 users are in the new pool",
    ]
    assert json.loads(subs.read_text()) == {"s1": "n1"}
    with pytest.raises(SystemExit):
        main(["csv", "--user-pool-id", "new", "--to", str(job)], idp=new)
    assert "--from is the file that export wrote" in capsys.readouterr().err


# --- the drill ---


@pytest.mark.deployment
@pytest.mark.xdist_group("emulator")
@pytest.mark.control("SEC-5")
def test_the_users_of_a_lost_pool_are_in_a_fresh_one(tmp_path: Path) -> None:
    with emulator(find_tools(ROOT), account=ACCOUNT, region=REGION, log=tmp_path / "emulator.log") as session:
        idp = session.client("cognito-idp", ACCOUNT, REGION)
        settings = {"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"]}
        lost, fresh = (idp.create_user_pool(PoolName=name, **settings)["UserPool"]["Id"] for name in ("lost", "fresh"))
        for pool in (lost, fresh):
            for group in ("admins", "readers"):
                idp.create_group(UserPoolId=pool, GroupName=group)
        people = [f"user{number}@example.com" for number in range(70)]  # more than a page of 60
        for email in people:
            _register(idp, lost, {"email": email, "email_verified": "true", "name": email.partition("@")[0]})
        idp.admin_add_user_to_group(UserPoolId=lost, Username=people[0], GroupName="admins")
        idp.admin_disable_user(UserPoolId=lost, Username=people[1])

        kept = tmp_path / "users.json"
        main(["export", "--user-pool-id", lost, "--to", str(kept)], idp=idp)
        idp.delete_user_pool(UserPoolId=lost)
        exported = json.loads(kept.read_text())
        assert {user["attributes"]["email"] for user in exported["users"]} == set(people)

        # What an import job does with the CSV file; the emulator has none.
        for row in csv.DictReader(io.StringIO(import_csv(exported, ["name", *HEADER]))):
            assert row["cognito:username"] == row["email"]
            _register(idp, fresh, {name: row[name] for name in ("email", "email_verified", "name")})
        subs = settle_users(idp, fresh, exported)

        restored = export_users(idp, fresh)
        told = {user["attributes"]["email"]: user for user in restored["users"]}
        before = {user["attributes"]["email"]: user for user in exported["users"]}
        assert set(told) == set(people)
        for email, user in told.items():
            assert (user["groups"], user["enabled"]) == (before[email]["groups"], before[email]["enabled"])
            assert user["attributes"]["name"] == before[email]["attributes"]["name"]
            assert subs[before[email]["attributes"]["sub"]] == user["attributes"]["sub"]
        assert len(importable(exported)) == len(people)
        assert told[people[0]]["groups"] == ["admins"]
        assert not told[people[1]]["enabled"]


def _register(idp: Any, pool: str, attributes: dict[str, str]) -> None:
    idp.admin_create_user(
        UserPoolId=pool,
        Username=attributes["email"],
        MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )
