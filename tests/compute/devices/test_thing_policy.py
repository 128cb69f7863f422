"""What a device may do with its certificate, tried on the synthesized policy; and what no policy is made for."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs

from prodready_constructs import DeviceProvisioning, DeviceTopics, ToQueue
from prodready_constructs.compute.devices.thing_policy import LARGEST_POLICY
from prodready_constructs.compute.devices.topics import LONGEST_THING, check_filter, heard
from prodready_constructs.errors import ConfigurationError
from tests.compute.devices.parts import Device, an_ingest, resolved
from tests.support.synthesis import new_app, new_stack, synth, synth_in

pytestmark = pytest.mark.control("FN-6")


def the_policy(**changed: Any) -> dict[str, Any]:
    template = synth_in(lambda stack: an_ingest(stack, **changed))
    return dict(template.props("AWS::IoT::Policy")["PolicyDocument"])


@pytest.fixture(scope="module")
def policy() -> dict[str, Any]:
    return the_policy()


@pytest.fixture(scope="module")
def boiler(policy: dict[str, Any]) -> Device:
    return Device(policy, thing="boiler-1", client_id="boiler-1")


def test_a_device_does_what_it_is_for(boiler: Device) -> None:
    assert boiler.may_connect()
    for topic in ("telemetry", "state/battery"):
        assert boiler.may_publish(f"devices/boiler-1/{topic}")
    assert boiler.may_subscribe("devices/boiler-1/commands")
    assert boiler.may_receive("devices/boiler-1/commands")
    assert boiler.may_subscribe("devices/boiler-1/settings/#")
    assert boiler.may_receive("devices/boiler-1/settings/heat/day")


def test_a_device_keeps_its_own_shadow_and_jobs(boiler: Device) -> None:
    assert boiler.may_publish("$aws/things/boiler-1/shadow/update")
    assert boiler.may_receive("$aws/things/boiler-1/shadow/update/delta")
    assert boiler.may_subscribe("$aws/things/boiler-1/jobs/notify-next")
    assert not boiler.may_publish("$aws/things/boiler-2/shadow/update")
    assert not boiler.may_subscribe("$aws/things/boiler-2/jobs/notify-next")
    assert not boiler.may_subscribe("$aws/things/+/shadow/#")


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("publish", "devices/boiler-2/telemetry"),
        ("publish", "devices/boiler-10/telemetry"),
        ("publish", "devices/boiler-1/commands"),
        ("publish", "devices/boiler-1/other"),
        ("publish", "devices/boiler-1/telemetry/deep"),
        ("publish", "telemetry"),
        ("publish", "$aws/rules/Stack_Ingest_Telemetry/devices/boiler-1/telemetry"),
        ("publish", "$aws/certificates/create/json"),
        ("subscribe", "devices/boiler-2/commands"),
        ("subscribe", "devices/+/commands"),
        ("subscribe", "devices/boiler-1/#"),
        ("subscribe", "#"),
        ("subscribe", "devices/boiler-2/settings/#"),
        ("receive", "devices/boiler-2/commands"),
        ("receive", "devices/boiler-10/commands"),
        ("receive", "$aws/things/boiler-2/shadow/update/delta"),
        ("receive", "devices/boiler-2/settings/heat"),
    ],
)
def test_a_device_may_not(boiler: Device, kind: str, topic: str) -> None:
    assert not getattr(boiler, f"may_{kind}")(topic)


def test_another_client_id_is_nobody(policy: dict[str, Any]) -> None:
    """A stolen certificate cannot end another device's connection by taking its client id."""
    thief = Device(policy, thing="boiler-1", client_id="boiler-2")
    assert not thief.may_connect()
    assert not thief.may_publish("devices/boiler-1/telemetry")
    assert not Device(policy, thing="boiler-1", client_id="*").may_connect()


def test_a_certificate_of_no_thing_is_nobody(policy: dict[str, Any]) -> None:
    loose = Device(policy, thing=None, client_id="boiler-1")
    assert not loose.may_connect()
    assert not loose.may("iot:Publish", "topic/devices/boiler-1/telemetry")


