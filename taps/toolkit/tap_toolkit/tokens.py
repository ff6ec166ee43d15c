"""Access tokens that expire and refresh tokens that may be used once, shared by every process that reads an account.

A refresh hands out a new pair and kills the old refresh token. Two workers that use the same one, or one that loses the
new pair, lock the account out until its owner consents again. So a refresh happens under the store's lock, the new pair
is durable before anyone uses it, and a process that ends meanwhile waits for it.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

from tap_toolkit.errors import Fatal, Reauthorize, Retry, SkipAccount, SkipWindow
from tap_toolkit.secrecy import conceal
from tap_toolkit.workers import to_the_end

_LOGGER = logging.getLogger(__name__)
# How long a token in its last minutes is used after a refresh ahead of time met passing trouble.
_REST = timedelta(seconds=60)
# Seeds remembered of one account: more than anybody pastes by mistake, few enough to stay small.
_SEEDS_KEPT = 16


class StaleTokens(SkipAccount):
    """What the store holds is no longer what the writer had read."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """One account's tokens, and what must be known to renew them. Its text never shows a secret.

    Times are aware, in UTC. ``expires_at`` None: unknown, or never. ``refresh_token`` None: cannot be renewed; a
    platform that renews by the access token itself sets both alike. Platforms give the first four; the manager keeps
    the rest: ``issued_at``; ``refreshing_since``, when a refresh began that has brought no tokens yet; ``seeds``,
    salted digests of the configured first tokens that this chain has used up.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    _: KW_ONLY
    issued_at: datetime | None = None
    refreshing_since: datetime | None = None
    seeds: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        conceal(self.access_token, self.refresh_token)
        for name in _TIMES:
            moment = getattr(self, name)
            if moment is not None and moment.utcoffset() != timedelta(0):
                raise ValueError(f"{name} must be an aware time in UTC")

    def to_dict(self) -> dict[str, Any]:
        """The tokens as JSON values, secrets included: for a store only. What is not set is left out."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else list(value) if name == "seeds" else value
            for name, value in values.items()
            if value is not None and value != ()
        }

    @classmethod
    def from_dict(cls, data: Any, where: str) -> Tokens:
        """What :meth:`to_dict` wrote; for anything else :class:`Fatal`, naming the place but not its content."""
        damaged = Fatal(
            f"The stored tokens in {where} are damaged or of a newer version of this tap: "
            "delete them and run the tap's authorize command, or update the tap."
        )
        if not isinstance(data, Mapping) or not set(data) <= {item.name for item in fields(cls)}:
            raise damaged
        values = {**data, "seeds": data.get("seeds", [])}
        if not isinstance(values["seeds"], list):
            raise damaged
        texts = [value for name, value in values.items() if name != "seeds"] + values["seeds"]
        if "access_token" not in values or not all(isinstance(text, str) for text in texts):
            raise damaged
        try:
            values |= {name: datetime.fromisoformat(values[name]) for name in _TIMES & set(values)}
            return cls(**{**values, "seeds": tuple(values["seeds"])})
        except (ValueError, OverflowError):
            raise damaged from None

    def has_used(self, seed: str) -> bool:
        """Whether this configured first token was used up by this chain or one before it."""
        return any(secrets.compare_digest(_digest(seed, known.partition(":")[0]), known) for known in self.seeds)

    def remembering(self, earlier: Tokens | None, seed: str | None) -> Tokens:
        """These tokens, knowing which seeds are used up: those of the earlier chain and this one."""
        known = earlier.seeds if earlier else ()
        if seed and not (earlier and earlier.has_used(seed)):
            known += (_digest(seed, secrets.token_hex(8)),)
        return replace(self, seeds=known[-_SEEDS_KEPT:])


_TIMES = {"expires_at", "refresh_expires_at", "issued_at", "refreshing_since"}


def _digest(seed: str, salt: str) -> str:
    """A first token is random and long, so one salted hash is enough to hide it."""
    return f"{salt}:{hashlib.sha256(f'{salt}:{seed}'.encode()).hexdigest()}"


class TokenStore(Protocol):
    """Where the tokens of many accounts lie, by keys like ``shopee/2001887/226001234``.

    Every method raises :class:`Fatal` in a sentence when the store cannot be used or holds something else.
    """

    def lock(self, key: str) -> AbstractContextManager[None]:
        """Hold a key alone, against every thread and process; waits. Not reentrant."""

    def load(self, key: str) -> Tokens | None:
        """What is stored; None when there is nothing."""

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Replace ``expected`` by ``new``, durably before returning; needs no lock, and may be called under it.

        Raises :class:`StaleTokens`, and changes nothing, when something else is stored.
        """


