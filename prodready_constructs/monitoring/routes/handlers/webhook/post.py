"""One HTTPS request, and what its outcome means: taken, try again, or never."""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import random
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timezone
from urllib.parse import urlsplit

#: Seconds for one attempt as a whole, from the first packet to the end of the answer.
TIMEOUT = 10.0
#: Seconds before the second attempt, doubled after each; no pause of ours is longer than the second.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 20.0
MOST_ATTEMPTS = 8
#: What of an answer is read.
_MOST_BYTES = 65_536
#: The address may have been replaced: Slack answers 403 (revoked), 404 (gone) and 410 (archived), Teams 401.
STALE = (401, 403, 404, 410)
_AGAIN = (408, 425, 429)
_SUCCESS, _REDIRECTS, _FAILURES = range(200, 300), range(300, 400), range(500, 600)


class GivenUpError(Exception):
    """No second attempt would do better."""


class NotTakenError(Exception):
    """Not now; *wait* is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


@dataclass(frozen=True)
class Answer:
    """What came back; ``retry_after`` as it was written."""

    status: int
    body: str
    retry_after: str | None


def post(url: str, body: bytes, *, hosts: tuple[str, ...]) -> Answer:
    """Send *body* to *url*: HTTPS, certificate and name verified, no redirect followed. A reason never names more of the URL than its host."""
    host, port, path = _parts(url, hosts)
    connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    held: socket.socket | None = None

    def hang_up() -> None:
        if on := held or connection.sock:
            # The socket's own: an SSL socket's would go on in the clear. It may be closed by now.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(on, socket.SHUT_RDWR)

    alarm = threading.Timer(TIMEOUT, hang_up)
    alarm.start()
    try:
        connection.connect()
        # An answer that says it is the last one lets the connection forget its socket, and the time would run out for nobody.
        held = connection.sock
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8", "User-Agent": "prodready-webhook"})
        response = connection.getresponse()
        said = response.read(_MOST_BYTES)
        if response.length and len(said) < _MOST_BYTES:
            raise NotTakenError(f"the answer of {host} broke off")
        return Answer(response.status, said.decode("utf-8", "replace"), response.getheader("Retry-After"))
    except ssl.SSLCertVerificationError as error:
        raise GivenUpError(f"the certificate of {host} is not to be trusted: {error.verify_message}") from None
    except socket.gaierror as error:
        raise NotTakenError(f"{host} has no address: {error.strerror}") from None
    except (OSError, http.client.HTTPException) as error:
        raise NotTakenError(f"no answer of {host}: {type(error).__name__}") from None
    finally:
        alarm.cancel()
        connection.close()


def deliver(
    address: Callable[[bool], str],
    body: bytes,
    *,
    kind: str,
    hosts: tuple[str, ...],
    seconds_left: Callable[[], float],
    sleep: Callable[[float], None],
    now: Callable[[], float],
) -> int:
    """Post *body* until it is taken: how many attempts that took. *address(True)* reads the secret anew.

    Raises:
        GivenUpError: it never will be. NotTakenError: not within the time there is.
    """
    url, fresh, attempts = address(False), False, 0
    while True:
        attempts += 1
        try:
            answer = post(url, body, hosts=hosts)
            if not fresh and answer.status in STALE:
                fresh, before = True, url
                url = address(True)
                if url != before:
                    continue
            _judge(answer, kind, now)
            return attempts
        except NotTakenError as error:
            pause = error.wait
            if pause is None:
                # Half of it at random: alerts that failed together do not come back together.
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempts - 1)) * random.uniform(0.5, 1)
            if attempts >= MOST_ATTEMPTS or seconds_left() < pause + TIMEOUT:
                raise NotTakenError(f"{error}, {attempts} attempts", error.wait) from None
            sleep(pause)


def _judge(answer: Answer, kind: str, now: Callable[[], float]) -> None:
    said = " ".join(answer.body.split())[:200]
    if answer.status in _SUCCESS:
        # Anything but Slack's own word comes from somebody in between.
        if kind == "SLACK" and answer.body.strip() != "ok":
            raise GivenUpError(f"answered {answer.status}, but not as Slack does: {said!r}")
        return
    if answer.status in _REDIRECTS:
        raise GivenUpError(f"answered {answer.status}: redirects are not followed, they could lead an alert anywhere")
    if answer.status in _AGAIN or answer.status in _FAILURES:
        raise NotTakenError(f"answered {answer.status}: {said!r}", _wait(answer.retry_after, now))
    raise GivenUpError(f"answered {answer.status}: {said!r}")


def _wait(retry_after: str | None, now: Callable[[], float]) -> float | None:
    """Seconds, of a number or a date (RFC 9110, 10.2.3); None for anything else."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            date = email.utils.parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        seconds = (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).timestamp() - now()
    # Not a number and endless are no times either.
    return max(0.0, seconds) if seconds < 86_400 else 86_400.0 if seconds > 0 else None


def _parts(url: str, hosts: tuple[str, ...]) -> tuple[str, int, str]:
    """Host, port and path of *url*."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise GivenUpError("the secret holds no URL") from None
    clean = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme != "https" or not host or parts.username or not clean:
        raise GivenUpError("the secret holds no https:// URL")
    if hosts and not any(host == name or host.endswith(f".{name}") for name in hosts):
        raise GivenUpError(f"the secret leads to {host}, where no such webhook lives: {', '.join(hosts)}")
    return host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
