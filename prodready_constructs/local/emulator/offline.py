"""Nothing that the emulator does leaves this machine: its topics have the addresses of real pagers, and functions those of real services.

Python loads this before anything else (as ``sitecustomize``), in the emulator and in the functions that it runs.
"""

import errno
import ipaddress
import socket
from typing import Any

_NAMES = frozenset({None, "", "localhost"})


def _is_here(host: Any) -> bool:
    text = host.decode() if isinstance(host, bytes) else host
    if text in _NAMES or str(text).endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(text).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(own: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"the emulator does not leave this machine: {address[0]}")
        return own(self, address)

    return connect


def _look_up(own: Any) -> Any:
    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        try:
            numeric = _is_here(host) or bool(ipaddress.ip_address(str(host).partition("%")[0]))
        except ValueError:
            raise socket.gaierror(socket.EAI_NONAME, f"the emulator asks nobody for names: {host}") from None
        return own(host, *arguments, **named) if numeric else None

    return getaddrinfo


socket.socket.connect = _guard(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = _guard(socket.socket.connect_ex)  # type: ignore[method-assign]
socket.getaddrinfo = _look_up(socket.getaddrinfo)
