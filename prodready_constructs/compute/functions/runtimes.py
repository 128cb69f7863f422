"""Which runtimes AWS still mends, and which start from a snapshot."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

from aws_cdk import aws_lambda as lambda_

from prodready_constructs.errors import ConfigurationError

RuntimeName = Literal[
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "java21",
    "java17",
    "java11",
    "java8.al2",
    "dotnet10",
    "ruby4.0",
    "ruby3.4",
    "ruby3.3",
    "provided.al2023",
]
CURRENT: tuple[RuntimeName, ...] = get_args(RuntimeName)
#: Runtimes that get no more security updates -> since when. As of November 2026, from the tables "Supported runtimes" and "Deprecated
#: runtimes" of https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
DEPRECATED = {
    "dotnet6": "2024-12-20",
    "dotnet8": "2026-11-10",
    "dotnet9": "2026-11-10",
    "dotnetcore1.0": "2019-06-27",
    "dotnetcore2.0": "2019-05-30",
    "dotnetcore2.1": "2022-01-05",
    "dotnetcore3.1": "2023-04-03",
    "go1.x": "2024-01-08",
    "java8": "2024-01-08",
    "nodejs": "2016-08-30",
    "nodejs10.x": "2021-07-30",
    "nodejs12.x": "2023-03-31",
    "nodejs14.x": "2023-12-04",
    "nodejs16.x": "2024-06-12",
    "nodejs18.x": "2025-09-01",
    "nodejs20.x": "2026-04-30",
    "nodejs4.3": "2020-03-05",
    "nodejs6.10": "2019-08-12",
    "nodejs8.10": "2020-03-06",
    "provided": "2024-01-08",
    "provided.al2": "2026-07-31",
    "python2.7": "2021-07-15",
    "python3.10": "2026-10-31",
    "python3.6": "2022-07-18",
    "python3.7": "2023-12-04",
    "python3.8": "2024-10-14",
    "python3.9": "2025-12-15",
    "ruby2.5": "2021-07-30",
    "ruby2.7": "2023-12-07",
    "ruby3.2": "2026-03-31",
}
#: The newest of each language. AwsSolutions-L1 accepts no other; Go and Rust run on provided.al2023.
LATEST = {
    "python": "python3.14",
    "nodejs": "nodejs24.x",
    "java": "java25",
    "dotnet": "dotnet10",
    "ruby": "ruby4.0",
    "go": "provided.al2023",
    "provided": "provided.al2023",
}
#: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html, "Supported features and limitations"
SNAP_START = ("python3.14", "python3.13", "python3.12", "java25", "java21", "java17", "java11", "dotnet10")
#: The same page, "Supported Regions": New Zealand and Taipei are the exceptions.
NO_SNAP_START_REGIONS = ("ap-southeast-6", "ap-east-2")
_CDK_NAMES = {"provided.al2023": "PROVIDED_AL2023", "java8.al2": "JAVA_8_CORRETTO"}


def language_of(runtime: str) -> str:
    """``python`` of ``python3.14``."""
    return next((language for language in LATEST if runtime.startswith(language)), runtime)


def require_current(where: str, runtime: str) -> None:
    """Refuse a runtime that AWS no longer mends, or that it never had."""
    if runtime in CURRENT:
        return
    language = language_of(runtime.removesuffix("core"))
    since = DEPRECATED.get(runtime)
    raise ConfigurationError(
        f"{where}: runtime",
        given=f"{runtime}, deprecated on {since}" if since else runtime,
        allowed=f"one of {', '.join(CURRENT)}: the others get no security updates",
        mend=f"move to {LATEST.get(language, 'the newest of your language')}",
    )


@cache
def runtime_of(name: RuntimeName) -> lambda_.Runtime:
    """The CDK's object, asked for once."""
    language = language_of(name)
    version = name.removeprefix(language).replace(".", "_").upper()
    found: lambda_.Runtime = getattr(lambda_.Runtime, _CDK_NAMES.get(name, f"{language.upper()}_{version}"))
    return found
