"""Asking a SPARQL endpoint over HTTP (SPARQL 1.1 Protocol, results as JSON): politely, with limits, and without following anybody elsewhere."""

import email.utils
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Any

from fedviz import __version__
from fedviz.core.errors import InputError
from fedviz.kg.sources import addresses
from fedviz.kg.store.change import Intake

MAX_BYTES = 64 << 20
TRIES = 5
LONGEST_WAIT_S = 300.0
_TIMEOUT_S, _TOTAL_S = 60.0, 180.0
_LOCAL = ("127.0.0.1", "localhost", "::1")


class _Stay(urllib.request.HTTPRedirectHandler):
    """No redirect is followed: the user named an address, and only that one is asked."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def checked(url: str, contact: str) -> str:
    """The address of an endpoint as it is asked; `InputError` where it is none, is private (`addresses`), or where somebody outside is asked by nobody."""
    parts = urllib.parse.urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise InputError(f"The address of an endpoint begins with http:// or https:// and names a host, but got {url[:80]!r}.")
    if parts.hostname not in _LOCAL and not contact.strip():
        raise InputError("An endpoint outside this machine wants to know who asks: give an e-mail or a web address as contact.")
    addresses.check(parts.hostname)
    return url.strip()


def select(url: str, contact: str, query: str, intake: Intake) -> list[dict[str, Any]]:
    """The rows of a SELECT. Waits as the endpoint wishes (429, 503 with Retry-After) and tries again; `InputError` with one sentence where that does not help."""
    agent = f"fedviz/{__version__} ({''.join(letter for letter in contact if letter.isascii() and letter.isprintable())[:200] or 'local'})"
    asked = urllib.request.Request(
        url, urllib.parse.urlencode({"query": query}).encode(),
        {"Accept": "application/sparql-results+json", "Content-Type": "application/x-www-form-urlencoded", "User-Agent": agent},
    )  # fmt: skip
    opener = urllib.request.build_opener(_Stay, *addresses.handlers())
    reason = ""
    for attempt in range(TRIES):
        wait = 2.0**attempt
        try:
            with opener.open(asked, timeout=_TIMEOUT_S) as answer:
                return _rows(_body(answer, intake))
        except urllib.error.HTTPError as error:
            reason = f"it answers {error.code} {error.reason}"
            if error.code in (301, 302, 303, 307, 308):
                raise InputError(f"The endpoint has moved; give its new address: {str(error.headers.get('Location'))[:200]}.") from None
            if error.code not in (429, 500, 502, 503, 504):
                said = " ".join(error.read(2000).decode("utf-8", "replace").split())[:200]
                raise InputError(f"The endpoint refuses the question ({error.code}): {said or error.reason}.") from None
            wait = max(wait, _asked_wait(error.headers.get("Retry-After")))
        except (OSError, HTTPException, ValueError) as error:
            reason = str(getattr(error, "reason", error))
        if wait > LONGEST_WAIT_S:
            raise InputError(f"The endpoint asks to wait {wait:.0f} seconds; what came so far is kept, and the same import goes on from there.")
        if attempt < TRIES - 1:
            pause(wait, intake)
    raise InputError(f"The endpoint cannot be asked: {reason[:200]}; what came so far is kept, and the same import goes on from there.")


def pause(seconds: float, intake: Intake) -> None:
    """Wait, and look meanwhile whether somebody cancels."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        intake.check()
        time.sleep(min(0.2, left))


def _body(answer: Any, intake: Intake) -> bytes:
    pieces, size, start = [], 0, time.monotonic()
    while piece := answer.read(1 << 16):
        intake.check()
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BYTES:
            raise InputError(f"An answer has at most {MAX_BYTES >> 20} MB; ask for fewer rows a page.")
        if time.monotonic() - start > _TOTAL_S:
            raise InputError(f"An answer takes at most {_TOTAL_S:.0f} seconds; ask for fewer rows a page.")
    return b"".join(pieces)


def _rows(body: bytes) -> list[dict[str, Any]]:
    try:
        rows = json.loads(body)["results"]["bindings"]
        if not isinstance(rows, list):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError("The endpoint's answer is no SPARQL result in JSON; is the address that of a SPARQL endpoint?") from None
    return rows


def _asked_wait(said: str | None) -> float:
    """Seconds of a Retry-After header, given as a number or as a date; 0 where there is none."""
    if not said:
        return 0.0
    if said.strip().isdigit():
        return float(said.strip())
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return 0.0
