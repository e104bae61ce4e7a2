"""Which machines an endpoint may be on: the open internet, and of private networks those that whoever started fedviz has named.

A page lets a viewer name an address that the server then asks (server-side request forgery, OWASP A10:2021). So a connection goes to the very address that was
looked up and found public; a name that leads elsewhere at the second look (DNS rebinding) gains nothing.
"""

import http.client
import ipaddress
import os
import socket
import urllib.request
from typing import Any

from fedviz.core.errors import InputError

ALLOWED = "FEDVIZ_PRIVATE_ENDPOINTS"
"""Environment variable: hosts on this machine or in private networks that may be asked all the same, separated by spaces or commas."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also inside IPv6's forms of IPv4 addresses (mapped, 6to4, Teredo, NAT64)."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def allowed() -> frozenset[str]:
    """The hosts that were named, in lower case."""
    return frozenset(os.environ.get(ALLOWED, "").lower().replace(",", " ").split())


def check(host: str) -> None:
    """`InputError` where a host is written as a private address, or is named localhost, and was not allowed. Other names are looked up when they are asked."""
    if host.lower() in allowed():
        return
    try:
        private = not is_public(host)
    except ValueError:
        private = host.lower().rstrip(".").rpartition(".")[2] == "localhost"
    if private:
        raise _refusal(host)


def connect(address: tuple[str, int], *more: Any) -> socket.socket:
    """As `socket.create_connection`, to an address that is public, or to any of a host that was allowed."""
    host, port = address
    if host.lower() in allowed():
        return socket.create_connection(address, *more)
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(map(is_public, found)):
        raise _refusal(host)
    return socket.create_connection((found[0], port), *more)


def handlers() -> tuple[urllib.request.BaseHandler, ...]:
    """For `urllib.request.build_opener`: HTTP and HTTPS that connect by `connect`. A proxy of the environment is used as it is, since it does the looking up."""
    return _Http(), _Https()


class _Connection(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._create_connection = connect


class _SecureConnection(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._create_connection = connect


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return super().http_open(req) if req.has_proxy() else self.do_open(_Connection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return super().https_open(req) if _tunnels(req) else self.do_open(_SecureConnection, req)


def _tunnels(req: urllib.request.Request) -> bool:
    return bool(getattr(req, "_tunnel_host", None)) or req.has_proxy()


def _refusal(host: str) -> InputError:
    return InputError(f"The endpoint {host[:80]} is on this machine or in a private network, which is not asked unless the environment variable {ALLOWED} names it.")
