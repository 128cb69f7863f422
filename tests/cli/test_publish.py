"""``prodready publish``: no visitor sees half a release, running tabs keep their assets, and only pages are forgotten at the edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

from prodready_constructs import cli
from prodready_constructs.cli.publish import ASK_AGAIN, FOREVER, MOST_PATHS, content_type, paths_of, publish, read_release
from prodready_constructs.errors import ConfigurationError

TODAY = date(2026, 5, 1)
ASSETS = ["assets/*"]
_AWS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
MODELS = {name: boto3.client(name, **_AWS).meta.service_model for name in ("s3", "cloudfront")}  # type: ignore[call-overload]


def check(service: str, operation: str, given: Mapping[str, Any]) -> None:
    """As boto3 itself checks what is sent."""
    validate_parameters(dict(given), MODELS[service].operation_model(operation).input_shape)


class Bucket:
    """S3 as far as publishing knows it."""

    def __init__(self, *keys: str) -> None:
        self.objects: dict[str, dict[str, Any]] = {key: {} for key in keys}
        self.tags: dict[str, list[dict[str, str]]] = {}
        self.calls: list[tuple[str, str]] = []
        self.fails_at = ""

    def put_object(self, **given: Any) -> None:
        check("s3", "PutObject", given)
        self.calls.append(("put", given["Key"]))
        if given["Key"] == self.fails_at:
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "Reduce your request rate."}}, "PutObject")
        self.objects[given["Key"]] = given
        self.tags.pop(given["Key"], None)

    def delete_object(self, **given: Any) -> None:
        check("s3", "DeleteObject", given)
        self.calls.append(("delete", given["Key"]))
        del self.objects[given["Key"]]

    def put_object_tagging(self, **given: Any) -> None:
        check("s3", "PutObjectTagging", given)
        self.tags[given["Key"]] = given["Tagging"]["TagSet"]

    def get_object_tagging(self, **given: Any) -> dict[str, Any]:
        check("s3", "GetObjectTagging", given)
        return {"TagSet": self.tags.get(given["Key"], [])}

    def get_paginator(self, operation: str) -> Bucket:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        check("s3", "ListObjectsV2", given)
        keys = sorted(self.objects)
        yield {"Contents": [{"Key": key} for key in keys[:2]]}
        yield {"Contents": [{"Key": key} for key in keys[2:]]} if keys[2:] else {}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    for name in ("index.html", "about/index.html", "robots.txt", "assets/app.1f2e3d4c.js", "assets/fonts/a.woff2", ".env", ".well-known/x"):
        file = tmp_path / "dist" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "dist"


def release(site: Path, bucket: Bucket, *, today: date = TODAY, dry_run: bool = False) -> tuple[list[str], list[list[str]]]:
    forgotten: list[list[str]] = []
    steps = publish(
        read_release(site, ASSETS),
        s3=bucket,
        bucket="content",
        patterns=ASSETS,
        keep=timedelta(days=30),
        today=today,
        invalidate=forgotten.append,
        dry_run=dry_run,
    )
    return list(steps), forgotten


@pytest.mark.control("WEB-7")
def test_assets_come_first_and_the_page_that_refers_to_all_comes_last(site: Path) -> None:
    bucket = Bucket()
    steps, _ = release(site, bucket)
    order = [key for _, key in bucket.calls]
    assert set(order[:2]) == {"assets/app.1f2e3d4c.js", "assets/fonts/a.woff2"}
    assert set(order[2:5]) == {"about/index.html", "robots.txt", ".well-known/x"}
    assert order[5:] == ["index.html"]
    assert steps[:2] == [f"2 assets: {FOREVER}", f"4 pages: {ASK_AGAIN}"]


@pytest.mark.control("WEB-7")
def test_hashed_files_are_kept_for_a_year_and_pages_are_asked_for_again(site: Path) -> None:
    bucket = Bucket()
    release(site, bucket)
    assert {key: each["CacheControl"] for key, each in bucket.objects.items()} == {
        "assets/app.1f2e3d4c.js": "public,max-age=31536000,immutable",
        "assets/fonts/a.woff2": "public,max-age=31536000,immutable",
        **dict.fromkeys(("index.html", "about/index.html", "robots.txt", ".well-known/x"), "no-cache"),
    }
    assert bucket.objects["index.html"]["ContentType"] == "text/html; charset=utf-8"
    assert bucket.objects["assets/app.1f2e3d4c.js"]["ContentType"] == "text/javascript; charset=utf-8"


@pytest.mark.control("WEB-7")
def test_only_pages_are_forgotten_at_the_edge(site: Path) -> None:
    _, forgotten = release(site, Bucket("old page.html"))
    (paths,) = forgotten
    assert set(paths) == {"/index.html", "/", "/about/index.html", "/about/", "/robots.txt", "/.well-known/x", "/old%20page.html"}
    batch = {"CallerReference": "x", "Paths": {"Quantity": len(paths), "Items": paths}}
    check("cloudfront", "CreateInvalidation", {"DistributionId": "E1", "InvalidationBatch": batch})
    assert paths_of([f"{number}.html" for number in range(MOST_PATHS + 1)]) == ["/*"]


@pytest.mark.control("WEB-7")
def test_running_tabs_keep_the_assets_of_the_release_before(site: Path) -> None:
    bucket = Bucket("assets/app.0000.js")
    steps, _ = release(site, bucket)
    assert "retired asset assets/app.0000.js: stays until 2026-05-31" in steps
    for days, there in ((29, True), (30, False)):
        release(site, bucket, today=TODAY + timedelta(days=days))
        assert ("assets/app.0000.js" in bucket.objects) is there
    assert ("delete", "assets/app.0000.js") in bucket.calls


def test_an_asset_that_comes_back_is_not_retired_any_more(site: Path) -> None:
    bucket = Bucket("assets/app.1f2e3d4c.js")
    bucket.tags["assets/app.1f2e3d4c.js"] = [{"Key": "retired", "Value": "2020-01-01"}]
    release(site, bucket)
    assert "assets/app.1f2e3d4c.js" in bucket.objects
    assert bucket.tags == {}


def test_pages_that_are_gone_go_at_once(site: Path) -> None:
    bucket = Bucket("about.html")
    steps, _ = release(site, bucket)
    assert "removed page about.html" in steps
    assert bucket.calls[-1] == ("delete", "about.html"), "after the new pages are there"


@pytest.mark.control("WEB-7")
def test_a_failure_leaves_the_old_pages_in_place(site: Path) -> None:
    bucket = Bucket("index.html", "old.html")
    bucket.fails_at = "assets/fonts/a.woff2"
    with pytest.raises(ClientError):
        release(site, bucket)
    assert bucket.objects["index.html"] == {}
    assert "old.html" in bucket.objects
    assert "about/index.html" not in bucket.objects


def test_a_dry_run_changes_nothing(site: Path) -> None:
    bucket = Bucket("old.html", "assets/old.js")
    steps, forgotten = release(site, bucket, dry_run=True)
    assert (bucket.calls, bucket.tags, forgotten) == ([], {}, [])
    assert [step for step in steps if "old" in step] == ["retired asset assets/old.js: stays until 2026-05-31", "removed page old.html"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.MJS", "text/javascript; charset=utf-8"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.wasm", "application/wasm"),
        ("a.woff2", "font/woff2"),
        ("a.svg", "image/svg+xml"),
        ("a.unknown", "application/octet-stream"),
        ("LICENSE", "application/octet-stream"),
    ],
)
def test_types_are_the_same_on_every_machine(name: str, expected: str) -> None:
    assert content_type(Path(name)) == expected


def test_it_refuses_what_is_no_site(site: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"nowhere: got 'no index.html'; allowed: a built website; build the site, and name its folder$"
    ):
        read_release(tmp_path / "nowhere", ASSETS)
    with pytest.raises(
        ConfigurationError,
        match=r"about/index.html: got 'a page among the assets \(\*\)'; allowed: files that never change under their name; browsers would keep",
    ):
        read_release(site, ["*"])
    (tmp_path / "secret").write_text("x")
    (site / "link.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(
        ConfigurationError, match=r"link.txt: got 'a link that leads out of the folder'; allowed: files of the site; copy the file"
    ):
        read_release(site, ASSETS)


def test_the_command_says_what_it_did_and_what_it_left_out(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket, invalidated = Bucket(), []

    class Edge:
        def create_invalidation(self, **given: Any) -> None:
            check("cloudfront", "CreateInvalidation", given)
            invalidated.append(given["DistributionId"])

    monkeypatch.setattr(boto3, "client", lambda name: bucket if name == "s3" else Edge())
    command = ["publish", str(site), "--bucket", "content", "--distribution", "E123"]
    assert cli.main([*command, "--dry-run"]) == 0
    assert not bucket.calls
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "left out .env: hidden files are not published" in said
    assert said.endswith("6 paths forgotten at the edge\n")
    assert (invalidated, ".env" in bucket.objects) == (["E123"], False)
    bucket.fails_at = "index.html"
    assert cli.main(command) == 1
    assert "Reduce your request rate.: nothing after the last line above was done; run it again" in capsys.readouterr().err
    assert cli.main([*command, "--keep-days", "-1"]) == 2
    assert "--keep-days: got -1; allowed: 0 or more days; name the days" in capsys.readouterr().err


def test_it_says_what_is_missing(site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("prodready_constructs.cli.commands.find_spec", lambda name: None)
    assert cli.main(["publish", str(site), "--bucket", "b", "--distribution", "d"]) == 2
    assert capsys.readouterr().err == (
        "prodready: prodready publish: got 'no boto3'; allowed: an environment with the extra 'local'; "
        "run: pip install 'prodready-constructs[local]'\n"
    )
