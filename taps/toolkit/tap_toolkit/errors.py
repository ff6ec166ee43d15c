"""The closed set of decisions a tap can take about a failure, and the table that maps a platform's codes to them.

A platform has hundreds of error codes; a tap can do only eight things about them. Each tap lists its codes once, as
:class:`Rule` rows; the client asks :func:`decide` and raises what it answers; the engine acts on the type alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from tap_toolkit.secrecy import concealed

_RANGE = re.compile(r"(\d+)-(\d+)")
_STATUS = "HTTP "


class TapError(Exception):
    """A failure told in one sentence that says what is wrong and how to mend it. Never carries a secret."""


class Retry(TapError):
    """Passing trouble: the same call is sent again after a back-off, or after ``retry_after`` seconds.

    ``throttled`` says that the platform refused for rate: all its workers then pause, not one; with ``account_only``
    those of the one account.
    ``attempts`` caps the tries below the client's own limit; ``then`` is raised when they are used up.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        throttled: bool = False,
        account_only: bool = False,
        attempts: int | None = None,
        then: type[TapError] | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.throttled = throttled
        self.account_only = account_only
        self.attempts = attempts
        self.then = then or SkipWindow


class Reauthorize(TapError):
    """The access token is not accepted: renew it once and send the call again; a second refusal skips the account."""


class Split(TapError):
    """Too much was asked in one call: the window or the batch is halved."""


class SkipRecord(TapError):
    """One of the ids asked for cannot be had: the batch is halved until it stands alone in ``rejected_records``."""


class SkipWindow(TapError):
    """This piece cannot be had now: it is recorded as a gap and asked again by the next run."""


class SkipStream(TapError):
    """This account may not read this stream: recorded; other streams and accounts go on."""


class SkipAccount(TapError):
    """This account cannot be read at all (consent withdrawn, suspended): recorded; other accounts go on."""


class Fatal(TapError):
    """Nothing can go on: wrong settings, wrong application key, an unreachable host, a foreign state."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of a platform's error table.

    ``code`` is matched whole, after its last dot (``common.error_auth`` matches ``error_auth``) or before its slash,
    where a subcode begins (``100/33`` matches a row for 100); ``200-299`` is a range of such codes, ``query.*`` are all
    that begin so, and ``*`` is any.
    ``HTTP 404`` or ``HTTP 500-599`` speaks of answers with that status whose code no row names.
    ``text``, where given, must occur in the message, whatever its case. Earlier rows win. ``mend`` ends the sentence
    people read.
    """

    code: str
    error: type[TapError]
    mend: str
    text: str = ""
    throttled: bool = False
    account_only: bool = False
    attempts: int | None = None
    then: type[TapError] | None = None

    def matches(self, code: str, message: str) -> bool:
        """Whether this row speaks of an answer with this code and message."""
        return _names(self.code, code) and self.text.casefold() in message.casefold()

    def matches_status(self, status: int, message: str) -> bool:
        """Whether this row speaks of all answers with an HTTP status."""
        named = self.code.removeprefix(_STATUS)
        return named != self.code and _names(named, str(status)) and self.text.casefold() in message.casefold()

    def raised(self, sentence: str, retry_after: float | None = None) -> TapError:
        """The error this row asks for."""
        if self.error is Retry:
            return Retry(
                sentence,
                retry_after=retry_after,
                throttled=self.throttled,
                account_only=self.account_only,
                attempts=self.attempts,
                then=self.then,
            )
        return self.error(sentence)


def _names(pattern: str, code: str) -> bool:
    main = code.partition("/")[0]
    if (span := _RANGE.fullmatch(pattern)) and main.isdecimal():
        return int(span[1]) <= int(main) <= int(span[2])
    if pattern.endswith(".*"):
        return code.startswith(pattern[:-1])
    return pattern in (code, main, code.rpartition(".")[2]) or pattern == "*"


_DECISIONS: dict[str, type[TapError]] = {
    error.__name__: error
    for error in (Retry, Reauthorize, Split, SkipRecord, SkipWindow, SkipStream, SkipAccount, Fatal)
}

_THROTTLED = ("Throttled", "ThrottledAccount")


def load_rules(package: str) -> tuple[Rule, ...]:
    """The error table of a tap: ``errors.csv`` in its package, a row a code.

    Columns: code, text, decision (a class of this module, ``Throttled`` for a Retry that pauses the application, or
    ``ThrottledAccount`` for one that pauses the account), attempts, then, mend. Raises :class:`KeyError` for a decision
    that does not exist.
    """
    with resources.files(package).joinpath("errors.csv").open(encoding="utf-8") as file:
        return tuple(
            Rule(
                code=row["code"],
                text=row["text"],
                error=Retry if row["decision"] in _THROTTLED else _DECISIONS[row["decision"]],
                throttled=row["decision"] in _THROTTLED,
                account_only=row["decision"] == "ThrottledAccount",
                attempts=int(row["attempts"]) if row["attempts"] else None,
                then=_DECISIONS[row["then"]] if row["then"] else None,
                mend=row["mend"],
            )
            for row in csv.DictReader(file)
        )


def decide(
    rules: Iterable[Rule],
    *,
    code: str,
    message: str,
    status: int,
    where: str,
    retry_after: float | None = None,
) -> TapError:
    """The error to raise for a refusal: the first row's that names the code; else what the HTTP status says, by a row
    of its own or by what it means everywhere.

    An unknown code skips the piece rather than the run: platforms add codes without notice. ``where`` names the call
    (never its query, which holds the token). The message is told without secrets that are known.
    """
    message = concealed(message)
    said = ": ".join(filter(None, (code, message))) or f"HTTP {status}"
    rules = list(rules)
    by_code = (rule for rule in rules if rule.matches(code, message))
    by_status = (rule for rule in rules if rule.matches_status(status, message))
    for rule in (*by_code, *by_status):
        return rule.raised(f"{where} answered «{said}». {rule.mend}", retry_after)
    if status == 429 or status >= 500:
        sentence = f"{where} answered «{said}» (HTTP {status}). It is sent again later."
        return Retry(sentence, retry_after=retry_after, throttled=status == 429)
    if status == 404 and not code:
        return SkipWindow(f"{where} answered «{said}»: there is no such path. Check api_url, then run again.")
    return SkipWindow(
        f"{where} answered «{said}» (HTTP {status}), which this tap does not know. "
        "It is asked again by the next run; if it stays, report it."
    )
