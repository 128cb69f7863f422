"""What differs between the environments is the posture, and nothing else."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields, replace
from typing import Any

import pytest

from prodready_constructs import PRODUCTION, STAGING, Posture
from stacks.deployments import deploy
from stacks.settings import Settings, load_settings
from tests.stacks.conftest import MODULES
from tests.support.synthesis import ROOT, new_app, synth_all


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every leaf of a template, by its path. A text that is joined is one leaf: its pieces move when one is added."""
    if isinstance(value, dict) and "Fn::Join" in value:
        return {path: json.dumps(value)}
    if isinstance(value, dict):
        return {key: leaf for name, inner in value.items() for key, leaf in flat(inner, f"{path}/{name}").items()}
    if isinstance(value, list):
        return {key: leaf for number, inner in enumerate(value) for key, leaf in flat(inner, f"{path}/{number}").items()}
    return {path: value}


def leaves(posture: Posture, settings: Settings) -> dict[str, Any]:
    app = new_app()
    deploy(app, "Prod", posture=posture, settings=settings)
    return {f"{name}{path}": leaf for name, template in synth_all(app).items() for path, leaf in flat(template.body).items()}


def difference(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    absent = object()
    return {path for path in one.keys() | other.keys() if one.get(path, absent) != other.get(path, absent)}


#: The recovery slice holds the databases to its promises: they change together.
LINKED = {"aurora", "recovery"}


def slices(name: str) -> dict[str, Any]:
    return {each: getattr(STAGING, each) for each in ([name, *LINKED] if name == "database" else [name])}


@pytest.mark.control("CD-4")
def test_staging_differs_from_production_by_its_posture_alone() -> None:
    settings = load_settings(ROOT / "settings" / "production.toml")
    production = leaves(PRODUCTION, settings)
    by_slice = {
        field.name: difference(production, leaves(replace(PRODUCTION, **slices(field.name)), settings))
        for field in fields(Posture)
        if field.name not in LINKED and getattr(PRODUCTION, field.name) != getattr(STAGING, field.name)
    }
    written = "".join(map(inspect.getsource, MODULES))
    silent = [name for name, paths in by_slice.items() if not paths and f"posture.{name}" in written]
    assert silent == ["monitoring"], "page_on_critical alone decides what is refused, not what is made"
    whole = difference(production, leaves(STAGING, settings))
    explained = set().union(*by_slice.values())
    # The database's alarms and dashboard graphs move together with two slices at once; the path is then in one of them.
    assert whole <= explained, sorted(whole - explained)[:10]
