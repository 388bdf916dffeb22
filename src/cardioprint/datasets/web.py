"""The door to the network: secure addresses only, patient with servers, careful with passwords."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import errno
import ipaddress
import random
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage, HTTPResponse
from http.cookiejar import CookieJar
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from cardioprint.errors import RecordError

Result = TypeVar("Result")

TRY_LATER = {408, 425, 429, 500, 502, 503, 504}
"""HTTP status codes of a server that may answer later (RFC 9110, 6585, 8470)."""

LONGEST_WAIT = 300.0
"""Seconds that a server may ask to wait before this run gives up."""

BLOCK = 1 << 20
"""Bytes read at a time."""


class FetchError(RecordError):
    """A file cannot be had from its publisher."""


class EverythingError(FetchError):
    """Nothing can be had: no network, no access, no room."""


class AccessError(EverythingError):
    """The publisher wants a login, or has not let this one in."""


class Stopped(Exception):  # noqa: N818 (no error: the run ends for another reason)
    """This thread ends because the run does."""


class Busy(Exception):  # noqa: N818 (never leaves `Web.patiently`)
    """This attempt failed; another may not.

    Args:
        reason: What happened.
        wait: Seconds that the server asked for.
        progress: Whether the attempt brought something nearer.
    """

    def __init__(self, reason: str, *, wait: float | None = None, progress: bool = False):
        super().__init__(reason)
        self.wait, self.progress = wait, progress


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who asks, for the addresses of one server.

    Attributes:
        origin: The only server that gets it, as `origin_of` writes it.
        user: Name.
        password: Kept in memory for this run and never shown.
    """

    origin: str
    user: str
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """HTTP basic authentication (RFC 7617, UTF-8)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(address)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{parts.port or default}"


def check_address(address: str, *, source: object = "") -> str:
    """Return an address that may be asked: https, or http to this machine.

    Raises:
        FetchError: Another scheme, no host, or user and password inside the address.
    """
    try:
        parts = urlsplit(address)
        host, secret = parts.hostname or "", parts.password or parts.username
        origin_of(address)  # a port that is no number
    except ValueError:
        host, secret, parts = "", None, urlsplit("")
    allowed = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    if not host or secret or not allowed:
        shown = f"{parts.scheme}://{host}" if secret else address[:200]
        raise FetchError(
            f"{shown!r} is not an address that files are fetched from",
            source=source,
            field="address",
            fix="only https addresses without user and password are asked",
        )
    return address


def _is_here(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a server elsewhere, without the login where elsewhere is another server."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: Any,
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        target = check_address(urljoin(req.full_url, newurl), source=req.full_url)
        old, new = urlsplit(req.full_url).hostname or "", urlsplit(target).hostname or ""
        if _is_here(new) and not _is_here(old):
            raise FetchError("the server points back to this machine", source=req.full_url)
        made = super().redirect_request(req, fp, code, msg, headers, target)
        login = req.unredirected_hdrs.get("Authorization")
        if made is not None and login and origin_of(target) == origin_of(req.full_url):
            made.add_unredirected_header("Authorization", login)
        return made


@dataclass(kw_only=True)
class Web:
    """Asks servers, again and again where that may help.

    Attributes:
        login: Who asks; None: nobody.
        timeout: Seconds without an answer or a byte.
        attempts: Attempts in a row without progress; two where no server has answered yet.
        first_wait: Seconds before the second attempt; doubles with each.
        stop: Set to end all threads that use this object.
        reached: Whether any server has answered yet.
    """

    login: Login | None = None
    timeout: float = 30.0
    attempts: int = 5
    first_wait: float = 1.0
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    reached: bool = False

    def __post_init__(self):
        self._opener = urllib.request.OpenerDirector()  # without urllib's file:, ftp: and data:
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPCookieProcessor(CookieJar()),  # spares PhysioNet a login a file
            _Redirects(),
        ):
            self._opener.add_handler(handler)

    def open(self, address: str, headers: Mapping[str, str] | None = None) -> HTTPResponse:
        """Ask once and return the open answer, status 200, 206 or 416.

        Raises:
            Busy: Another attempt may help.
            AccessError: HTTP 401 or 403.
            FetchError: Any other refusal.
        """
        check_address(address)
        asked = urllib.request.Request(address, headers=dict(headers or {}))
        asked.add_header("User-Agent", _program())
        if self.login and self.login.origin == origin_of(address):
            asked.add_unredirected_header("Authorization", self.login.header)
        answer: Any  # an HTTPResponse, or the HTTPError that stands for status 416
        try:
            answer = self._opener.open(asked, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            self.reached = True
            if error.code != 416:
                error.close()
                raise _refusal(error, address) from None
            answer = error
        except urllib.error.URLError as error:
            raise self._no_answer(error.reason, address) from None
        except (OSError, HTTPException) as error:
            raise Busy(_words(error)) from None
        self.reached = True
        if answer.status not in (200, 206, 416):
            answer.close()
            raise Busy(f"the server answered HTTP {answer.status} without the file")
        return answer

    def read(self, address: str, *, most: int = 1 << 31) -> bytes:
        """Return what lies at an address, in memory.

        Raises:
            FetchError: It cannot be had, or is longer than `most` bytes.
        """

        def attempt() -> bytes:
            body = bytearray()
            with self.open(address) as answer:
                try:
                    while block := answer.read(BLOCK):
                        body += block
                        if len(body) > most:
                            raise FetchError(f"longer than {most:,} bytes", source=address)
                except (OSError, HTTPException) as error:
                    raise Busy(_words(error)) from None
                if answer.length:  # http.client tells of no early end where a size is asked for
                    raise Busy(f"the connection ended {answer.length:,} bytes early")
            return bytes(body)

        return self.patiently(attempt, address)

    def patiently(self, attempt: Callable[[], Result], address: str) -> Result:
        """Return what an attempt returns, trying again while it raises Busy.

        Raises:
            FetchError: Too many attempts without progress, or the server asks for too long a
                wait.
            Stopped: `stop` was set.
        """
        failures = 0
        while True:
            if self.stop.is_set():
                raise Stopped
            try:
                return attempt()
            except Busy as busy:
                failures = 1 if busy.progress else failures + 1
                most = self.attempts if self.reached else min(2, self.attempts)
                wait = busy.wait
                if wait is None:
                    wait = self.first_wait * 2 ** (failures - 1) * random.uniform(0.75, 1.25)
                if failures >= most or wait > LONGEST_WAIT:
                    asks = f"; it asks to wait {wait:.0f} s" if wait > LONGEST_WAIT else ""
                    raise FetchError(
                        f"given up after {failures} attempts: {busy}{asks}",
                        source=address,
                        fix="run the command again later: it goes on where this one ended",
                    ) from None
            self.stop.wait(wait)

    def _no_answer(self, reason: object, address: str) -> Exception:
        """Return the error for a server that gave no answer at all."""
        if isinstance(reason, ssl.SSLError) and "CERTIFICATE" in str(reason).upper():
            return EverythingError(
                f"the server's certificate is not valid here: {_words(reason)}",
                source=address,
                fix="check the clock and the certificates of this machine, or its proxy",
            )
        if not self.reached and isinstance(reason, OSError) and _offline(reason):
            return EverythingError(
                f"no connection to {urlsplit(address).hostname}: {_words(reason)}",
                source=address,
                fix="check the network, or the proxy in HTTPS_PROXY",
            )
        return Busy(_words(reason))


def _program() -> str:
    """Return the name that servers are told."""
    try:
        return f"cardioprint/{version('cardioprint')}"
    except PackageNotFoundError:  # run from its sources, not installed
        return "cardioprint"


def _offline(reason: OSError) -> bool:
    gone = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED, errno.ENETDOWN)
    return isinstance(reason, socket.gaierror) or reason.errno in gone


def _words(error: object) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _refusal(error: urllib.error.HTTPError, address: str) -> Exception:
    """Return what a status code means."""
    if error.code in (401, 403):
        return AccessError(f"the publisher refuses access (HTTP {error.code})", source=address)
    if error.code in TRY_LATER:
        return Busy(
            f"the server answered HTTP {error.code}",
            wait=_retry_after(error.headers.get("Retry-After")),
        )
    gone = error.code in (404, 410)
    return FetchError(
        f"the publisher's server answered HTTP {error.code}",
        source=address,
        fix="the publisher may have moved or replaced it; see the page of the database"
        if gone
        else "",
    )


def _retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header: a number, or a date (RFC 9110)."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return None
