"""Settings files: what is read, and what is refused with a message that mends."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodready_constructs.errors import ConfigurationError
from stacks.settings import Settings, load_settings
from tests.support.synthesis import ROOT

PRODUCTION_FILE = ROOT / "settings" / "production.toml"


def written(tmp_path: Path, *, instead: str = "", of: str = "", text: str | None = None) -> Path:
    """A copy of the production settings with one thing changed."""
    original = PRODUCTION_FILE.read_text()
    assert of in original
    file = tmp_path / "bent.toml"
    file.write_text(original.replace(of, instead, 1) if text is None else text)
    return file


@pytest.mark.control("CD-4")
@pytest.mark.parametrize("name", ["production", "staging"])
def test_the_committed_settings_load(name: str) -> None:
    settings = load_settings(ROOT / "settings" / f"{name}.toml")
    assert isinstance(settings, Settings)
    assert settings.environment == name
    assert settings.account in {"111122223333", "444455556666"}, "documentation accounts only"


def test_account_and_domain_may_be_left_out(tmp_path: Path) -> None:
    text = PRODUCTION_FILE.read_text()
    before, _, rest = text.partition("[domain]")
    rest = "[service]" + rest.partition("[service]")[2]
    file = tmp_path / "trial.toml"
    file.write_text("\n".join(line for line in (before + rest).splitlines() if not line.startswith("account")))
    settings = load_settings(file)
    assert settings.account is None
    assert settings.domain is None


@pytest.mark.parametrize(
    ("of", "instead", "message"),
    [
        ('region = "us-east-1"', 'regoin = "us-east-1"', "unknown key regoin"),
        ('cidr = "10.0.0.0/16"', "", "got 'no key cidr'; allowed: application, .*; add cidr"),
        ('hosted_zone = "example.com"', "", r"domain: got 'no key hosted_zone'"),
        ("port = 5678", 'port = "5678"', r"service: port: got '5678'; allowed: a whole number"),
        ("port = 5678", "port = true", r"service: port: got True; allowed: a whole number"),
        ('warning = ["shop-team@example.com"]', 'warning = "shop-team@example.com"', "warning: got .*; allowed: a list of strings"),
        ('cost-centre = "4711"', "cost-centre = 4711", "tags: got .*; allowed: a table of strings"),
        ('application = "shop"', "application = 7", "application: got 7; allowed: a string"),
        ('account = "111122223333"', 'account = "prod"', "account: got 'prod'; allowed: 12 digits"),
        ('region = "us-east-1"', 'region = "Virginia"', "region: got 'Virginia'; allowed: an AWS region"),
        ('second_region = "us-west-2"', 'second_region = "us-east-1"', "second_region: got 'us-east-1'; allowed: another region"),
        ('"us-east-1b", "us-east-1c"]', '"us-west-2b"]', r"zones: got \['us-west-2b'\]; allowed: zones of us-east-1"),
        ('"us-east-1b", "us-east-1c"]', '"us-east-1a"]', "zones: got .*; allowed: two or more different zones"),
    ],
)
def test_bad_settings_are_refused(tmp_path: Path, of: str, instead: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        load_settings(written(tmp_path, of=of, instead=instead))


def test_a_section_that_is_no_table_is_refused(tmp_path: Path) -> None:
    text = PRODUCTION_FILE.read_text()
    start, end = text.index("[service]"), text.index("[alerts]")
    with pytest.raises(ConfigurationError, match=r"service: got 'image'; allowed: a table; write \[service\]"):
        load_settings(written(tmp_path, text='service = "image"\n' + text[:start] + text[end:]))


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load_settings(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigurationError, match="mend the line it names"):
        load_settings(written(tmp_path, text="= nothing"))
