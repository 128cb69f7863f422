"""Which region an ARN names, and which regions are refused."""

from __future__ import annotations

import pytest
from aws_cdk import aws_kms as kms

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import region_of_arn, require_class, require_region
from prodready_constructs.posture import PRODUCTION
from tests.support.synthesis import new_stack


@pytest.mark.control("GOV-6")
def test_a_region_is_read_where_it_is_known() -> None:
    assert region_of_arn("arn:aws:backup:eu-west-1:111122223333:backup-vault:second") == "eu-west-1"
    assert region_of_arn("arn:${Token[AWS.Partition.3]}:kms:eu-west-1:111122223333:key/1") == "eu-west-1"
    assert region_of_arn("arn:aws:s3:::bucket") is None, "a bucket's ARN has none"
    assert region_of_arn("") is None
    assert region_of_arn(kms.Key(new_stack(), "Key").key_arn) is None, "known at the deployment only"


@pytest.mark.control("GOV-6")
def test_only_a_known_region_outside_the_list_is_refused() -> None:
    for region, allowed in (("eu-west-1", ("eu-west-1",)), ("eu-west-1", ()), (None, ("eu-west-1",))):
        require_region("Somewhere", region, allowed)
    with pytest.raises(
        ConfigurationError,
        match=r"^Somewhere: got 'us-east-1'; allowed: eu-west-1: the posture's allowed_regions; put it into one of them, .*$",
    ):
        require_region("Somewhere", "us-east-1", ("eu-west-1",))


@pytest.mark.control("STORE-6")
def test_a_class_is_asked_for_where_it_is_needed() -> None:
    assert require_class("Here", PRODUCTION.data.public) is PRODUCTION.data.public
    with pytest.raises(
        ConfigurationError, match=r"^Here: data_class: got None; allowed: the class of the data it holds: .*; hand over .*$"
    ):
        require_class("Here", None)
