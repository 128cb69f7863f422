"""``prodready publish``: puts a built website into its bucket so that no visitor ever sees half of it. No function in AWS takes part.

First the assets, which no page refers to yet; then the pages; then the edge forgets the old pages. Assets of the release before stay for a
while, because tabs that are open still ask for them.
"""

from __future__ import annotations

import argparse
import mimetypes
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from prodready_constructs.errors import ConfigurationError

#: A file with a hash in its name never changes: a year, which is as long as caches take it (RFC 9111), and no question in between.
FOREVER = "public,max-age=31536000,immutable"
#: A page may be kept, and is asked for again each time: the answer is a short 304 unless there was a release.
ASK_AGAIN = "no-cache"
#: The tag that says when an asset left the site.
RETIRED = "retired"
#: Paths of one invalidation; beyond this one wildcard is cheaper. CloudFront takes 3,000 at a time and gives 1,000 a month for nothing.
MOST_PATHS = 300
#: Types that browsers are strict about, whatever the machine's own tables say.
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ico": "image/x-icon",
}


@dataclass(frozen=True)
class Release:
    """The files of one release: key -> file."""

    assets: dict[str, Path]
    pages: dict[str, Path]
    #: Hidden files, which stay at home.
    left_out: tuple[str, ...]


def read_release(folder: Path, patterns: Sequence[str]) -> Release:
    """What is in *folder*; what matches one of *patterns* is an asset.

    Raises:
        ConfigurationError: no such folder, no ``index.html``, a link out of the folder, or a page among the assets.
    """
    if not (folder / "index.html").is_file():
        raise ConfigurationError(str(folder), given="no index.html", allowed="a built website", mend="build the site, and name its folder")
    assets: dict[str, Path] = {}
    pages: dict[str, Path] = {}
    left_out = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = file.relative_to(folder).as_posix()
        if any(part.startswith(".") and part != ".well-known" for part in key.split("/")):
            left_out.append(key)
            continue
        if not file.resolve().is_relative_to(folder.resolve()):
            raise ConfigurationError(
                str(file),
                given="a link that leads out of the folder",
                allowed="files of the site",
                mend="copy the file, or take the link out",
            )
        is_asset = _matches(key, patterns)
        if is_asset and file.suffix in {".html", ".htm"}:
            raise ConfigurationError(
                str(file),
                given=f"a page among the assets ({', '.join(patterns)})",
                allowed="files that never change under their name",
                mend="browsers would keep it for a year: name narrower --assets, such as 'assets/*.js'",
            )
        (assets if is_asset else pages)[key] = file
    return Release(assets, pages, tuple(left_out))


def publish(
    release: Release,
    *,
    s3: Any,
    bucket: str,
    patterns: Sequence[str],
    keep: timedelta,
    today: date,
    invalidate: Callable[[list[str]], None],
    dry_run: bool = False,
) -> Iterator[str]:
    """Write *release* to *bucket*, one line for each step that was done (or would be).

    Args:
        s3: a boto3 client.
        keep: how long an asset stays after the release that no longer has it.
        invalidate: makes the edge forget paths.
    """

    def write(cache_control: str, item: tuple[str, Path]) -> None:
        key, file = item
        s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes(), CacheControl=cache_control, ContentType=content_type(file))

    # All of one kind before the first of the next. The first failure ends it, and index.html still shows the old release.
    first = {key: file for key, file in release.pages.items() if key != "index.html"}
    last = {"index.html": release.pages["index.html"]}
    with ThreadPoolExecutor(max_workers=8) as pool:
        for files, cache_control in ((release.assets, FOREVER), (first, ASK_AGAIN), (last, ASK_AGAIN)):
            if not dry_run:
                list(pool.map(partial(write, cache_control), files.items()))
    yield f"{len(release.assets)} assets: {FOREVER}"
    yield f"{len(release.pages)} pages: {ASK_AGAIN}"
    gone: list[str] = []
    for key in _keys(s3, bucket):
        if key in release.assets or key in release.pages:
            continue
        if not _matches(key, patterns):
            gone.append(key)
            _unless(dry_run, s3.delete_object, Bucket=bucket, Key=key)
            yield f"removed page {key}"
            continue
        retired = _retired(s3, bucket, key)
        if retired is None:
            tags = {"TagSet": [{"Key": RETIRED, "Value": today.isoformat()}]}
            _unless(dry_run, s3.put_object_tagging, Bucket=bucket, Key=key, Tagging=tags)
            yield f"retired asset {key}: stays until {today + keep}"
        elif retired + keep <= today:
            _unless(dry_run, s3.delete_object, Bucket=bucket, Key=key)
            yield f"removed asset {key}: retired on {retired}"
    paths = paths_of([*release.pages, *gone])
    _unless(dry_run, invalidate, paths)
    yield f"{len(paths)} paths forgotten at the edge" if len(paths) > 1 else f"{paths[0]} forgotten at the edge"


