"""A little Route 53: it reads synthesized record sets and health checks, and answers as the developer guide says.

Sources, all of the Amazon Route 53 developer guide: "How Amazon Route 53 determines whether a health check is healthy", "How Amazon
Route 53 chooses records when health checking is configured", "Weighted routing". What it does not know: alias targets' own health
(EvaluateTargetHealth of a load balancer), resolvers' caches, and how long a change takes to reach every name server.
"""

from __future__ import annotations

import random
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: In seconds: until the connection stands, then until the status, then until the text.
CONNECT, STATUS, BODY = 4, 2, 2
#: Where the text must be, in bytes.
SEARCHED = 5_120
#: More than this part of the checkers must be content.
QUORUM = 0.18


def asks(config: Mapping[str, Any], address: tuple[str, int], *, pace: float = 1.0) -> str | None:
    """One question of one checker: None when the answer is good, otherwise what is wrong. *pace* shortens the waits."""
    host = config["FullyQualifiedDomainName"]
    try:
        plain = socket.create_connection(address, timeout=CONNECT * pace)
    except OSError as error:
        return f"no connection: {error}"
    deadline = time.monotonic() + STATUS * pace
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As Route 53: the certificate is not validated, so an expired or foreign one is no failure.
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    with plain:
        try:
            plain.settimeout(_left(deadline))
            with tls.wrap_socket(plain, server_hostname=host if config["EnableSNI"] else None) as talk:
                request = (
                    f"GET {config['ResourcePath']} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: little-route53\r\nConnection: close\r\n\r\n"
                )
                talk.sendall(request.encode())
                head, body = _until_head(talk, deadline)
                status = int(head.split(b" ", 2)[1])
                if not 200 <= status < 400:
                    return f"status {status}"
                if (text := config.get("SearchString")) and not _finds(talk, body, text.encode(), time.monotonic() + BODY * pace):
                    return "text not found"
        except TimeoutError:
            return "too late"
        except (OSError, ValueError, IndexError) as error:
            return f"no answer: {error}"
    return None


@dataclass
class Opinion:
    """What one checker thinks: it changes its mind after *threshold* answers in a row that contradict it."""

    threshold: int
    healthy: bool = True
    _against: int = 0

    def hear(self, good: bool) -> None:
        self._against = 0 if good is self.healthy else self._against + 1
        if self._against == self.threshold:
            self.healthy, self._against = good, 0


def agreed(opinions: Sequence[Opinion]) -> bool:
    """Whether the endpoint counts as healthy."""
    return sum(one.healthy for one in opinions) / len(opinions) > QUORUM


@dataclass
class Checks:
    """The health checks of some templates, by logical id: endpoints as *status* says, calculated ones from their children."""

    templates: Mapping[str, Any]
    status: dict[str, bool] = field(default_factory=dict)

    def config(self, check_id: str) -> dict[str, Any]:
        (found,) = [one.resources[check_id] for one in self.templates.values() if check_id in one.resources]
        return dict(found["Properties"]["HealthCheckConfig"])

    def logical_id(self, reference: Any) -> str:
        """Of a reference within a template, or by a weak one to another stack's."""
        if crossed := reference.get("Fn::GetStackOutput"):
            reference = self.templates[crossed["StackName"]].body["Outputs"][crossed["OutputName"]]["Value"]
        return str(reference["Fn::GetAtt"][0])

    def healthy(self, reference: Any) -> bool:
        check_id = self.logical_id(reference)
        config = self.config(check_id)
        if config["Type"] != "CALCULATED":
            return self.status.get(check_id, True)
        return sum(self.healthy(child) for child in config["ChildHealthChecks"]) >= config["HealthThreshold"]


def answer(checks: Checks, name: str, kind: str, *, nearest: Sequence[str] = (), chance: random.Random | None = None) -> str | None:
    """The SetIdentifier (or the simple record's target) that a query for *name* gets; *nearest* regions first, for latency records."""
    all_records = [
        one["Properties"] for template in checks.templates.values() for one in template.of_type("AWS::Route53::RecordSet").values()
    ]
    group = [one for one in all_records if one["Name"] == f"{name}." and one["Type"] == kind]
    if not group:
        return None
    policies = {next((policy for policy in ("Failover", "Weight", "Region") if policy in one), "simple") for one in group}
    assert len(policies) == 1, "Route 53 refuses records of one name with different policies"
    assert len({one.get("SetIdentifier") for one in group}) == len(group), "Route 53 refuses a second record of one id"
    policy = policies.pop()
    if policy == "simple":
        return str(group[0]["AliasTarget"]["DNSName"])
    well = [one for one in group if "HealthCheckId" not in one or checks.healthy(one["HealthCheckId"])]
    if policy == "Failover":
        by_role = {one["Failover"]: one for one in group}
        primary = by_role["PRIMARY"]
        chosen = primary if primary in well or by_role.get("SECONDARY") not in well else by_role["SECONDARY"]
    elif policy == "Weight":
        # Zeros are considered when no other is healthy; when none is healthy, all are.
        candidates = [one for one in well if one["Weight"]] or well or [one for one in group if one["Weight"]] or group
        weights = [one["Weight"] for one in candidates]
        chosen = (chance or random.Random(0)).choices(candidates, weights if any(weights) else None)[0]
    else:
        chosen = min(well or group, key=lambda one: nearest.index(one["Region"]))
    return str(chosen["SetIdentifier"])


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _until_head(talk: ssl.SSLSocket, deadline: float) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        talk.settimeout(_left(deadline))
        if not (piece := talk.recv(4096)):
            raise ValueError("closed")
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def _finds(talk: ssl.SSLSocket, body: bytes, text: bytes, deadline: float) -> bool:
    while text not in body[:SEARCHED] and len(body) < SEARCHED:
        talk.settimeout(_left(deadline))
        if not (piece := talk.recv(4096)):
            break
        body += piece
    return text in body[:SEARCHED]
