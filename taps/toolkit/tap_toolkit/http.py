"""One platform's API over HTTP: signed for each attempt, judged by its body, retried under a time limit."""

from __future__ import annotations

import abc
import contextlib
import email.utils
import itertools
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

import backoff
import msgspec

from tap_toolkit.answers import decode
from tap_toolkit.errors import Fatal, Reauthorize, Retry, Rule, SkipAccount, decide
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.transport import Answer, Transport, TransportError

if TYPE_CHECKING:
    from tap_toolkit.tokens import TokenSource

Params = Sequence[tuple[str, str]]

# At DEBUG urllib3, which carries calls to a proxy, writes each address, which holds the token and the signature.
logging.getLogger("urllib3").setLevel(logging.ERROR)

# Seconds that one call may wait for an allowance to come back: platforms count by the hour.
_MOST_THROTTLED = 3700.0

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, without what changes between attempts (signature, token, time).

    ``path`` goes behind the client's prefix. ``account`` is empty for calls that belong to the application. A ``body``
    makes it a POST. ``page``: it is a page of a listing, which goes before what does not; called when it is about to be
    sent. ``once``: never sent again by itself, because the platform may have acted on it already. ``read`` decodes the
    answer in the place of the client's own :meth:`ApiClient.read`.
    """

    path: str
    account: str = ""
    params: Params = ()
    body: Mapping[str, Any] | None = None
    authorized: bool = True
    once: bool = False
    page: Callable[[], None] | None = field(default=None, repr=False, compare=False)
    read: Callable[[bytes], Any] | None = field(default=None, repr=False, compare=False)

    @property
    def method(self) -> str:
        """GET, or POST when there is a body."""
        return "GET" if self.body is None else "POST"


@dataclass(slots=True)
class Meter:
    """What the calls of one window cost. Shared by threads; whoever adds holds the lock."""

    requests: int = 0
    retries: int = 0
    throttled: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, *, requests: int = 0, retries: int = 0, throttled: float = 0.0) -> None:
        """Count calls, retries and seconds waited."""
        with self._lock:
            self.requests += requests
            self.retries += retries
            self.throttled += throttled


@dataclass(frozen=True, slots=True)
class Signed:
    """What an attempt adds to its call."""

    params: Params = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ApiClient(abc.ABC):
    """A platform's API. Thread-safe; at most ``concurrency`` requests are on their way at once.

    A platform says how to sign (:meth:`sign`), how to read an answer (:meth:`refusal`, :meth:`payload`) and lists its
    codes (``rules``). ``prefix`` begins the path of every call. ``refusal_fields`` are all that :meth:`refusal`
    looks at, and ``payload_field`` is where :meth:`payload` finds what it returns; empty for the whole. A body is sent
    as JSON, or as a form where ``posts_forms`` says so; :meth:`sign` has its bytes from :meth:`content`. What must be
    known of an account first is asked in :meth:`ready`. ``throttled_seconds`` are waited after a refusal for rate that
    names no time; None backs off. Everything else is the same for all.
    """

    rules: ClassVar[tuple[Rule, ...]] = ()
    prefix: str = "/"
    payload_field: ClassVar[str] = ""
    refusal_fields: ClassVar[tuple[str, ...]] = ()
    posts_forms: ClassVar[bool] = False
    throttled_seconds: ClassVar[float | None] = None
    #: Where its address comes from.
    url_setting: ClassVar[str] = "api_url"

    def __init__(
        self,
        *,
        base_url: str,
        budget: RateBudget,
        concurrency: int,
        user_agent: str,
        timeout: tuple[float, float] = (10, 60),
        max_seconds: float = 300,
        logger: logging.Logger | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.host = urlsplit(self.base_url).netloc
        self.budget = budget
        self.tokens: TokenSource | None = None
        self._timeout = timeout
        self._max_seconds = max_seconds
        self._slots = threading.BoundedSemaphore(concurrency)
        self._answered = False
        self._skew = 0.0
        self._logger = logger or logging.getLogger(__name__)
        self._transport = Transport(self.base_url, user_agent=user_agent, timeout=timeout)

    @abc.abstractmethod
    def sign(self, call: Call, token: str) -> Signed:
        """The parameters and headers of one attempt at a call; ``token`` is empty for unauthorized calls."""

    def read(self, content: bytes) -> Any:
        """The value of an answer, JSON unless a platform says otherwise; :class:`ValueError` for what is not whole."""
        return decode(content)

    @abc.abstractmethod
    def refusal(self, body: Any) -> tuple[str, str] | None:
        """The (code, message) of a decoded answer that is an error, whatever its HTTP status; None for success."""

    def payload(self, body: Any) -> Any:
        """What a successful answer carries, without its envelope."""
        return body

    def content(self, call: Call) -> bytes | None:
        """A call's body byte for byte as it is sent, for platforms that sign it; None for a GET."""
        if call.body is None:
            return None
        return urlencode(call.body).encode() if self.posts_forms else msgspec.json.encode(call.body)

    def ready(self, call: Call) -> None:  # noqa: B027
        """Ask what signing needs to know of the account, before each try; in :meth:`sign` it is too late for calls."""

    def refused(self, call: Call, code: str) -> None:  # noqa: B027
        """Forget what a refusal shows to be out of date, before its decision is taken."""

    def observe(self, call: Call, headers: Mapping[str, str]) -> None:  # noqa: B027
        """Feed the budget from an answer's headers. Platforms with usage headers override it."""

    def retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Seconds that the platform asks to wait after a refusal; None when it does not say."""
        return _retry_after(headers)

    def wait_told(self, message: str) -> float | None:
        """Seconds that a refusal's own text asks to wait; None when it does not say. Looked at after the headers."""
        return None

    def now(self) -> float:
        """Seconds since 1970 by the platform's clock, as far as its answers have told."""
        return time.time() + self._skew

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        """The payload of a successful answer; fractions are :class:`~decimal.Decimal`.

        Raises what the platform's table decides. A refused token is renewed once, and costs nothing but the call.
        """
        meter = meter or Meter()
        if call.once:
            return self._attempt(call, "", meter)
        return self._persist(call, meter)

    def check_reachable(self) -> None:
        """Raise :class:`~tap_toolkit.errors.Fatal` in a sentence when nothing listens at the host."""
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Fatal(f"{self.url_setting} {self.base_url!r} is not a web address: write it like https://host.")
        if self._transport.proxied:
            return  # the proxy resolves the host; the first call will tell
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname, port), self._timeout[0]).close()
        except OSError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: Exception) -> Fatal:
        why = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        return Fatal(
            f"Cannot reach {self.host} ({why}). Check the {self.url_setting} setting and this machine's network, "
            "then run again."
        )

    def _persist(self, call: Call, meter: Meter) -> Any:
        """Attempt until it succeeds, or until time or the tries an error allows are used up."""
        sent, throttled, began = 0, 0.0, time.monotonic()

        def spent(details: Mapping[str, Any]) -> None:
            nonlocal throttled
            trouble = details["exception"]
            meter.add(retries=1)
            self._logger.warning("Retrying in %.1f s: %s", details["wait"], trouble)
            if trouble.throttled:
                throttled += details["wait"]
                self.budget.throttled(call.account if trouble.account_only else "", details["wait"])

        def used_up(error: Exception) -> bool:
            nonlocal sent
            sent += 1
            if not isinstance(error, Retry):
                return False
            # A platform that names the time to wait for an allowance is waited for; trouble is not, for ever.
            wait = error.retry_after or 0.0
            allowed = self._max_seconds + min(throttled + (wait if error.throttled else 0.0), _MOST_THROTTLED)
            left = allowed - wait - (time.monotonic() - began)
            return left <= 0 or (error.attempts is not None and sent >= error.attempts)

        attempt = backoff.on_exception(
            _waits,
            Retry,
            giveup=used_up,
            on_backoff=spent,
            jitter=None,
            logger=None,
        )(self._authorized)
        try:
            return attempt(call, meter)
        except Retry as error:
            raise error.then(f"{error} It was sent {sent} times in vain.") from None

    def _authorized(self, call: Call, meter: Meter) -> Any:
        """One attempt with the account's token, and one more with a new token when the platform refuses it."""
        tokens = self.tokens if call.authorized and call.account else None
        try:
            token = tokens.access_token(call.account) if tokens else ""
        except Reauthorize as refused:  # there is nothing to renew it by
            raise SkipAccount(str(refused)) from None
        try:
            self.ready(call)
            return self._attempt(call, token, meter)
        except Reauthorize as refused:
            if tokens is None:
                raise SkipAccount(str(refused)) from None
            try:
                token = tokens.renew(call.account, token)
            except Fatal as hopeless:
                raise Fatal(f"{refused} {hopeless}") from None
            except Reauthorize as again:
                raise SkipAccount(str(again)) from None
        try:
            self.ready(call)
            return self._attempt(call, token, meter)
        except Reauthorize as refused:
            raise SkipAccount(str(refused)) from None

    def _attempt(self, call: Call, token: str, meter: Meter) -> Any:
        turn = self.budget.acquire(call.account, self._slots, page=call.page is not None)
        meter.add(requests=1, throttled=turn.waited)
        if call.page:
            call.page()
        path = self.prefix + call.path
        where = self.host + path
        try:
            signed = self.sign(call, token)
            # Commas stand for themselves: a list of ids was encoded letter by letter, for a quarter of a call's time.
            target = f"{path}?{urlencode([*signed.params, *call.params], safe=',')}"
            headers, body = dict(signed.headers), self.content(call)
            if body is not None:
                headers["Content-Type"] = _FORM if self.posts_forms else "application/json"
            try:
                answer = self._transport.send(call.method, target, headers, body, sent=turn.sent)
            except TransportError as error:
                if not self._answered:
                    raise Retry(str(self._unreachable(error.reason)), attempts=3, then=Fatal) from None
                raise Retry(f"{where} broke off ({error}). It is sent again.") from None
        finally:
            self._slots.release()
        self._answered = True
        return self._judge(call, answer, where)

    def _judge(self, call: Call, answer: Answer, where: str) -> Any:
        status, headers, content = answer
        self.observe(call, headers)
        try:
            body = (call.read or self.read)(content)
        except ValueError:
            if status < 400:
                raise Retry(f"{where} sent an answer that is not whole JSON. It is sent again.") from None
            refusal: tuple[str, str] | None = ("", "")
        else:
            refusal = self.refusal(body)
            if refusal is None and status < 400:
                return self.payload(body)
        self._learn_clock(headers)
        code, message = refusal or ("", "")
        self.refused(call, code)
        wait = self.retry_after(headers)
        wait = self.wait_told(message) if wait is None else wait
        error = decide(self.rules, code=code, message=message, status=status, where=where, retry_after=wait)
        if isinstance(error, Retry) and error.throttled and wait is None:
            error.retry_after = self.throttled_seconds
        raise error

    def _learn_clock(self, headers: Mapping[str, str]) -> None:
        """Correct for this machine's clock: platforms refuse signatures that are minutes old."""
        with contextlib.suppress(ValueError):  # no date, or one that is none
            stamp = email.utils.parsedate_to_datetime(headers.get("Date", "")).timestamp()
            skew = stamp - time.time()
            self._skew = skew if abs(skew) > 30 else 0.0


def _waits() -> Generator[float, Retry, None]:
    """Seconds before each next try: what the platform asks for, else exponential to 60 with jitter."""
    error = yield 0.0
    for exponent in itertools.count():
        ceiling = min(60.0, 2.0**exponent)
        wait = error.retry_after
        error = yield random.uniform(ceiling / 2, ceiling) if wait is None else wait


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After``, which is a number or a date."""
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
