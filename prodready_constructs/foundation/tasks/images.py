"""Whether an image is one image for ever: what is tested is what runs, and a way back leads back."""

from __future__ import annotations

import re
from typing import Literal

from aws_cdk import Annotations
from constructs import Construct

from prodready_constructs.errors import ConfigurationError

#: A digest; the hash of an asset of the CDK, in whose repository a tag is never moved; or what only the deployment knows.
_PINNED = re.compile(r"@sha256:[0-9a-f]{64}$|:[0-9a-f]{64}$|\$\{Token\[[^\]]*\]\}$")


def is_pinned(name: str) -> bool:
    """Whether the image *name* ends in a digest; what cannot be read (a token) is left to the guard, which reads the template."""
    return bool(_PINNED.search(name))


def require_pinned(scope: Construct, name: str, *, path: str, pinning: Literal["DIGEST", "TAG"]) -> None:
    """Refuse, for the construct at *path*, an image by tag where the posture asks for digests; elsewhere say so at synth.

    Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html (container image resolution)
    """
    if is_pinned(name):
        return
    if pinning == "DIGEST":
        raise ConfigurationError(
            f"{path}: image",
            given=name,
            allowed="an image by digest (repository@sha256:...): a tag can be moved to another image than the one that was tested",
            mend="ask for it with 'docker buildx imagetools inspect', or use a posture with image_pinning='TAG' where nobody is served",
        )
    Annotations.of(scope).add_info(f"The image {name} is named by a tag, which can be moved; production asks for a digest.")
