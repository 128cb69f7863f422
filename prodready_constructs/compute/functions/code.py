"""What a function runs: a folder or archive, an object in a bucket, or a container image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from prodready_constructs.compute.functions.handler_file import require_handler
from prodready_constructs.compute.functions.runtimes import NO_SNAP_START_REGIONS, SNAP_START, RuntimeName, require_current
from prodready_constructs.errors import ConfigurationError

Architecture = Literal["arm64", "x86_64"]
#: AWS Lambda developer guide, "Lambda quotas": layers of one function.
MOST_LAYERS = 5
_LAYER = re.compile(r"^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:layer:[A-Za-z0-9_-]+:\d+$")
_DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
_TOKEN = "${Token["


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCode:
    """The code of a function; made by :meth:`zip`, :meth:`stored`, :meth:`image` or :meth:`repository_image`.

    Attributes:
        source: the folder or archive, where there is one on this machine: its handler is looked for.
        code: what the CDK deploys.
        handler, runtime: of an archive; None for an image, which has its own.
        architecture: ``arm64`` (cheaper) or ``x86_64``: what the code was built for.
        layers: ARNs of layer versions. snap_start: start from a snapshot of the initialised function.
        signable: whether somebody can have signed it: an object in a bucket.
    """

    source: Path | None = None
    code: lambda_.Code | None = None
    handler: str | None = None
    runtime: RuntimeName | None = None
    architecture: Architecture = "arm64"
    layers: tuple[str, ...] = ()
    snap_start: bool = False
    signable: bool = False

    @classmethod
    def zip(
        cls,
        source: str | Path | lambda_.Code,
        *,
        handler: str,
        runtime: RuntimeName,
        architecture: Architecture = "arm64",
        layers: Sequence[str] = (),
        snap_start: bool = False,
    ) -> FunctionCode:
        """A folder or ``.zip`` of this machine, as it is; or a ``Code`` of the CDK, which may bundle first.

        Args:
            handler: ``app.handler``: the file without its ending, and the function in it.
            runtime: ``python3.14``, ``nodejs24.x``, ``java25``, ``dotnet10``, ``ruby4.0``, ``provided.al2023``, and older ones AWS still mends.
            architecture: what native parts were built for.
            layers: ARNs of layer *versions*. snap_start: Python 3.12, Java 11, .NET 10 or later.
        """
        here = None if isinstance(source, lambda_.Code) else Path(source)
        return cls(
            source=here,
            code=source if isinstance(source, lambda_.Code) else None,
            handler=handler,
            runtime=runtime,
            architecture=architecture,
            layers=tuple(layers),
            snap_start=snap_start,
        )

    @classmethod
    def stored(
        cls,
        bucket: s3.IBucket,
        key: str,
        *,
        version: str,
        handler: str,
        runtime: RuntimeName,
        architecture: Architecture = "arm64",
        layers: Sequence[str] = (),
        snap_start: bool = False,
    ) -> FunctionCode:
        """A ``.zip`` in a bucket, by object *version*: what a signing job of AWS Signer leaves behind."""
        return cls(
            code=lambda_.Code.from_bucket_v2(bucket, key, object_version=version),
            handler=handler,
            runtime=runtime,
            architecture=architecture,
            layers=tuple(layers),
            snap_start=snap_start,
            signable=True,
        )

    @classmethod
    def image(cls, directory: str | Path, *, architecture: Architecture = "arm64") -> FunctionCode:
        """A folder with a ``Dockerfile``; built and pushed, by the hash of its contents, at the deployment."""
        platform = ecr_assets.Platform.LINUX_ARM64 if architecture == "arm64" else ecr_assets.Platform.LINUX_AMD64
        return cls(code=lambda_.Code.from_asset_image(str(directory), platform=platform), architecture=architecture)

    @classmethod
    def repository_image(cls, repository: ecr.IRepository, *, digest: str, architecture: Architecture = "arm64") -> FunctionCode:
        """An image in ECR by its digest, ``sha256:...``.

        Raises:
            ConfigurationError: a tag: what it names tomorrow is another image.
        """
        if not _DIGEST.match(digest) and _TOKEN not in digest:
            raise ConfigurationError(
                "FunctionCode.repository_image: digest",
                given=digest,
                allowed="sha256: and 64 hexadecimal digits: a tag may name another image tomorrow",
                mend="aws ecr describe-images --repository-name <name> --image-ids imageTag=<tag> --query 'imageDetails[0].imageDigest'",
            )
        return cls(code=lambda_.Code.from_ecr_image(repository, tag_or_digest=digest), architecture=architecture)

    @property
    def is_image(self) -> bool:
        """Whether it is a container image."""
        return self.runtime is None


def check_code(where: str, code: FunctionCode, *, region: str | None, ephemeral_mib: int, provisioned: int) -> None:
    """Refuse *code* that Lambda would refuse at the deployment, or could not start."""
    if code.runtime is None or code.handler is None:
        return
    require_current(where, code.runtime)
    if code.source is not None:
        require_handler(where, code.source, handler=code.handler, runtime=code.runtime)
    _check_layers(where, code.layers)
    if code.snap_start:
        _check_snap_start(where, code.runtime, region=region, ephemeral_mib=ephemeral_mib, provisioned=provisioned)


def _check_layers(where: str, layers: tuple[str, ...]) -> None:
    if len(layers) > MOST_LAYERS:
        raise ConfigurationError(
            f"{where}: layers", given=f"{len(layers)} layers", allowed=f"{MOST_LAYERS}", mend="put what they hold into the code"
        )
    for layer in layers:
        if not _LAYER.match(layer) and _TOKEN not in layer:
            raise ConfigurationError(
                f"{where}: layers",
                given=layer,
                allowed="the ARN of a layer version: arn:aws:lambda:<region>:<account>:layer:<name>:<number>",
                mend="name the version; a layer without one is somebody else's newest code",
            )


def _check_snap_start(where: str, runtime: str, *, region: str | None, ephemeral_mib: int, provisioned: int) -> None:
    wrong: tuple[object, str, str] | None = None
    if runtime not in SNAP_START:
        wrong = runtime, f"one of {', '.join(SNAP_START)}", "leave snap_start out"
    elif region in NO_SNAP_START_REGIONS:
        wrong = region, f"regions other than {' and '.join(NO_SNAP_START_REGIONS)}", "leave snap_start out there"
    elif provisioned:
        wrong = (
            f"provisioned={provisioned}",
            "either a snapshot or executions kept warm",
            "set posture.provisioned to 0, or leave snap_start out",
        )
    elif ephemeral_mib > 512:
        wrong = f"ephemeral_mib={ephemeral_mib}", "512 MiB with a snapshot", "set posture.ephemeral_mib to 512, or leave snap_start out"
    if wrong is not None:
        given, allowed, mend = wrong
        raise ConfigurationError(f"{where}: snap_start", given=given, allowed=allowed, mend=mend)
