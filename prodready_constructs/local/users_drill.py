"""The users of a lost pool, brought back with the operator's own command: Cognito has no backup."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from prodready_constructs.local.assembly import Assembly
from prodready_constructs.local.drills import DrillFailedError, first_resource, physical_id
from prodready_constructs.local.processes import ProcessGroup
from prodready_constructs.local.session import Session

_COMMAND = "prodready_constructs.identity.users"
_POOL = "AWS::Cognito::UserPool"
_GROUP = "drill"
#: Address of each user -> whether the account is disabled. The first is a member of the group.
_USERS = {"drill-member@example.com": False, "drill-disabled@example.com": True}
#: What the new pool must have in common with the lost one, and the API says of it.
_SETTINGS = ("UsernameAttributes", "AutoVerifiedAttributes", "UsernameConfiguration")


def users_come_back(session: Session, assembly: Assembly, *, folder: Path) -> Iterator[str]:
    """Users, groups and disabled accounts of the first user pool arrive in a new one by its export; what was made for it is deleted again."""
    found = first_resource(assembly, lambda resource: resource["Type"] == _POOL)
    if found is None:
        yield "no user pool in the assembly"
        return
    stack, logical_id = found
    lost = physical_id(session, stack, logical_id)
    drill = _Drill(session, stack.account, stack.region, folder)
    yield f"{stack.name}: {logical_id} gets {len(_USERS)} users, one in a group, one disabled"
    try:
        yield from _moved(drill, lost, folder)
    except drill.idp.exceptions.ClientError as error:
        raise DrillFailedError(str(error)) from error
    finally:
        drill.clear(lost)
    yield "passwords and second factors do not come over: each user sets them again"


def _moved(drill: _Drill, lost: str, folder: Path) -> Iterator[str]:
    """From *lost* to a new pool, and what is there then."""
    drill.fill(lost)
    fresh = drill.pool_like(lost)
    kept = folder / "users.json"
    yield f"{_COMMAND} export: {drill.run('export', lost, to=kept)}"
    exported = _by_address(json.loads(kept.read_text()))
    drill.register(fresh, list(_USERS))
    drill.run("settle", fresh, to=folder / "subs.json", source=kept)
    subs = json.loads((folder / "subs.json").read_text())
    drill.run("export", fresh, to=folder / "restored.json")
    restored = _by_address(json.loads((folder / "restored.json").read_text()))
    for address, user in restored.items():
        before = exported[address]
        if (user["groups"], user["enabled"]) != (before["groups"], before["enabled"]):
            raise DrillFailedError(f"{address} was {before} and is {user}")
        if subs.get(before["attributes"]["sub"]) != user["attributes"]["sub"]:
            raise DrillFailedError(f"the new id of {address} was not written")
    yield f"the new pool has {len(restored)} of {len(_USERS)} users with groups, disabled accounts and new ids"
    if missing := sorted(set(_USERS) - set(restored)):
        raise DrillFailedError(f"missing: {', '.join(missing)}")


def _by_address(exported: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The users of the drill by their address; a pool may hold others."""
    users = {user["attributes"].get("email"): user for user in exported["users"]}
    return {address: users[address] for address in _USERS if address in users}


class _Drill:
    """The pool's API, and the command that an operator would run."""

    def __init__(self, session: Session, account: str, region: str, folder: Path) -> None:
        self.idp = session.client("cognito-idp", account, region)
        self._folder = folder
        self._made = ""
        environment = session.environment(account, region)
        self._environment = {**environment, "PYTHONPATH": os.fspath(session.tools.package.parent)}

    def pool_like(self, pool: str) -> str:
        """A new pool with the sign-in settings of *pool*, and the group."""
        described = self.idp.describe_user_pool(UserPoolId=pool)["UserPool"]
        settings = {name: described[name] for name in _SETTINGS if described.get(name)}
        self._made = self.idp.create_user_pool(PoolName="drill", **settings)["UserPool"]["Id"]
        self.idp.create_group(UserPoolId=self._made, GroupName=_GROUP)
        return self._made

    def fill(self, pool: str) -> None:
        """The users, the group and the disabled account."""
        self.idp.create_group(UserPoolId=pool, GroupName=_GROUP)
        self.register(pool, list(_USERS))
        self.idp.admin_add_user_to_group(UserPoolId=pool, Username=next(iter(_USERS)), GroupName=_GROUP)
        for address, disabled in _USERS.items():
            if disabled:
                self.idp.admin_disable_user(UserPoolId=pool, Username=address)

    def register(self, pool: str, addresses: list[str]) -> None:
        """What a user import job does; the emulator has none."""
        for address in addresses:
            attributes = [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]
            # Long and of every kind of character, whatever the pool's policy.
            named = {"Username": address, "UserAttributes": attributes, "TemporaryPassword": f"Aa1!{secrets.token_urlsafe(24)}"}
            self.idp.admin_create_user(UserPoolId=pool, MessageAction="SUPPRESS", **named)

    def clear(self, pool: str) -> None:
        """Delete the new pool, and what the drill put into *pool*."""
        if self._made:
            self.idp.delete_user_pool(UserPoolId=self._made)
        for address in _USERS:
            with suppress(self.idp.exceptions.UserNotFoundException):
                self.idp.admin_delete_user(UserPoolId=pool, Username=address)
        with suppress(self.idp.exceptions.ResourceNotFoundException):
            self.idp.delete_group(UserPoolId=pool, GroupName=_GROUP)

    def run(self, verb: str, pool: str, *, to: Path, source: Path | None = None) -> str:
        """Run the command; returns its last line."""
        log = self._folder / f"{verb}.log"
        command = [sys.executable, "-m", _COMMAND, verb, "--user-pool-id", pool, "--to", str(to)]
        command += ["--from", str(source)] if source else []
        with log.open("wb") as output:
            code = ProcessGroup(command, environment=self._environment, folder=self._folder, log=output).wait()
        said = log.read_text(errors="replace").strip()
        if code:
            raise DrillFailedError(f"{verb} ended with {code}: {said[-500:]}")
        return said.splitlines()[-1] if said else ""
