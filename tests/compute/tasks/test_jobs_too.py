"""A job of ``compute.jobs`` asks for digests as services do."""

from __future__ import annotations

import pytest

from prodready_constructs.compute import FargateJob
from prodready_constructs.errors import ConfigurationError
from tests.compute.tasks.parts import POSTURE, a_vpc, image
from tests.support.synthesis import new_stack


@pytest.mark.control("WEB-3")
def test_refuses_an_image_by_tag() -> None:
    stack = new_stack()
    with pytest.raises(ConfigurationError, match=r"^Stack/Job: image: got 'job:1'; allowed: an image by digest"):
        FargateJob(stack, "Job", vpc=a_vpc(stack), image=image("job:1"), posture=POSTURE)
