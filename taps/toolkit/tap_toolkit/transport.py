"""One host over HTTP/1.1, at little cost a call.

A tap makes tens of thousands of short calls, one after the other on few connections. Measured on a call for 50 orders,
`requests` spends five times the CPU of the standard library's client: it prepares, encodes and looks through each
address again and again. So calls go through ``http.client``; ``requests`` reads the environment (proxies, certificates)
and carries the calls where a proxy is set.
"""

from __future__ import annotations

import http.client
import os
import ssl
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import requests
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.util import wait_for_read

# What may go wrong between two hosts; everything else is a mistake of ours.
_TROUBLE = (OSError, http.client.HTTPException, zlib.error)


class TransportError(Exception):
    """No whole answer came. ``reason`` says why when the system does; the text is the kind of trouble alone.

    It never holds the address, which may carry a token.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__("ConnectionError" if isinstance(error, ConnectionError) else type(error).__name__)
        self.reason = error


class Answer(NamedTuple):
    """A whole answer. ``headers`` are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """Connections to one host, kept open between calls. Thread-safe; there are as many as calls at once.

    ``timeout``: seconds to connect, and seconds of silence while reading.
    """

    def __init__(self, base_url: str, *, user_agent: str, timeout: tuple[float, float]) -> None:
        parts = urlsplit(base_url)
        self._base, self._timeout = base_url, timeout
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname or "", parts.port
        self._headers = {"User-Agent": user_agent, "Accept": "application/json", "Accept-Encoding": "gzip"}
        self._idle: deque[http.client.HTTPConnection] = deque()
        self._proxies = get_environ_proxies(base_url)
        self._certificates = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None
        self._context: ssl.SSLContext | None = None
        self._session: requests.Session | None = requests.Session() if self._proxies else None
        weakref.finalize(self, _close, self._idle)

    @property
    def proxied(self) -> bool:
        """Whether calls go through a proxy of the environment, which then resolves the host."""
        return self._session is not None

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        sent: Callable[[], None] = lambda: None,
    ) -> Answer:
        """The answer to one request; redirects are not followed.

        ``target``: path and query, encoded. ``sent`` is called when the request has left, but for one that goes through
        a proxy. Raises :class:`TransportError` when no whole answer came.
        """
        headers = {**self._headers, **headers}
        if self._session is not None:
            return self._send_by_proxy(self._session, method, target, headers, body)
        connection = None
        try:
            connection = self._connection()
            connection.request(method, target, body, headers)
            sent()
            response = connection.getresponse()
            content = response.read()
            if response.headers.get("Content-Encoding") == "gzip":
                content = zlib.decompress(content, 31)
        except _TROUBLE as error:
            if connection is not None:
                connection.close()
            raise TransportError(error) from None
        self._idle.append(connection)
        # The library's headers are a mapping in all but name.
        return Answer(response.status, cast(Mapping[str, str], response.headers), content)

    def close(self) -> None:
        """Close what is open."""
        _close(self._idle)

    def _connection(self) -> http.client.HTTPConnection:
        """The connection used last, unless the host has closed it; else a new one."""
        while self._idle:
            try:
                connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            # A kept connection that has something to read was closed from the other side.
            if connection.sock is not None and not wait_for_read(connection.sock, timeout=0):
                return connection
            connection.close()
        return self._connect()

    def _connect(self) -> http.client.HTTPConnection:
        connect, silence = self._timeout
        if self._secure:
            self._context = self._context or ssl.create_default_context(cafile=self._bundle())
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=connect, context=self._context
            )
        else:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=connect)
        connection.connect()
        connection.sock.settimeout(silence)
        return connection

    def _bundle(self) -> str:
        """The certificates to trust: the environment's, or those that requests brings."""
        return str(self._certificates or DEFAULT_CA_BUNDLE_PATH)

    def _send_by_proxy(
        self, session: requests.Session, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        try:
            response = session.request(
                method,
                self._base + target,
                headers=headers,
                data=body,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TransportError(error) from None
        return Answer(response.status_code, response.headers, response.content)


def _close(idle: deque[http.client.HTTPConnection]) -> None:
    while idle:
        idle.pop().close()