def test_only_what_is_asked_for_is_in_the_policy() -> None:
    sender = the_policy(topics=DeviceTopics(publish=("telemetry",)), prefix="acme/plant")
    assert [one["Action"] for one in sender["Statement"]] == ["iot:Connect", "iot:Publish"]
    device = Device(sender, thing="a", client_id="a")
    assert device.may_publish("acme/plant/a/telemetry")
    assert not device.may_subscribe("$aws/things/a/shadow/update/delta")
    listener = the_policy(topics=DeviceTopics(subscribe=("commands",)))
    assert [one["Action"] for one in listener["Statement"]] == ["iot:Connect", "iot:Subscribe", "iot:Receive"]


def test_basic_ingest_opens_a_rule_for_a_device_and_its_own_topics_only() -> None:
    stack = new_stack(new_app(flags={}))
    ingest = an_ingest(stack, topics=DeviceTopics(publish=("telemetry", "state/battery"), subscribe=("commands",)))
    queue = ToQueue(sqs.Queue(stack, "Readings"))
    ingest.add_rule("Telemetry", sql="SELECT * FROM 'devices/+/telemetry'", to=queue, basic_ingest=True)
    ingest.add_rule("Everything", sql="SELECT *", to=queue, basic_ingest=True)
    ingest.add_rule("Battery", sql="SELECT * FROM 'devices/+/state/#'", to=queue)
    device = Device(synth(stack).props("AWS::IoT::Policy")["PolicyDocument"], thing="a", client_id="a")
    assert device.may_publish("$aws/rules/Stack_Ingest_Telemetry/devices/a/telemetry")
    assert device.may_publish("$aws/rules/Stack_Ingest_Everything/devices/a/state/battery")
    assert not device.may_publish("$aws/rules/Stack_Ingest_Telemetry/devices/b/telemetry")
    assert not device.may_publish("$aws/rules/Stack_Ingest_Telemetry/devices/a/state/battery")
    assert not device.may_publish("$aws/rules/Stack_Ingest_Battery/devices/a/state/battery")
    assert not device.may_publish("$aws/rules/Somebody_Elses/devices/a/telemetry")


def test_a_claim_asks_for_a_certificate_and_does_nothing_else() -> None:
    stack = new_stack()
    ingest = an_ingest(stack)
    ingest.add_provisioning("Claim", DeviceProvisioning(thing_name="boiler-{Serial}", parameters=("Serial",)), hook=None)
    claim = synth(stack).props("AWS::IoT::Policy", "Claim")["PolicyDocument"]
    new = Device(claim, thing=None, client_id="Stack_Ingest_Claim-4711")
    assert new.may_publish("$aws/certificates/create/json")
    assert new.may_publish("$aws/certificates/create-from-csr/json")
    assert new.may_publish("$aws/provisioning-templates/Stack_Ingest_Claim/provision/json")
    for answer in ("accepted", "rejected"):
        assert new.may_subscribe(f"$aws/provisioning-templates/Stack_Ingest_Claim/provision/json/{answer}")
        assert new.may_receive(f"$aws/certificates/create/json/{answer}")
    assert not new.may_publish("devices/boiler-1/telemetry")
    assert not new.may_publish("$aws/provisioning-templates/Another/provision/json")
    assert not new.may_subscribe("$aws/certificates/#")
    assert not new.may_subscribe("devices/boiler-1/commands")
    assert not Device(claim, thing=None, client_id="boiler-1").may_connect()


def test_nothing_in_the_policy_of_devices_names_more_than_one_of_them(policy: dict[str, Any]) -> None:
    for statement in policy["Statement"]:
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        assert all("${iot:Connection.Thing.ThingName}" in resolved(one) for one in resources)
        assert statement["Effect"] == "Allow"
        assert "*" not in statement["Action"]


def refused(message: str) -> Any:
    return pytest.raises(ConfigurationError, match=f"^{re.escape(message)}$")


NAMES = "levels of letters, digits and _.,:@- between slashes"
WILD = "name each topic: a wildcard would let one device speak for what comes later; '/#' may end a topic to subscribe to"
PLAIN = "write it like 'state/battery', without spaces and without a slash at either end"


