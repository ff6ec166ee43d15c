"""The closed set of decisions a tap can take about a failure, and the table that maps a platform's codes to them.

A platform has hundreds of error codes; a tap can do only seven things about them. Each tap lists its codes once, as
:class:`Rule` rows; the client asks :func:`decide` and raises what it answers; the engine acts on the type alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


class TapError(Exception):
    """A failure told in one sentence that says what is wrong and how to mend it. Never carries a secret."""


class Retry(TapError):
    """Passing trouble: the same call is sent again after a back-off, or after ``retry_after`` seconds.

    ``throttled`` says that the platform refused for rate: the whole budget then pauses, not one worker.
    ``attempts`` caps the tries below the tap's own limit.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        throttled: bool = False,
        attempts: int | None = None,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.throttled = throttled
        self.attempts = attempts


class Reauthorize(TapError):
    """The access token is not accepted: renew it once and send the call again; a second refusal skips the account."""


class Split(TapError):
    """Too much was asked in one call: the window or the batch is halved."""


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

    ``code`` is matched whole or after its last dot (``common.error_auth`` matches ``error_auth``); ``text``, where
    given, must occur in the message, whatever its case. Earlier rows win. ``mend`` ends the sentence people read.
    """

    code: str
    error: type[TapError]
    mend: str
    text: str = ""
    throttled: bool = False
    attempts: int | None = None
    status: int | None = None

    def matches(self, code: str, message: str, status: int) -> bool:
        """Whether this row speaks of an answer with this code, message and HTTP status."""
        if self.status is not None and self.status != status:
            return False
        if self.code not in ("*", code, code.rpartition(".")[2]):
            return False
        return self.text.casefold() in message.casefold()


def decide(
    rules: Iterable[Rule], *, code: str, message: str, status: int, where: str, retry_after: float | None = None
) -> TapError:
    """The error to raise for an answer: the first matching row's, else :class:`SkipWindow`.

    An unknown code skips the piece rather than the run: platforms add codes without notice. ``where`` names the call
    (never its query, which holds the token).
    """
    said = f"{code}: {message}" if message else code
    for rule in rules:
        if rule.matches(code, message, status):
            sentence = f"{where} answered «{said}». {rule.mend}"
            if rule.error is Retry:
                return Retry(
                    sentence, retry_after=retry_after, throttled=rule.throttled, attempts=rule.attempts
                )
            return rule.error(sentence)
    return SkipWindow(
        f"{where} answered «{said}» (HTTP {status}), a code this tap does not know. "
        "It is asked again by the next run; if it stays, report the code."
    )
