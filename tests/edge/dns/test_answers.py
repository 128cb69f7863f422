"""What visitors are told: a little Route 53 reads the templates, and asks a real HTTPS server on the loopback that stands for ``/health``."""

from __future__ import annotations

import random
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from prodready_constructs.edge import CalculatedHealthCheck, Failover, HealthCheck, Latency, Weighted
from tests.edge.dns.little_route53 import SEARCHED, Checks, Opinion, agreed, answer, asks
from tests.edge.dns.test_routing import EAST, NAME, a_check, a_domain, a_rest_api
from tests.support.loopback import Handler, certificate_for, listening
from tests.support.synthesis import Template, new_app, new_stack, synth, synth_all

WEST = "usw2.routed.example.net"
#: Half of Route 53's patience: a second for a status is more than a loopback server needs, and the tests of silence wait for it.
PACE = 0.5


@dataclass
class Endpoint:
    """A service whose answer the tests choose."""

    address: tuple[str, int] = ("127.0.0.1", 0)
    status: int = 200
    body: bytes = b'{"status":"ok"}'
    silent: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    sni: list[str | None] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """Its certificate is self-signed, and for another name."""
    served = Endpoint()

    class Service(Handler):
        def do_GET(self) -> None:
            served.sni.append(self.server_name)
            served.asked.append((self.path, self.headers["Host"]))
            if served.silent:
                served.closing.wait(30)
                return
            self.reply(served.status, served.body)

    with listening(Service, certificate=certificate_for("another.example")) as port:
        served.address = ("127.0.0.1", port)
        yield served
        served.closing.set()


@pytest.fixture(scope="module")
def configs() -> dict[str, dict[str, Any]]:
    """A check of the status, and one that looks for a text."""
    stack = new_stack()
    HealthCheck(stack, "Plain", host=EAST)
    HealthCheck(stack, "Search", host=EAST, search='"status":"ok"')
    template = synth(stack)
    return {
        name: next(one["Properties"]["HealthCheckConfig"] for key, one in template.resources.items() if key.startswith(name))
        for name in ("Plain", "Search")
    }


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize(
    ("status", "verdict"), [(200, None), (204, None), (301, None), (404, "status 404"), (500, "status 500"), (503, "status 503")]
)
def test_only_2xx_and_3xx_are_well(endpoint: Endpoint, configs: dict[str, dict[str, Any]], status: int, verdict: str | None) -> None:
    endpoint.status = status
    assert asks(configs["Plain"], endpoint.address, pace=PACE) == verdict
    assert endpoint.asked == [("/health", EAST)]
    assert endpoint.sni == [EAST]


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b'{"status":"ok"}', None),
        (b'{"status":"degraded"}', "text not found"),
        (b'{"STATUS":"OK"}', "text not found"),
        (b" " * (SEARCHED - 15) + b'{"status":"ok"}', None),
        (b" " * SEARCHED + b'{"status":"ok"}', "text not found"),
    ],
    ids=["there", "other", "case", "last", "beyond"],
)
def test_the_text_is_looked_for(endpoint: Endpoint, configs: dict[str, dict[str, Any]], body: bytes, verdict: str | None) -> None:
    endpoint.body = body
    assert asks(configs["Search"], endpoint.address, pace=PACE) == verdict
    assert asks(configs["Plain"], endpoint.address, pace=PACE) is None, "without a text the status is enough"


@pytest.mark.control("WEB-9")
def test_silence_is_unwell(endpoint: Endpoint, configs: dict[str, dict[str, Any]]) -> None:
    endpoint.silent = True
    assert asks(configs["Plain"], endpoint.address, pace=PACE) == "too late"