@pytest.mark.parametrize(
    ("side", "name", "mend"),
    [
        ("publish", "telemetry/#", WILD),
        ("publish", "+", WILD),
        ("publish", "tele*", WILD),
        ("publish", "a?", WILD),
        ("subscribe", "#", WILD),
        ("subscribe", "+/commands", WILD),
        ("subscribe", "commands/+/#", WILD),
        ("subscribe", "commands#", WILD),
        ("publish", "room temperature", PLAIN),
        ("publish", "/telemetry", PLAIN),
        ("publish", "telemetry/", PLAIN),
        ("publish", "a//b", PLAIN),
        ("publish", "", PLAIN),
        ("publish", "wärme", PLAIN),
        ("publish", "$aws/things/x/shadow/update", "topics with $ are AWS's own; shadow=True and jobs=True open those of a device"),
        ("publish", "$aws/rules/Telemetry/x", "add_rule(..., basic_ingest=True) opens Basic Ingest"),
        ("publish", "${iot:ClientId}", "topics with $ are AWS's own; shadow=True and jobs=True open those of a device"),
    ],
)
def test_topics_that_are_refused(side: str, name: str, mend: str) -> None:
    with refused(f"DeviceTopics.{side}: got {name!r}; allowed: {NAMES}; {mend}"):
        DeviceTopics(**{side: (name,)})  # type: ignore[arg-type]


def test_no_topic_and_one_twice_are_refused() -> None:
    with refused("DeviceTopics: got 'no topic'; allowed: something that a device may send or receive; say publish=(\"telemetry\",)"):
        DeviceTopics()
    with refused("DeviceTopics.publish: got 'a'; allowed: each topic once; remove the second one"):
        DeviceTopics(publish=("a", "b", "a"))
    assert DeviceTopics(publish=("a",), subscribe=("a",))


def test_a_prefix_with_spaces_is_refused() -> None:
    with refused(f"Stack/Ingest: prefix: got 'our devices'; allowed: {NAMES}; {PLAIN}"):
        an_ingest(new_stack(), prefix="our devices")


LIMITS = "7 slashes and 256 bytes at most: AWS IoT ends the connection of a device that sends more"


@pytest.mark.parametrize(("topic", "slashes", "size"), [("a/b/c/d/e/f/g", 8, 150), ("n" * 120, 2, 257)])
def test_topics_that_outgrow_aws_iot_are_refused(topic: str, slashes: int, size: int) -> None:
    given = f"devices/<thing name>/{topic}: {slashes} slashes, {size} bytes with a thing name of {LONGEST_THING}"
    with refused(f"Stack/Ingest: topics: got {given!r}; allowed: {LIMITS}; use fewer levels, or shorter names"):
        an_ingest(new_stack(), topics=DeviceTopics(publish=(topic,)))


def test_the_longest_topics_are_taken() -> None:
    assert the_policy(topics=DeviceTopics(publish=("a/b/c/d/e/f", "n" * 119)))


def test_a_policy_that_is_too_large_is_refused() -> None:
    def topics(count: int) -> DeviceTopics:
        return DeviceTopics(subscribe=tuple(f"commands/{number:02}" for number in range(count)))

    assert the_policy(topics=topics(13))
    with pytest.raises(ConfigurationError) as error:
        an_ingest(new_stack(), topics=topics(16))
    size = int(re.findall(r"a policy of (\d+) characters", str(error.value))[0])
    assert size > LARGEST_POLICY
    assert str(error.value) == (
        f"Stack/Ingest: topics: got '0 to publish, 16 to subscribe to, 0 of Basic Ingest: a policy of {size} characters'; allowed: 2048 characters; "
        "use fewer topics: subscribe to 'commands/#' in place of each command, tell kinds apart by a field of the message"
    )