class TokenSource(Protocol):
    """Where a client has an account's access token from."""

    def access_token(self, account: str) -> str:
        """A token that should be valid now."""

    def renew(self, account: str, rejected: str) -> str:
        """Another token, after the platform has rejected this one."""


class FixedToken:
    """One token for all accounts, from a setting or just issued: whoever made it makes the next one."""

    def __init__(self, token: str, setting: str = "") -> None:
        conceal(token)
        self._token, self._setting = token, setting

    def access_token(self, account: str) -> str:
        """The token."""
        return self._token

    def renew(self, account: str, rejected: str) -> str:
        """There is no other: raises :class:`Fatal`."""
        whose = f"the token of the setting {self._setting}" if self._setting else "a token just issued"
        raise Fatal(f"It is {whose}.")


class _Held(NamedTuple):
    """A token in memory, and when it must be looked at again (None: only when it is rejected)."""

    tokens: Tokens
    due: datetime | None


def _now() -> datetime:
    return datetime.now(UTC)


class TokenManager:
    """Hands out access tokens that are valid, and renews them once for all threads and processes. Thread-safe.

    ``key`` names an account in the store. ``refresh`` asks the platform for new tokens, once, with the refresh token of
    the :class:`Tokens` it is given. ``seeds`` are first refresh tokens from the configuration, by account: used when
    the store has nothing, or when the person has configured one that the stored chain has not seen. A token is renewed
    ``margin_seconds`` before it expires, or in the last quarter of its life when that is shorter.
    """

    def __init__(
        self,
        store: TokenStore,
        *,
        key: Callable[[str], str],
        refresh: Callable[[str, Tokens], Tokens],
        seeds: Mapping[str, str],
        tap_name: str,
        margin_seconds: float = 300,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._key = key
        self._ask_platform = refresh
        self._seeds = seeds
        self._authorize = f"run `{tap_name} authorize` and let the owner consent"
        self._margin = timedelta(seconds=margin_seconds)
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._locks: dict[str, threading.Lock] = {}

    def access_token(self, account: str) -> str:
        """A token that is valid now. Without I/O until it is nearly over.

        Raises :class:`SkipAccount` when there is none and no way to get one, and whatever ``refresh`` raises; but
        passing trouble (:class:`Retry`, :class:`SkipWindow`) only when the present token is over.
        """
        held = self._held.get(account)
        if held and (held.due is None or self._clock() < held.due):
            return held.tokens.access_token
        return self._obtain(account, rejected=None)

    def renew(self, account: str, rejected: str) -> str:
        """Another token, after the platform has rejected this one: a refresh unless someone has done it already.

        Raises :class:`SkipAccount` when the tokens cannot be renewed, and whatever ``refresh`` raises.
        """
        return self._obtain(account, rejected=rejected)

    def adopt(self, account: str, tokens: Tokens) -> None:
        """Store the tokens of a new consent in place of whatever is there; the configured seed is then used up."""
        key = self._key(account)
        fresh = replace(tokens, issued_at=self._clock(), refreshing_since=None)
        with self._thread_lock(account), self._store.lock(key):
            current = self._store.load(key)
            self._store.swap(key, current, fresh.remembering(current, self._seeds.get(account)))
            self._hold(account, fresh)

    def _thread_lock(self, account: str) -> threading.Lock:
        return self._locks.setdefault(account, threading.Lock())

    def _obtain(self, account: str, rejected: str | None) -> str:
        key = self._key(account)
        with self._thread_lock(account):
            held = self._held.get(account)
            if held and self._usable(held, rejected):
                return held.tokens.access_token
            if found := self._find(account, key, rejected):
                return found
            with self._store.lock(key):
                # Another process may have renewed them while this one waited for the lock.
                if found := self._find(account, key, rejected):
                    return found
                # Nor may the end of a run come between the platform's answer and the store.
                return to_the_end(lambda: self._renewed(account, key, rejected)).access_token

    def _find(self, account: str, key: str, rejected: str | None) -> str | None:
        """The stored access token, if it will do."""
        stored = self._store.load(key)
        if stored is None or self._new_seed(account, stored):
            return None
        if not self._usable(_Held(stored, self._due(stored)), rejected):
            return None
        return self._hold(account, stored).access_token

    def _new_seed(self, account: str, stored: Tokens | None) -> str | None:
        seed = self._seeds.get(account)
        return seed if seed and not (stored and stored.has_used(seed)) else None

    def _usable(self, held: _Held, rejected: str | None) -> bool:
        token = held.tokens.access_token
        return bool(token) and token != rejected and (held.due is None or self._clock() < held.due)

    def _due(self, tokens: Tokens) -> datetime | None:
        if tokens.expires_at is None or tokens.refresh_token is None:
            return tokens.expires_at
        margin = self._margin
        if tokens.issued_at:
            margin = min(margin, (tokens.expires_at - tokens.issued_at) / 4)
        return tokens.expires_at - margin

    def _hold(self, account: str, tokens: Tokens) -> Tokens:
        self._held[account] = _Held(tokens, self._due(tokens))
        return tokens

    def _renewed(self, account: str, key: str, rejected: str | None) -> Tokens:
        """New tokens, stored; or the present ones when a refresh ahead of time met passing trouble."""
        stored = self._store.load(key)
        seed = self._new_seed(account, stored)
        refresh_token = seed or (stored and stored.refresh_token)
        if not refresh_token:
            raise SkipAccount(self._no_way(account, stored, rejected))
        try:
            return self._hold(account, self._refresh(account, key, stored, refresh_token, seed))
        except (Retry, SkipWindow) as trouble:
            now = self._clock()
            present = self._store.load(key)
            if present is None or not self._usable(_Held(present, present.expires_at), rejected):
                raise
            _LOGGER.warning("The tokens of %s are renewed a little later: %s", account, trouble)
            rested = now + _REST
            self._held[account] = _Held(present, min(rested, present.expires_at or rested))
            return present

    def _refresh(self, account: str, key: str, stored: Tokens | None, refresh_token: str, seed: str | None) -> Tokens:
        """Ask the platform, between a durable note that it was asked and the durable answer."""
        unfinished = stored.refreshing_since if stored else None
        began = self._clock()
        marked = replace(stored or Tokens(""), refreshing_since=unfinished or began)
        self._store.swap(key, stored, marked)
        used = replace(marked, refresh_token=refresh_token)
        try:
            fresh = self._ask_platform(account, used)
        except (SkipAccount, Reauthorize) as refused:
            if unfinished is None:
                self._store.swap(key, marked, replace(marked, refreshing_since=None))
            raise type(refused)(f"{refused}{self._explain(stored, unfinished, seed)}") from None
        except Retry as trouble:
            if trouble.throttled and unfinished is None:  # the platform has surely not used the token up
                self._store.swap(key, marked, replace(marked, refreshing_since=None))
            raise
        if not fresh.access_token:
            raise Fatal(f"The platform renewed the tokens of {account} without an access token: report it.")
        kept = fresh if fresh.refresh_token else replace(fresh, refresh_token=refresh_token)
        kept = replace(kept, issued_at=began, refreshing_since=None).remembering(stored, seed)
        return self._keep(key, marked, kept)

    def _keep(self, key: str, expected: Tokens, fresh: Tokens) -> Tokens:
        """Store the new pair. A lock can only be lost in a store with leases; even then the pair must not be."""
        while True:
            try:
                self._store.swap(key, expected, fresh)
            except StaleTokens:
                found = self._store.load(key)
                if found is None or found.refresh_token != expected.refresh_token:
                    raise
                expected = found
            else:
                return fresh

    def _explain(self, stored: Tokens | None, unfinished: datetime | None, seed: str | None) -> str:
        """What a person should know beside the platform's refusal."""
        said = ""
        if unfinished:
            said += (
                f" A refresh that began at {unfinished:%Y-%m-%d %H:%M:%S} UTC did not bring its new tokens into the "
                "store; if the platform had replaced the refresh token by then, the new one is lost: "
                f"{self._authorize} again."
            )
        if seed and stored and stored.refresh_token:
            said += " It was the setting refresh_tokens that was refused; without it the stored tokens are used."
        return said

    def _no_way(self, account: str, stored: Tokens | None, rejected: str | None) -> str:
        if stored is None or not stored.access_token:
            return f"There are no tokens for {account}: {self._authorize}."
        why = "are no longer accepted" if stored.access_token == rejected else "have expired"
        return f"The tokens of {account} {why} and cannot be renewed: {self._authorize} again."
