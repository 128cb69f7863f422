"""The callers a REST API counts apart: an API key and a usage plan each."""

from __future__ import annotations

import re

from aws_cdk import aws_apigateway as apigateway

from prodready_constructs.edge.rest_api.methods import Methods
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import Part

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Clients:
    """Keys and plans of one API. A key meters; who may call is the authorizer's to say."""

    def __init__(self, api: Part, *, api_id: str, stage: apigateway.CfnStage, methods: Methods) -> None:
        self._api = api
        self._api_id = api_id
        self._stage = stage
        self._methods = methods
        self._names: set[str] = set()

    def add(self, name: str, *, rate: int, burst: int, daily_quota: int | None) -> apigateway.IApiKey:
        """See ``ProtectedRestApi.add_client``."""
        where = f"{self._api.path}: client"
        if not _NAME.fullmatch(name) or name in self._names:
            raise ConfigurationError(
                where,
                given=name,
                allowed="a name in small letters, digits and single hyphens, such as 'partner-shop', once",
                mend="give each client a name of its own",
            )
        self._methods.require_pace(f"client {name}", rate=rate, burst=burst)
        if daily_quota is not None and daily_quota < 1:
            raise ConfigurationError(
                f"{where} {name}: daily_quota", given=daily_quota, allowed="1 or more requests a day", mend="leave it out for no quota"
            )
        self._names.add(name)
        self._methods.require_keys()
        # The name as it is: "a-1" and "a1" stay two.
        client = Part(self._api, f"Client-{name}")
        # API Gateway makes up the value: one that is given would stand in the template.
        key = apigateway.ApiKey(client, "Key", description=f"Meters the calls of {name}; it does not say who they are", enabled=True)
        # By the L1: the ids of the L2's keys follow a feature flag of the consumer.
        plan = apigateway.CfnUsagePlan(
            client,
            "Plan",
            description=f"What {name} may ask of the API",
            api_stages=[apigateway.CfnUsagePlan.ApiStageProperty(api_id=self._api_id, stage=self._stage.ref)],
            throttle=apigateway.CfnUsagePlan.ThrottleSettingsProperty(rate_limit=rate, burst_limit=burst),
            quota=apigateway.CfnUsagePlan.QuotaSettingsProperty(limit=daily_quota, period="DAY") if daily_quota else None,
        )
        apigateway.CfnUsagePlanKey(client, "PlanKey", key_id=key.key_id, key_type="API_KEY", usage_plan_id=plan.ref)
        return key
