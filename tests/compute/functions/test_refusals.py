"""What a function is refused for, with the whole message."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_

from prodready_constructs.compute import CodeSigning, FunctionCode, OutsideVpc
from prodready_constructs.compute.functions.runtimes import CURRENT, DEPRECATED, LATEST, runtime_of
from prodready_constructs.errors import ConfigurationError
from prodready_constructs.posture import PRODUCTION, FunctionPosture
from tests.compute.functions.parts import CODE, POSTURE, SAMPLE, a_function, a_store, a_vpc
from tests.support.synthesis import new_stack

ALL = ", ".join(CURRENT)


def exactly(message: str) -> str:
    return f"^{re.escape(message)}$"


def a_zip(**changed: Any) -> FunctionCode:
    return FunctionCode.zip(**{"source": SAMPLE, "handler": "app.handler", "runtime": "python3.14", **changed})


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("timeout", "given", "mend"),
    [
        (timedelta(seconds=0), "0:00:00", "use timedelta(seconds=...)"),
        (timedelta(milliseconds=1_500), "0:00:01.500000", "use timedelta(seconds=...)"),
        (timedelta(minutes=16), "0:16:00", "split the work, or run it as a task on Fargate"),
    ],
)
def test_a_timeout_that_lambda_has_not(timeout: timedelta, given: str, mend: str) -> None:
    message = f"Stack/Orders: timeout: got '{given}'; allowed: whole seconds from 1 to 900, Lambda's limit; {mend}"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), timeout=timeout)


@pytest.mark.control("FN-1")
def test_a_timeout_above_the_apis() -> None:
    stack = new_stack()
    message = (
        "Stack/Orders: timeout: got '30 s behind an API that waits 29 s'; allowed: at most 29 s: the caller has left by then, and the work "
        "goes on; shorten the timeout, or answer at once and let an asynchronous function do the work"
    )
    function = a_function(stack, timeout=timedelta(seconds=30))
    with pytest.raises(ConfigurationError, match=exactly(message)):
        function.for_api()
    assert function.for_api(timedelta(seconds=30)) is function.alias


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("runtime", "given", "newest"),
    [
        ("python3.9", "python3.9, deprecated on 2025-12-15", "python3.14"),
        ("nodejs18.x", "nodejs18.x, deprecated on 2025-09-01", "nodejs24.x"),
        ("go1.x", "go1.x, deprecated on 2024-01-08", "provided.al2023"),
        ("dotnetcore3.1", "dotnetcore3.1, deprecated on 2023-04-03", "dotnet10"),
        ("cobol85", "cobol85", "the newest of your language"),
    ],
)
def test_a_runtime_without_security_updates(runtime: Any, given: str, newest: str) -> None:
    message = f"Stack/Orders: runtime: got '{given}'; allowed: one of {ALL}: the others get no security updates; move to {newest}"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), code=a_zip(runtime=runtime))


@pytest.mark.control("FN-1")
def test_no_runtime_of_the_cdk_is_forgotten() -> None:
    known = {runtime.name for runtime in lambda_.Runtime.ALL} - {"FROM_IMAGE"}
    # Announced, and of the table's runtimes not yet one: whoever wants them waits for the next list.
    announced = {"java8.al2023", "java11.al2023", "java17.al2023"}
    assert known - announced <= {*CURRENT, *DEPRECATED}
    assert not {*CURRENT} & {*DEPRECATED}
    assert {runtime_of(name).name for name in CURRENT} == {*CURRENT}
    assert {*LATEST.values()} <= {*CURRENT}


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("handler", "allowed", "mend"),
    [
        (
            "main.handler",
            f"a handler in {SAMPLE}: main.py or main/__init__.py is not there",
            "write <file without ending>.<function>, or name the folder that holds the file",
        ),
        ("app.main", "a function that app.py defines: handler", "name one of them"),
    ],
)
def test_a_handler_that_is_not_in_the_code(handler: str, allowed: str, mend: str) -> None:
    with pytest.raises(ConfigurationError, match=exactly(f"Stack/Orders: handler: got '{handler}'; allowed: {allowed}; {mend}")):
        a_function(new_stack(), code=a_zip(handler=handler))


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("runtime", "handler", "wanted"),
    [
        ("nodejs24.x", "index.handler", "index.js or index.mjs or index.cjs"),
        ("ruby4.0", "app.handler", "app.rb"),
        ("provided.al2023", "anything", "bootstrap"),
        ("dotnet10", "Shop::Shop.Orders::Handle", "Shop.dll"),
        ("python3.14", "shop.orders.handle", "shop/orders.py or shop/orders/__init__.py"),
    ],
)
@pytest.mark.parametrize("archived", [False, True], ids=["folder", "zip"])
def test_every_language_looks_for_its_file(tmp_path: Path, runtime: Any, handler: str, wanted: str, archived: bool) -> None:
    message = f"a handler in .*: {re.escape(wanted)} is not there"
    with pytest.raises(ConfigurationError, match=message):
        a_function(
            new_stack(), code=a_zip(source=written(tmp_path, {"shop/other.txt": ""}, archived=archived), handler=handler, runtime=runtime)
        )


def written(folder: Path, files: dict[str, str], *, archived: bool) -> Path:
    target = folder / "code.zip" if archived else folder / "code"
    if archived:
        with zipfile.ZipFile(target, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return target
    for name, text in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    return target


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("runtime", "handler", "files"),
    [
        ("nodejs24.x", "src/index.handler", {"src/index.mjs": ""}),
        ("ruby4.0", "app.Shop::Orders.handle", {"app.rb": ""}),
        ("provided.al2023", "anything", {"bootstrap": ""}),
        ("dotnet10", "Shop::Shop.Orders::Handle", {"Shop.dll": ""}),
        ("dotnet10", "Shop", {"Shop.dll": ""}),
        ("java25", "com.example.App", {"app.jar": ""}),
        ("python3.14", "shop/orders.handle", {"shop/orders.py": "handle = print"}),
        ("python3.14", "shop.handle", {"shop/__init__.py": "from elsewhere import run as handle"}),
        ("python3.14", "app.handle", {"app.py": "from elsewhere import *"}),
        ("python3.14", "app.handle", {"app.py": "try:\n    import x\nexcept ImportError:\n    x = None"}),
        ("python3.14", "app.handle", {"app.py": "handle: object = print"}),
        ("python3.14", "app.Handle", {"app.py": "class Handle: ..."}),
        ("python3.14", "app.handle", {"app.py": "syntax of tomorrow"}),
    ],
)
@pytest.mark.parametrize("archived", [False, True], ids=["folder", "zip"])
def test_every_language_finds_its_file(tmp_path: Path, runtime: Any, handler: str, files: dict[str, str], archived: bool) -> None:
    a_function(new_stack(), code=a_zip(source=written(tmp_path, files, archived=archived), handler=handler, runtime=runtime))


@pytest.mark.control("FN-1")
def test_code_that_is_not_there_or_no_archive(tmp_path: Path) -> None:
    gone, text = tmp_path / "gone", tmp_path / "app.py"
    text.write_text("")
    message = f"Stack/Orders: code: got '{gone}'; allowed: a folder or a .zip file that exists; build it first"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), code=a_zip(source=gone))
    for runtime, archive in (("python3.14", ".zip"), ("java25", ".zip or .jar")):
        message = f"Stack/Orders: code: got '{text}'; allowed: a folder or a {archive} file; name the folder"
        with pytest.raises(ConfigurationError, match=exactly(message)):
            a_function(new_stack(), code=a_zip(source=text, runtime=runtime))


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    "layer",
    [
        "arn:aws:lambda:us-east-1:111122223333:layer:shared",
        "arn:aws:lambda:us-east-1:111122223333:layer:shared:LATEST",
        "arn:aws:lambda:us-east-1:111122223333:layer:shared:$LATEST",
        "shared:7",
    ],
)
def test_a_layer_without_a_version(layer: str) -> None:
    message = (
        f"Stack/Orders: layers: got '{layer}'; allowed: the ARN of a layer version: arn:aws:lambda:<region>:<account>:layer:<name>:<number>; "
        "name the version; a layer without one is somebody else's newest code"
    )
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), code=a_zip(layers=[layer]))


@pytest.mark.control("FN-1")
def test_more_layers_than_lambda_takes() -> None:
    layers = [f"arn:aws:lambda:us-east-1:111122223333:layer:shared:{number}" for number in range(6)]
    with pytest.raises(
        ConfigurationError, match=exactly("Stack/Orders: layers: got '6 layers'; allowed: 5; put what they hold into the code")
    ):
        a_function(new_stack(), code=a_zip(layers=layers))
    a_function(new_stack(), code=a_zip(layers=layers[:5]))


@pytest.mark.control("FN-1")
@pytest.mark.parametrize(
    ("code", "posture", "region", "message"),
    [
        (
            {"runtime": "python3.11"},
            {},
            "us-east-1",
            "'python3.11'; allowed: one of python3.14, python3.13, python3.12, java25, java21, java17, java11, dotnet10; leave snap_start out",
        ),
        (
            {},
            {},
            "ap-southeast-6",
            "'ap-southeast-6'; allowed: regions other than ap-southeast-6 and ap-east-2; leave snap_start out there",
        ),
        (
            {},
            {"provisioned": 1, "max_provisioned": 2},
            "us-east-1",
            "'provisioned=1'; allowed: either a snapshot or executions kept warm; set posture.provisioned to 0, or leave snap_start out",
        ),
        (
            {},
            {"ephemeral_mib": 513},
            "us-east-1",
            "'ephemeral_mib=513'; allowed: 512 MiB with a snapshot; set posture.ephemeral_mib to 512, or leave snap_start out",
        ),
    ],
)
def test_a_snapshot_where_there_is_none(code: dict[str, Any], posture: dict[str, Any], region: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=exactly(f"Stack/Orders: snap_start: got {message}")):
        a_function(new_stack(region=region), code=a_zip(snap_start=True, **code), posture=replace(POSTURE, **posture))


@pytest.mark.control("FN-1", "SEC-2")
def test_a_secret_in_the_environment() -> None:
    message = (
        "Stack/Orders: environment: got 'DB_PASSWORD'; allowed: plain configuration; "
        "put it into Secrets Manager and call add_secret('DB_PASSWORD', ...)"
    )
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), environment={"DB_PASSWORD": "hunter2hunter2"})
    function = a_function(new_stack())
    with pytest.raises(ConfigurationError, match=exactly(message)):
        function.add_setting("DB_PASSWORD", "hunter2hunter2")


@pytest.mark.control("FN-1")
@pytest.mark.parametrize("name", ["AWS_REGION", "LAMBDA_TASK_ROOT", "_HANDLER", "2ND", "A-B", "X"])
def test_a_name_that_lambda_keeps_for_itself(name: str) -> None:
    message = (
        f"Stack/Orders: environment: got '{name}'; allowed: a letter, then letters, digits and _; none of the names that Lambda sets itself; "
        "choose another name"
    )
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(new_stack(), environment={name: "value"})


@pytest.mark.control("FN-1")
def test_an_image_by_its_tag() -> None:
    message = (
        "FunctionCode.repository_image: digest: got 'latest'; allowed: sha256: and 64 hexadecimal digits: a tag may name another image "
        "tomorrow; aws ecr describe-images --repository-name <name> --image-ids imageTag=<tag> --query 'imageDetails[0].imageDigest'"
    )
    repository = ecr.Repository.from_repository_name(new_stack(), "Repository", "orders")
    with pytest.raises(ConfigurationError, match=exactly(message)):
        FunctionCode.repository_image(repository, digest="latest")


@pytest.mark.control("FN-1")
def test_signing_of_what_nobody_signed(tmp_path: Path) -> None:
    allowed = (
        "FunctionCode.stored(bucket, key, version=...): the object that a signing job wrote; images are pinned by digest instead; "
        "sign the archive with AWS Signer first, or leave code_signing out"
    )
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    for code, given in ((CODE, "a folder or archive, which is uploaded as it is"), (FunctionCode.image(tmp_path), "an image")):
        stack = new_stack()
        signing = CodeSigning(stack, "Signing")
        with pytest.raises(ConfigurationError, match=exactly(f"Stack/Orders: code_signing: got '{given}'; allowed: {allowed}")):
            a_function(stack, code=code, code_signing=signing)


@pytest.mark.control("FN-1", "GOV-2")
def test_outside_of_a_vpc_only_with_a_reason() -> None:
    message = "OutsideVpc.because: got 'no need'; allowed: a reason of at least 40 characters; say what the function reads and calls, or hand over a vpc"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        OutsideVpc(because="no need")


@pytest.mark.control("FN-1", "NET-8")
def test_a_vpc_without_private_subnets_in_two_zones() -> None:
    stack = new_stack()
    message = (
        "Stack/Orders: vpc: got 'private subnets in us-east-1a'; allowed: private subnets in 2 Availability Zones or more; "
        "hand over a PrivateNetwork's vpc, or add the subnets to yours"
    )
    with pytest.raises(ConfigurationError, match=exactly(message)):
        a_function(stack, vpc=a_vpc(stack, zones="a"))


@pytest.mark.control("FN-1")
def test_a_store_in_a_vpc_from_outside() -> None:
    stack = new_stack()
    function = a_function(stack)
    message = "Stack/Orders: connect_to: got 'a store inside a VPC'; allowed: stores reached by AWS's own endpoints; hand over a vpc"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        function.connect_to(a_store(stack, a_vpc(stack)))
    message = "Stack/Orders: connections: got 'a function outside of any VPC'; allowed: one in a VPC; hand over a vpc"
    with pytest.raises(ConfigurationError, match=exactly(message)):
        _ = function.connections


POSTURES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"memory_mib": 127}, "memory_mib: got 127; allowed: 128 to 10240 (MiB that Lambda offers); the nearest is 128"),
    ({"memory_mib": 10_241}, "memory_mib: got 10241; allowed: 128 to 10240 (MiB that Lambda offers); the nearest is 10240"),
    ({"ephemeral_mib": 511}, "ephemeral_mib: got 511; allowed: 512 to 10240 (MiB that Lambda offers); the nearest is 512"),
    ({"reserved_concurrency": 0}, "reserved_concurrency: got 0; allowed: 1 to 100000 (at 0 nothing would ever run); the nearest is 1"),
    ({"provisioned": -1}, "provisioned: got -1; allowed: 0 to 100000 (0 keeps none warm); the nearest is 0"),
    (
        {"provisioned": 3, "max_provisioned": 2},
        "provisioned, max_provisioned: got '3 > 2'; allowed: the first at most the second; raise max_provisioned",
    ),
    (
        {"max_provisioned": 2},
        "max_provisioned: got '2 with provisioned=0'; allowed: 0 where none are kept warm: Lambda scales from 1 upwards; "
        "set provisioned=1 or more, or max_provisioned=0",
    ),
    (
        {"reserved_concurrency": 5, "provisioned": 2, "max_provisioned": 6},
        "reserved_concurrency: got '5 with max_provisioned=6'; allowed: at least max_provisioned: Lambda refuses to keep more warm than may "
        "run; reserve 6, or keep fewer warm",
    ),
    (
        {"provisioned_target": 95},
        "provisioned_target: got 95; allowed: 10 to 90 (Application Auto Scaling's bounds for Lambda); the nearest is 90",
    ),
    (
        {"application_log_level": "LOUD"},
        "application_log_level: got 'LOUD'; allowed: one of 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL' (Lambda's levels); choose one of them",
    ),
    (
        {"system_log_level": "ERROR"},
        "system_log_level: got 'ERROR'; allowed: one of 'DEBUG', 'INFO', 'WARN' (Lambda's levels); choose one of them",
    ),
    (
        {"event_age": timedelta(seconds=59)},
        "event_age: got '0:00:59'; allowed: 0:01:00 to 6:00:00 (as long as Lambda keeps an event); the nearest is 0:01:00",
    ),
    ({"retries": 3}, "retries: got 3; allowed: 0 to 2 (as often as Lambda tries again); the nearest is 2"),
)


@pytest.mark.control("FN-1", "FN-2")
@pytest.mark.parametrize(("changed", "message"), POSTURES)
def test_a_posture_that_lambda_has_not(changed: dict[str, Any], message: str) -> None:
    change = cast("Callable[..., FunctionPosture]", replace)
    with pytest.raises(ConfigurationError, match=exactly(f"FunctionPosture.{message}")):
        change(PRODUCTION.functions, **changed)
