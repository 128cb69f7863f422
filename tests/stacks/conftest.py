"""The reference platform, synthesized and judged once for all tests of this folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.messages import counted
from prodready_constructs import PRODUCTION, STAGING, guard
from prodready_constructs.compliance import Verdict
from stacks import apis, background, data, edge, game_days, operations, promises, recovery, stores, workload
from stacks.deployments import Deployment, deploy
from stacks.settings import load_settings
from tests.support.synthesis import ROOT, Template, new_app, read_templates

#: What the platform is composed in.
MODULES = (apis, background, data, edge, game_days, operations, promises, recovery, stores, workload)


@dataclass(frozen=True)
class Platform:
    """Both environments, their templates by stack name, and what the guard said."""

    directory: Path
    production: Deployment
    staging: Deployment
    templates: dict[str, Template]
    verdict: Verdict
    #: jsii messages of construction, by kind.
    messages: Counter[str]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    directory = tmp_path_factory.mktemp("platform")
    app = new_app(outdir=str(directory))
    with counted() as messages:
        production = deploy(app, "Prod", posture=PRODUCTION, settings=load_settings(ROOT / "settings" / "production.toml"))
        staging = deploy(app, "Staging", posture=STAGING, settings=load_settings(ROOT / "settings" / "staging.toml"))
    verdict = guard(app, staging=staging.stacks, lock=ROOT / "stateful.lock.json")
    return Platform(
        directory=directory,
        production=production,
        staging=staging,
        templates=read_templates(directory),
        verdict=verdict,
        messages=messages,
    )
