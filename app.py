#!/usr/bin/env python3
"""The reference platform: settings -> deployments -> guard."""

from pathlib import Path

import aws_cdk as cdk

from prodready_constructs import PRODUCTION, STAGING, guard
from stacks.deployments import deploy
from stacks.settings import load_settings

HERE = Path(__file__).parent

# Here as well as in cdk.json, so that plain `python app.py` makes the same references between stacks as the CDK CLI.
app = cdk.App(context={"@aws-cdk/core:defaultCrossStackReferences": "weak"})
production = deploy(app, "Prod", posture=PRODUCTION, settings=load_settings(HERE / "settings" / "production.toml"))
staging = deploy(app, "Staging", posture=STAGING, settings=load_settings(HERE / "settings" / "staging.toml"))
guard(app, staging=staging.stacks, lock=HERE / "stateful.lock.json")
