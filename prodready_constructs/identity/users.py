"""Users of a directory as a file and back: Cognito has no backup. Runs where an operator or a scheduled job is signed in to AWS.

    python -m prodready_constructs.identity.users export --user-pool-id <pool> --to users.json
    python -m prodready_constructs.identity.users csv    --user-pool-id <new pool> --from users.json --to users.csv
    python -m prodready_constructs.identity.users settle --user-pool-id <new pool> --from users.json --to subs.json

``csv`` is for a user import job, ``settle`` afterwards restores what such a job leaves out: groups and disabled accounts; it writes which new
user id (``sub``) stands for which old one. Passwords, authenticator seeds, passkeys and remembered devices never leave Cognito.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html
"""

from __future__ import annotations

import argparse
import csv
import importlib
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

#: Given by Cognito anew in each pool, so no import takes them.
_OWN_TO_A_POOL = ("sub", "identities", "cognito:user_status")
#: Columns of an import that are no attributes; a user's second factor is set up again, so it is off.
_FIXED = {"cognito:mfa_enabled": "false"}


def export_users(idp: Any, pool_id: str) -> dict[str, Any]:
    """Every user with attributes and groups, and every group, by ``ListUsers`` (which makes nobody a monthly active user)."""
    groups = list(_pages(idp, "list_groups", "Groups", UserPoolId=pool_id))
    member_of: dict[str, list[str]] = {}
    for group in groups:
        for user in _pages(idp, "list_users_in_group", "Users", UserPoolId=pool_id, GroupName=group["GroupName"]):
            member_of.setdefault(user["Username"], []).append(group["GroupName"])
    return {
        "pool": pool_id,
        "groups": sorted(group["GroupName"] for group in groups),
        "users": [
            {
                "username": user["Username"],
                "attributes": {one["Name"]: one["Value"] for one in user.get("Attributes", ())},
                "enabled": user["Enabled"],
                "status": user["UserStatus"],
                "groups": sorted(member_of.get(user["Username"], ())),
            }
            for user in _pages(idp, "list_users", "Users", UserPoolId=pool_id)
        ],
    }


def import_csv(exported: dict[str, Any], header: Sequence[str]) -> str:
    """The users for a user import job, in the columns of the new pool (``GetCSVHeader``).

    Users without a verified address are left out: Cognito imports nobody whom it could not send a code to.
    """
    written = io.StringIO()
    rows = csv.DictWriter(written, fieldnames=list(header), extrasaction="ignore", lineterminator="\n")
    rows.writeheader()
    for user in importable(exported):
        known = {name: value for name, value in user["attributes"].items() if name not in _OWN_TO_A_POOL}
        rows.writerow(
            {**dict.fromkeys(header, ""), **known, **_FIXED, "cognito:username": known["email"], "phone_number_verified": "false"}
        )
    return written.getvalue()


def importable(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """The users that an import takes."""
    return [user for user in exported["users"] if user["attributes"].get("email_verified") == "true" and user["attributes"].get("email")]


def settle_users(idp: Any, pool_id: str, exported: dict[str, Any]) -> dict[str, str]:
    """Restore groups and disabled accounts of the users that are in the new pool; old user id -> new one. May be run again."""
    found = {
        attributes["email"].lower(): (user["Username"], attributes["sub"])
        for user in _pages(idp, "list_users", "Users", UserPoolId=pool_id)
        if "email" in (attributes := {one["Name"]: one["Value"] for one in user["Attributes"]})
    }
    subs: dict[str, str] = {}
    for user in exported["users"]:
        name, sub = found.get(user["attributes"].get("email", "").lower(), (None, None))
        if name is None or sub is None:
            continue
        for group in user["groups"]:
            idp.admin_add_user_to_group(UserPoolId=pool_id, Username=name, GroupName=group)
        if not user["enabled"]:
            idp.admin_disable_user(UserPoolId=pool_id, Username=name)
        subs[user["attributes"]["sub"]] = sub
    return subs


def _pages(idp: Any, operation: str, key: str, **request: Any) -> Iterator[dict[str, Any]]:
    for page in idp.get_paginator(operation).paginate(**request):
        yield from page[key]


def main(arguments: Sequence[str] | None = None, *, idp: Any = None) -> None:
    """One of the three verbs above."""
    parser = argparse.ArgumentParser(description="Users of a Cognito user pool as a file and back")
    parser.add_argument("verb", choices=("export", "csv", "settle"))
    parser.add_argument("--user-pool-id", required=True)
    parser.add_argument("--from", dest="source", type=Path)
    parser.add_argument("--to", required=True, type=Path)
    given = parser.parse_args(arguments)
    if given.verb != "export" and given.source is None:
        parser.error("--from is the file that export wrote")
    idp = idp or importlib.import_module("boto3").client("cognito-idp")
    exported = export_users(idp, given.user_pool_id) if given.verb == "export" else json.loads(given.source.read_text(encoding="utf-8"))
    if given.verb == "csv":
        text = import_csv(exported, idp.get_csv_header(UserPoolId=given.user_pool_id)["CSVHeader"])
        print(f"{len(importable(exported))} of {len(exported['users'])} users; the others have no verified address")
    elif given.verb == "settle":
        subs = settle_users(idp, given.user_pool_id, exported)
        text = json.dumps(subs, indent=1)
        print(f"{len(subs)} of {len(exported['users'])} users are in the new pool")
    else:
        text = json.dumps(exported, indent=1, default=str)
        print(f"{len(exported['users'])} users, {len(exported['groups'])} groups")
    given.to.touch(mode=0o600)  # personal data: nobody else's to read
    given.to.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
