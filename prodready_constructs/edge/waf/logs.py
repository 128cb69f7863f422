"""Where the log of a web ACL goes, and what of it is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aws_cdk import Aws, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as wafv2

from prodready_constructs.errors import ConfigurationError
from prodready_constructs.foundation import ACCOUNT_ID, PARTITION, DataKey, EncryptedLogGroup, Part

Logging = wafv2.CfnLoggingConfiguration
#: By what the origin of a distribution knows CloudFront: a value that only CloudFront and this origin have.
ORIGIN_PROOF_HEADER = "x-origin-verify"
#: What the logs and the sampled requests never show: who signs in, by token, session, API key or, at AppSync's WebSockets, protocol.
CREDENTIAL_HEADERS = ("authorization", "cookie", "x-api-key", "sec-websocket-protocol", ORIGIN_PROOF_HEADER)
#: AppSync's WebSockets also take the credentials as the query string's argument ``header``.
CREDENTIAL_ARGUMENTS = ("header",)
#: AWS WAF writes to destinations of this name only.
PREFIX = "aws-waf-logs-"
#: What is worth keeping when not everything is: what a rule did something about.
_NOTEWORTHY = ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT", "CAPTCHA", "CHALLENGE")
#: A part of the stack's id, new with every creation: a log group that outlived its stack is not in the way of the next. Made once.
_INCARNATION = Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))
_FIREHOSE = re.compile(r"arn:[^:]+:firehose:[^:]+:[^:]+:deliverystream/" + PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class WafLogs:
    """Where the log goes, and what of it is kept. Credentials are taken out everywhere, always.

    Attributes:
        bucket: an S3 bucket named ``aws-waf-logs-...``, instead of the log group; AWS's log delivery is let in.
        stream_arn: a Firehose stream named ``aws-waf-logs-...``, instead of the log group.
        keep: ``all`` requests, or the ``noteworthy``: blocked, counted or challenged.
        samples: AWS WAF keeps samples of requests for three hours, seen in the console. False where paths and headers are sensitive.
    """

    bucket: s3.IBucket | None = None
    stream_arn: str | None = None
    keep: Literal["all", "noteworthy"] = "all"
    samples: bool = True

    def __post_init__(self) -> None:
        if self.keep not in {"all", "noteworthy"}:
            raise ConfigurationError(
                "WafLogs.keep", given=self.keep, allowed="all or noteworthy", mend="'noteworthy' drops what was let through"
            )
        if self.bucket is not None and self.stream_arn is not None:
            raise ConfigurationError(
                "WafLogs",
                given="a bucket and a stream",
                allowed="one destination: AWS WAF takes no more",
                mend="let the stream write to the bucket",
            )
        if self.bucket is not None:
            _require_prefix(self.bucket)
        if self.stream_arn is not None and "${Token[" not in self.stream_arn and not _FIREHOSE.match(self.stream_arn):
            raise ConfigurationError(
                "WafLogs.stream_arn",
                given=self.stream_arn,
                allowed=f"the ARN of a Firehose stream whose name begins with {PREFIX}",
                mend="arn:aws:firehose:eu-west-1:111122223333:deliverystream/aws-waf-logs-shop",
            )

    def destination(self) -> str | None:
        """The ARN of the bucket (which is opened to log delivery) or of the stream; None for the web ACL's own log group."""
        if self.bucket is None:
            return self.stream_arn
        arn = self.bucket.bucket_arn
        from_here = {
            "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
            "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:logs:*:{ACCOUNT_ID}:*"},
        }
        deliver = {"Service": "delivery.logs.amazonaws.com"}
        put = {
            **from_here,
            "StringEquals": {"aws:SourceAccount": ACCOUNT_ID, "s3:x-amz-acl": "bucket-owner-full-control"},
        }
        for action, resource, condition in (
            ("s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT_ID}/*", put),
            ("s3:GetBucketAcl", arn, from_here),
        ):
            statement = {"Effect": "Allow", "Principal": deliver, "Action": action, "Resource": resource, "Condition": condition}
            self.bucket.add_to_resource_policy(iam.PolicyStatement.from_json(statement))
        if (key := self.bucket.encryption_key) is not None:
            encrypt = {"Effect": "Allow", "Principal": deliver, "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}
            key.add_to_resource_policy(iam.PolicyStatement.from_json({**encrypt, "Condition": from_here}))
        return arn

    def filter(self) -> Mapping[str, object] | None:
        """What AWS WAF drops, as JSON (the CDK knows the property as such); None where it keeps all."""
        if self.keep == "all":
            return None
        conditions = [{"ActionCondition": {"Action": action}} for action in _NOTEWORTHY]
        return {"DefaultBehavior": "DROP", "Filters": [{"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": conditions}]}

    def look(self, log_group: str | None, *, cloudfront: bool) -> str:
        """The first command of whoever wants to see what was blocked."""
        region = " --region us-east-1" if cloudfront else ""
        if log_group is not None:
            return f"aws logs tail {log_group} --since 30m --filter-pattern '{{ $.action = \"BLOCK\" }}'{region}"
        if self.bucket is not None:
            return f"aws s3 ls --recursive s3://{self.bucket.bucket_name}/AWSLogs/{ACCOUNT_ID}/WAFLogs/ | tail -5"
        return f"aws firehose describe-delivery-stream --delivery-stream-name {str(self.stream_arn).rpartition('/')[2]}{region}"


def own_log_group(acl: Part, metric_name: str, *, retention: timedelta, encryption_key: kms.IKey | None) -> logs.ILogGroup:
    """An encrypted log group of *acl*, named as AWS WAF demands."""
    key = encryption_key or DataKey(acl, "Key", description=f"WAF logs of {acl.path}", encrypts_logs=True).key
    name = f"{PREFIX}{metric_name}-{_INCARNATION}"
    return EncryptedLogGroup(acl, "Logs", retention=retention, encryption_key=key, name=name).log_group


def keep_log(acl: Part, acl_arn: str, destination: str, kept: WafLogs) -> None:
    """Send the log of *acl* to *destination*, without credentials."""
    Logging(
        acl,
        "Logging",
        resource_arn=acl_arn,
        log_destination_configs=[destination],
        logging_filter=kept.filter(),
        redacted_fields=[Logging.FieldToMatchProperty(single_header={"Name": header}) for header in CREDENTIAL_HEADERS],
    )


def log_group_arn(name: str) -> str:
    """The ARN without ``:*``, which is the only form AWS WAF takes; AWS adds the log group's resource policy by itself."""
    return Fn.sub("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Name}", {"Name": name})


def _require_prefix(bucket: s3.IBucket) -> None:
    name = bucket.bucket_name
    if "${Token[" in name:
        # A bucket made here: the name stands in its L1, if it has one.
        made = bucket.node.default_child
        name = (made.bucket_name or "") if isinstance(made, s3.CfnBucket) else PREFIX
        if not name or "${Token[" in name:
            name = "a name that CloudFormation chooses"
    if not name.startswith(PREFIX):
        raise ConfigurationError(
            "WafLogs.bucket",
            given=name,
            allowed=f"a bucket whose name begins with {PREFIX}",
            mend="give it a name: AWS WAF writes to no other",
        )