def content_type(file: Path) -> str:
    """The type of *file* by its name, the same on every machine."""
    suffix = file.suffix.lower()
    found = _TYPES.get(suffix) or mimetypes.MimeTypes().guess_type(f"x{suffix}")[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith("text/") else found


def paths_of(keys: Sequence[str]) -> list[str]:
    """What to invalidate for *keys*: the pages as they are stored and as visitors address them."""
    paths = dict.fromkeys(f"/{quote(key)}" for key in keys)
    paths |= dict.fromkeys(path.removesuffix("index.html") for path in list(paths) if path.endswith("/index.html"))
    return list(paths) if len(paths) <= MOST_PATHS else ["/*"]


def _unless(dry_run: bool, do: Callable[..., object], *arguments: object, **more: object) -> None:
    if not dry_run:
        do(*arguments, **more)


def _matches(key: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(key, pattern.lstrip("/")) for pattern in patterns)


def _keys(s3: Any, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def _retired(s3: Any, bucket: str, key: str) -> date | None:
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
    return date.fromisoformat(tags[RETIRED]) if RETIRED in tags else None


def add_command(commands: Any, run: Callable[[argparse.Namespace], int]) -> None:
    """``publish`` and its options."""
    about = "put a built website into its bucket: assets, then pages, then the edge forgets the old pages"
    command = commands.add_parser("publish", help=about, description=about, allow_abbrev=False)
    command.add_argument("folder", type=Path, help="the built site, with an index.html")
    command.add_argument("--bucket", required=True, help="of the site's content")
    command.add_argument("--distribution", required=True, help="the id of the site's distribution")
    command.add_argument(
        "--assets", action="append", metavar="PATTERN", help="files with a hash in their name, as in add_assets; may be repeated (assets/*)"
    )
    command.add_argument("--keep-days", type=int, default=30, metavar="DAYS", help="how long the assets of older releases stay (30)")
    command.add_argument("--dry-run", action="store_true", help="say what would be done")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The command itself, with the caller's AWS credentials."""
    import boto3  # noqa: PLC0415 - an extra
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

    if arguments.keep_days < 0:
        raise ConfigurationError("prodready publish --keep-days", given=arguments.keep_days, allowed="0 or more days", mend="name the days")
    patterns = arguments.assets or ["assets/*"]
    release = read_release(arguments.folder, patterns)
    cloudfront, reference = boto3.client("cloudfront"), f"prodready-{uuid4()}"

    def invalidate(paths: list[str]) -> None:
        batch = {"CallerReference": reference, "Paths": {"Quantity": len(paths), "Items": paths}}
        cloudfront.create_invalidation(DistributionId=arguments.distribution, InvalidationBatch=batch)

    for hidden in release.left_out:
        print(f"left out {hidden}: hidden files are not published")
    try:
        steps = publish(
            release,
            s3=boto3.client("s3"),
            bucket=arguments.bucket,
            patterns=patterns,
            keep=timedelta(days=arguments.keep_days),
            today=date.today(),
            invalidate=invalidate,
            dry_run=arguments.dry_run,
        )
        for step in steps:
            print(f"{'would be: ' if arguments.dry_run else ''}{step}")
    except (BotoCoreError, ClientError) as error:
        print(f"prodready publish: {error}: nothing after the last line above was done; run it again", file=sys.stderr)
        return 1
    return 0