def test_a_rule_that_makes_the_policy_too_large_is_refused() -> None:
    stack = new_stack()
    ingest = an_ingest(stack, topics=DeviceTopics(publish=tuple(f"telemetry/{number:02}" for number in range(9))))
    with pytest.raises(ConfigurationError, match=r"9 to publish, 0 to subscribe to, 9 of Basic Ingest: a policy of \d+ characters"):
        ingest.add_rule("Telemetry", sql="SELECT *", to=ToQueue(sqs.Queue(stack, "Readings")), basic_ingest=True)


def policy_size(stack: cdk.Stack) -> int:
    document = synth(stack).props("AWS::IoT::Policy")["PolicyDocument"]
    for statement in document["Statement"]:
        resources = statement["Resource"]
        statement["Resource"] = [resolved(one) for one in resources] if isinstance(resources, list) else resolved(resources)
    return len(json.dumps(document, separators=(",", ":")))


def test_what_is_taken_fits_as_it_is_deployed() -> None:
    stack = new_stack()
    an_ingest(stack, topics=DeviceTopics(subscribe=tuple(f"commands/{number:02}" for number in range(10)), shadow=True))
    assert policy_size(stack) <= LARGEST_POLICY


@pytest.mark.parametrize("topic_filter", ["devices/+/telemetry", "devices/#", "#", "+/+/telemetry", "$aws/events/presence/connected/+"])
def test_filters_that_are_taken(topic_filter: str) -> None:
    check_filter("here", topic_filter)


WELL_FORMED = "levels between single slashes; + and # alone in a level, # in the last one"
OWN = "a topic of your own, or one that begins with $aws/things/, $aws/events/, $aws/device_location/, $aws/iotwireless/: the others with $ are AWS's own"
BASIC = "a Basic Ingest message finds its rule by name: give the part after $aws/rules/<rule>/, and basic_ingest=True"


@pytest.mark.parametrize(
    ("topic_filter", "given", "allowed", "mend"),
    [
        ("devices/#/telemetry", None, WELL_FORMED, "write 'devices/+/telemetry' or 'devices/#'"),
        ("devices/boiler+/telemetry", None, WELL_FORMED, "write 'devices/+/telemetry' or 'devices/#'"),
        ("devices/tele#", None, WELL_FORMED, "write 'devices/+/telemetry' or 'devices/#'"),
        ("devices//telemetry", None, WELL_FORMED, "write 'devices/+/telemetry' or 'devices/#'"),
        ("", None, WELL_FORMED, "write 'devices/+/telemetry' or 'devices/#'"),
        ("$aws/rules/Telemetry/devices/+", None, OWN, BASIC),
        ("$sys/health", None, OWN, "leave the $ out"),
        (
            "a/b/c/d/e/f/g/h/i",
            "a/b/c/d/e/f/g/h/i: 8 slashes, 17 bytes",
            "7 slashes and 256 bytes at most",
            "end it with # at an earlier level",
        ),
        ("n" * 257, f"{'n' * 257}: 0 slashes, 257 bytes", "7 slashes and 256 bytes at most", "end it with # at an earlier level"),
    ],
)
def test_filters_that_are_refused(topic_filter: str, given: str | None, allowed: str, mend: str) -> None:
    with refused(f"here: got {given or topic_filter!r}; allowed: {allowed}; {mend}"):
        check_filter("here", topic_filter)


@pytest.mark.parametrize(
    ("topic", "topic_filter", "matches"),
    [
        ("telemetry", "devices/+/telemetry", True),
        ("telemetry", "devices/boiler-1/telemetry", True),
        ("telemetry", "devices/#", True),
        ("telemetry", "#", True),
        ("telemetry", "devices/+/telemetry/#", True),
        ("telemetry", "devices/+/+", True),
        ("telemetry", "devices/+", False),
        ("telemetry", "devices/+/telemetri", False),
        ("telemetry", "device/+/telemetry", False),
        ("telemetry", "devices/+/telemetry/x", False),
        ("settings/#", "devices/+/settings/heat/day", True),
        ("settings/#", "devices/+/commands", False),
    ],
)
def test_what_a_filter_hears(topic: str, topic_filter: str, matches: bool) -> None:
    assert heard("devices", topic, topic_filter) is matches
