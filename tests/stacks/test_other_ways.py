"""The reference platform deployed otherwise: without an account, without a domain, elsewhere, without feature flags."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from prodready_constructs import PRODUCTION
from stacks.deployments import deploy
from stacks.settings import Settings, load_settings
from tests.support.synthesis import ROOT, Template, new_app, synth_all


@pytest.fixture(scope="module")
def production_settings() -> Settings:
    return load_settings(ROOT / "settings" / "production.toml")


@pytest.mark.control("LIB-6")
def test_an_environment_without_an_account_synthesizes_without_credentials(production_settings: Settings) -> None:
    app = new_app()
    deploy(app, "Prod", posture=PRODUCTION, settings=replace(production_settings, account=None))
    templates = synth_all(app)
    assert "111122223333" not in json.dumps([template.body for template in templates.values()])
    assert len(templates["ProdDataStack"].of_type("AWS::EC2::Subnet")) == 2 * len(production_settings.zones)


@pytest.mark.control("WEB-10")
def test_a_trial_without_a_domain_deploys_with_a_warning(production_settings: Settings) -> None:
    app = new_app()
    deploy(app, "Prod", posture=PRODUCTION, settings=replace(production_settings, domain=None))
    templates = synth_all(app)
    workload_template = templates["ProdStack"]
    assert not workload_template.of_type("AWS::CertificateManager::Certificate")
    assert not workload_template.of_type("AWS::Route53::RecordSet")
    behaviour = workload_template.props("AWS::CloudFront::Distribution", "Site")["DistributionConfig"]["DefaultCacheBehavior"]
    assert behaviour["ViewerProtocolPolicy"] == "redirect-to-https"
    warnings = [entry for entries in workload_template.metadata.values() for entry in entries if entry["type"] == "aws:cdk:warning"]
    assert warnings
    assert all("production wants domain=" in str(entry["data"]) for entry in warnings)


@pytest.mark.control("LIB-6")
def test_another_region_keeps_the_edge_in_us_east_1(production_settings: Settings) -> None:
    app = new_app()
    deployment = deploy(
        app,
        "Prod",
        posture=PRODUCTION,
        settings=replace(
            production_settings, region="eu-west-1", zones=("eu-west-1a", "eu-west-1b", "eu-west-1c"), second_region="eu-central-1"
        ),
    )
    templates = synth_all(app)
    assert deployment.edge.region == "us-east-1"
    assert deployment.workload.region == "eu-west-1"
    assert any(alarms_on(template, "AWS/CloudFront") for template in templates.values()), "the site's alarms live where its metrics are"
    assert not alarms_on(templates["ProdStack"], "AWS/CloudFront")


def alarms_on(template: Template, namespace: str) -> list[str]:
    return [name for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items() if namespace in json.dumps(alarm)]


@pytest.mark.control("LIB-6")
def test_no_feature_flag_is_needed(production_settings: Settings) -> None:
    """Hardening does not rest on the consumer's feature flags: with the weak references alone the same resources come out."""
    flags = {"@aws-cdk/core:defaultCrossStackReferences": "weak"}
    app = new_app(flags=flags)
    deploy(app, "Prod", posture=PRODUCTION, settings=production_settings)
    templates = synth_all(app)
    distribution = templates["ProdStack"].props("AWS::CloudFront::Distribution", "Site")["DistributionConfig"]
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"].startswith("TLSv1.")
    instance = templates["ProdDataStack"].props("AWS::RDS::DBInstance", "Orders")
    assert instance["StorageEncrypted"] is True
    assert instance["PubliclyAccessible"] is False
    for template in templates.values():
        for name, bucket in template.of_type("AWS::S3::Bucket").items():
            assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}, name