@pytest.mark.control("WEB-9")
def test_without_tls_or_a_listener_it_is_unwell(configs: dict[str, dict[str, Any]]) -> None:
    def speak_plainly(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()[:2]
        thread = threading.Thread(target=speak_plainly, args=(server,), daemon=True)
        thread.start()
        assert str(asks(configs["Plain"], address, pace=PACE)).startswith("no answer: [SSL")
        thread.join()
    assert str(asks(configs["Plain"], address, pace=PACE)).startswith("no connection")


@pytest.mark.control("WEB-9")
def test_a_certificate_is_not_looked_at(endpoint: Endpoint, configs: dict[str, dict[str, Any]]) -> None:
    """So an expired one moves nobody: the alarm of ``Domain`` is what hears of it."""
    assert asks(configs["Plain"], endpoint.address, pace=PACE) is None
    with socket.create_connection(endpoint.address) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(plain, server_hostname=EAST)


def test_a_checker_changes_its_mind_after_as_many_answers_as_asked() -> None:
    opinion = Opinion(threshold=3)
    heard = [False, False, True, False, False, False, True, True, False, True, True, True]
    thoughts = []
    for good in heard:
        opinion.hear(good)
        thoughts.append(opinion.healthy)
    assert thoughts == [True] * 5 + [False] * 6 + [True]


def test_more_than_18_percent_of_the_checkers_are_enough() -> None:
    assert agreed([Opinion(3, healthy=number < 3) for number in range(16)])
    assert not agreed([Opinion(3, healthy=number < 2) for number in range(16)])


@pytest.fixture(scope="module")
def two_regions() -> dict[str, Template]:
    app = new_app()
    east, west = new_stack(app, "East"), new_stack(app, "West", region="us-west-2")
    a_domain(east, routing=Failover("PRIMARY", a_check(east, "EastCheck"))).alias(a_rest_api(east))
    a_domain(west, routing=Failover("SECONDARY", a_check(east, "WestCheck", WEST))).alias(a_rest_api(west))
    return synth_all(app)


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize("kind", ["A", "AAAA"])
@pytest.mark.parametrize(
    ("east", "west", "told"), [(True, True, "primary"), (True, False, "primary"), (False, True, "secondary"), (False, False, "primary")]
)
def test_the_secondary_answers_when_it_alone_is_well(
    two_regions: dict[str, Template], kind: str, east: bool, west: bool, told: str
) -> None:
    checks = Checks(two_regions)
    for check_id in two_regions["East"].of_type("AWS::Route53::HealthCheck"):
        checks.status[check_id] = east if "EastCheck" in check_id else west
    assert answer(checks, NAME, kind) == told


@pytest.mark.control("WEB-9")
def test_a_region_fails_and_comes_back(two_regions: dict[str, Template], endpoint: Endpoint) -> None:
    """The whole way: a server answers 500, its checkers turn one after the other, the name moves, and moves back."""
    checks = Checks(two_regions)
    (check_id,) = [one for one in two_regions["East"].of_type("AWS::Route53::HealthCheck") if "EastCheck" in one]
    config = checks.config(check_id)
    checkers = [Opinion(config["FailureThreshold"]) for _ in range(6)]

    def a_round() -> str | None:
        for checker in checkers:
            checker.hear(asks(config, endpoint.address, pace=PACE) is None)
        checks.status[check_id] = agreed(checkers)
        return answer(checks, NAME, "A")

    assert a_round() == "primary"
    endpoint.status = 500
    assert [a_round() for _ in range(3)] == ["primary", "primary", "secondary"]
    endpoint.status = 200
    assert [a_round() for _ in range(3)] == ["secondary", "secondary", "primary"]


def told_of(weights: dict[str, int], *, queries: int, unwell: frozenset[str] = frozenset()) -> Counter[str | None]:
    """What so many queries get."""
    stack = new_stack()
    target = a_rest_api(stack)
    for name, weight in weights.items():
        check = a_check(stack, f"{name.capitalize()}Check", f"{name}.routed.example.net")
        a_domain(stack, name.capitalize(), routing=Weighted(weight, name, check)).alias(target)
    template = synth(stack)
    ids = {name: key for name in weights for key in template.of_type("AWS::Route53::HealthCheck") if key.startswith(name.capitalize())}
    checks = Checks({"Stack": template}, {ids[name]: False for name in unwell})
    chance = random.Random(20_260_101)
    return Counter(answer(checks, NAME, "A", chance=chance) for _ in range(queries))


@pytest.mark.control("WEB-9")
@pytest.mark.parametrize("green", [1, 10, 50])
def test_a_switch_over_moves_the_share_that_it_says(green: int) -> None:
    queries, share = 10_000, green / 100
    told = told_of({"blue": 100 - green, "green": green}, queries=queries)
    # Four standard deviations.
    assert abs(told["green"] - queries * share) <= 4 * (queries * share * (1 - share)) ** 0.5


@pytest.mark.control("WEB-9")
def test_weight_zero_is_a_spare() -> None:
    weights = {"blue": 0, "green": 100}
    assert told_of(weights, queries=200) == {"green": 200}
    assert told_of(weights, queries=200, unwell=frozenset({"green"})) == {"blue": 200}
    assert told_of(weights, queries=200, unwell=frozenset(weights)) == {"green": 200}
    assert told_of({"blue": 90, "green": 10}, queries=200, unwell=frozenset({"blue"})) == {"green": 200}


@pytest.mark.control("WEB-9")
def test_the_nearest_region_that_is_well_answers() -> None:
    stack = new_stack()
    target = a_rest_api(stack)
    for region in ("eu-central-1", "us-west-2"):
        check = a_check(stack, f"Check{region}", f"{region}.routed.example.net")
        a_domain(stack, f"Domain{region}", routing=Latency(region, check)).alias(target)
    template = synth(stack)
    (west,) = [one for one in template.of_type("AWS::Route53::HealthCheck") if "uswest2" in one]
    for nearest, well, told in (
        (["us-west-2", "eu-central-1"], True, "us-west-2"),
        (["eu-central-1", "us-west-2"], True, "eu-central-1"),
        (["us-west-2", "eu-central-1"], False, "eu-central-1"),
    ):
        assert answer(Checks({"Stack": template}, {west: well}), NAME, "AAAA", nearest=nearest) == told


@pytest.mark.control("WEB-9")
def test_a_calculated_check_turns_when_too_few_are_well() -> None:
    app = new_app()
    east, west = new_stack(app, "East"), new_stack(app, "West", region="us-west-2")
    three = [a_check(east, f"Part{number}", f"part{number}.routed.example.net") for number in range(3)]
    most = CalculatedHealthCheck(east, "Most", of=three, at_least=2)
    a_domain(east, routing=Failover("PRIMARY", most)).alias(a_rest_api(east))
    a_domain(west, routing=Failover("SECONDARY")).alias(a_rest_api(west))
    templates = synth_all(app)
    parts = sorted(one for one in templates["East"].of_type("AWS::Route53::HealthCheck") if one.startswith("Part"))
    told = [answer(Checks(templates, dict.fromkeys(parts[:unwell], False)), NAME, "A") for unwell in range(4)]
    assert told == ["primary", "primary", "secondary", "secondary"]
