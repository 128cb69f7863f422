"""Tests that share a deployment, or what a module synthesizes once, are not torn apart, however the suite is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.synthesis import ROOT

pytest_plugins = ("pytester",)
_MARKS = "pytest.mark.xdist_group("


@pytest.mark.parametrize("asked", [("-n", "2"), ("-n", "2", "--dist", "load"), ("-n", "2", "--dist", "loadgroup")])
def test_a_group_goes_to_one_worker_and_so_does_a_module(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    hook = (ROOT / "tests" / "conftest.py").read_text().partition("@pytest.hookimpl")[2].partition("\n\n\n")[0]
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(f"import pytest\nfrom typing import Any\n\n@pytest.hookimpl{hook}\n")
    test = """
        import os, pathlib, pytest
        {mark}

        @pytest.mark.parametrize("number", range(20))
        def test_where(number):
            pathlib.Path("{name}-" + os.environ["PYTEST_XDIST_WORKER"]).touch()
        """
    pytester.makepyfile(
        test_one=test.format(mark='pytestmark = pytest.mark.xdist_group("emulator")', name="whole"),
        test_other=test.format(mark='pytestmark = pytest.mark.xdist_group("emulator")', name="whole"),
        test_free=test.format(mark="", name="free"),
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", *asked).assert_outcomes(passed=60)
    assert len(list(pytester.path.glob("whole-*"))) == 1
    assert len(list(pytester.path.glob("free-*"))) == 1


def test_whoever_starts_an_emulator_is_of_a_group() -> None:
    """A module that deploys once for all its tests says so."""
    for module in (ROOT / "tests").rglob("test_*.py"):
        if 'scope="module"' in (text := module.read_text()) and "with emulator(" in text:
            assert _MARKS in text, module.relative_to(Path(ROOT))
