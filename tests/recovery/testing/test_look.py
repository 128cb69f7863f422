"""The look into restored tables and buckets, and what the function does with events that are none of its business."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from prodready_constructs.recovery.testing.handlers import trust
from tests.recovery.testing.fake_aws import RESTORED, SOURCE, FakeAws
from tests.recovery.testing.looking import Invoke

pytestmark = pytest.mark.control("DR-2")
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/carts"
BUCKET = "arn:aws:s3:::uploads"
CHECKS = {TABLE: {"kind": "table", "at_least": 10}, BUCKET: {"kind": "bucket", "at_least": 2}}


def a_table(aws: FakeAws, **changes: Any) -> str:
    restored = f"arn:aws:dynamodb:us-east-1:111122223333:table/{RESTORED}"
    return aws.add_job(SourceResourceArn=TABLE, CreatedResourceArn=restored, **changes)


def a_bucket(aws: FakeAws) -> str:
    return aws.add_job(SourceResourceArn=BUCKET, CreatedResourceArn=f"arn:aws:s3:::{RESTORED}")


@pytest.mark.parametrize(
    ("items", "status", "message"),
    [
        (25, "SUCCESSFUL", "10 items read (at least 10)"),
        (9, "FAILED", "Wrong: 9 items, less than 10"),
        (0, "FAILED", "Wrong: 0 items, less than 10"),
    ],
)
def test_a_table_is_read_until_there_is_enough(aws: FakeAws, look: Invoke, items: int, status: str, message: str) -> None:
    aws.items = items
    assert look(a_table(aws), CHECKS)["restoreTest"] == status
    assert aws.told == [("job-1", status, message)]


@pytest.mark.parametrize(
    ("objects", "status", "message"),
    [
        ({"a": b"one", "b": b"two", "c": b"3"}, "SUCCESSFUL", "2 objects (at least 2), 'a' can be read"),
        ({"folder": b"", "b": b"two"}, "SUCCESSFUL", "2 objects (at least 2), 'b' can be read"),
        ({"a": b"", "b": b""}, "SUCCESSFUL", "2 objects, all of them empty (at least 2)"),
        ({"a": b"one"}, "FAILED", "Wrong: 1 objects, less than 2"),
        ({}, "FAILED", "Wrong: 0 objects, less than 2"),
    ],
)
def test_a_bucket_is_listed_and_read(aws: FakeAws, look: Invoke, objects: dict[str, bytes], status: str, message: str) -> None:
    aws.objects = objects
    assert look(a_bucket(aws), CHECKS)["restoreTest"] == status
    assert aws.told == [("job-1", status, message)]


@pytest.mark.parametrize(
    "changes",
    [
        {"CreatedBy": {"RestoreTestingPlanArn": "arn:aws:backup:us-east-1:111122223333:restore-testing-plan:Other-2"}},
        {"CreatedBy": {}},
        {"ValidationStatus": "SUCCESSFUL"},
        {"ValidationStatus": "TIMED_OUT"},
        {"Status": "RUNNING"},
    ],
    ids=["of another plan", "by hand", "judged before", "too late", "not ended"],
)
def test_what_is_none_of_its_business_is_ignored(aws: FakeAws, look: Invoke, changes: dict[str, Any]) -> None:
    assert look(a_table(aws, **changes), CHECKS)["restoreTest"] == "IGNORED"
    assert aws.told == []


def test_a_restore_that_failed_is_counted_and_has_nothing_to_look_into(aws: FakeAws, look: Invoke) -> None:
    outcome = look(a_table(aws, Status="FAILED", StatusMessage="no subnet group"), CHECKS)
    assert (outcome["restoreTest"], outcome["message"]) == ("NOT_RESTORED", "no subnet group")
    assert aws.told == []


def test_a_store_that_nobody_described_fails(aws: FakeAws, look: Invoke) -> None:
    look(aws.add_job(SourceResourceArn="arn:aws:s3:::strange"), CHECKS)
    assert aws.told == [("job-1", "FAILED", "Wrong: nobody said what arn:aws:s3:::strange must have")]


def test_a_result_that_aws_backup_does_not_take_is_tried_again(aws: FakeAws, look: Invoke) -> None:
    aws.items, aws.refusals = 25, [500]
    job = a_table(aws)
    with pytest.raises(ClientError):
        look(job, CHECKS)
    assert look(job, CHECKS)["restoreTest"] == "SUCCESSFUL"
    assert len(aws.told) == 1


def days_ago(days: float) -> float:
    return (datetime.now(UTC) - timedelta(days=days)).timestamp()


def test_days_are_counted_for_the_store_that_was_left_out_longest(aws: FakeAws, look: Invoke) -> None:
    aws.made = datetime.now(UTC) - timedelta(days=200)
    done = {"ValidationStatus": "SUCCESSFUL"}
    aws.add_job("1", SourceResourceArn=TABLE, CompletionDate=days_ago(40), **done)
    aws.add_job("2", SourceResourceArn=TABLE, CompletionDate=days_ago(10), **done)
    aws.add_job("3", SourceResourceArn=BUCKET, CompletionDate=days_ago(36), **done)
    aws.add_job("4", SourceResourceArn=BUCKET, CompletionDate=days_ago(5), ValidationStatus="FAILED")
    aws.add_job("5", SourceResourceArn=SOURCE, CompletionDate=days_ago(1), **done)
    assert look(None, CHECKS) == {"restoreTest": "AGE", "days": 36.0}


@pytest.mark.parametrize("days", [0, 3, 90])
def test_a_plan_without_a_success_is_as_old_as_itself(aws: FakeAws, look: Invoke, days: int) -> None:
    aws.made = datetime.now(UTC) - timedelta(days=days)
    assert look(None, CHECKS)["days"] == days


def test_there_is_no_way_around_verification() -> None:
    import ssl

    context = trust.trusted()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
