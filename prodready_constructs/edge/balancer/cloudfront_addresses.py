"""Whence CloudFront reaches an origin: the AWS-managed prefix list of its addresses, which has another id in every region."""

from __future__ import annotations

from aws_cdk import CfnMapping

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import REGION, Part

#: Region -> id of ``com.amazonaws.global.cloudfront.origin-facing``. The ids never change; a look-up at synth would need credentials.
#: Source: AWS Networking & Content Delivery blog, "Limit access to your origins using the AWS-managed prefix list for Amazon CloudFront";
#: ``aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing`` says them.
PREFIX_LISTS = {
    "ap-northeast-1": "pl-58a04531",
    "ap-northeast-2": "pl-22a6434b",
    "ap-northeast-3": "pl-31a14458",
    "ap-south-1": "pl-9aa247f3",
    "ap-southeast-1": "pl-31a34658",
    "ap-southeast-2": "pl-b8a742d1",
    "ca-central-1": "pl-38a64351",
    "eu-central-1": "pl-a3a144ca",
    "eu-north-1": "pl-fab65393",
    "eu-west-1": "pl-4fa04526",
    "eu-west-2": "pl-93a247fa",
    "eu-west-3": "pl-75b1541c",
    "sa-east-1": "pl-5da64334",
    "us-east-1": "pl-3b927c52",
    "us-east-2": "pl-b6a144df",
    "us-west-1": "pl-4ea04527",
    "us-west-2": "pl-82a045eb",
}


def prefix_list(construct: Part) -> str:
    """The id of CloudFront's prefix list in the region of *construct*; a mapping of the template where its stack states none.

    Raises:
        ConfigurationError: a region whose id we do not know.
    """
    region = construct.stated_region
    if region is None:
        mapping = CfnMapping(construct, "CloudFrontPrefixLists", mapping={name: {"id": value} for name, value in PREFIX_LISTS.items()})
        return mapping.find_in_map(REGION, "id")
    if region not in PREFIX_LISTS:
        raise ConfigurationError(
            f"{construct.path}: cloudfront_prefix_list",
            given=f"a stack of {region}",
            allowed=f"one of {', '.join(PREFIX_LISTS)}, or the id itself",
            mend="ask 'aws ec2 describe-managed-prefix-lists' for com.amazonaws.global.cloudfront.origin-facing and hand the id over",
        )
    return PREFIX_LISTS[region]
