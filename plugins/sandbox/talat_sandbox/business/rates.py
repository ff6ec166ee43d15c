"""The euro's reference rates: invented, a function of seed and day, on the days that the real ones are of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

BASE = "EUR"
FIRST = date(1999, 1, 4)
_FRANKFURT, _PUBLISHED_AT = ZoneInfo("Europe/Berlin"), 16  # o'clock
#: Units for one euro around which rates walk, with as many digits as the bank writes, in its order.
_LEVELS = {
    "USD": "1.0820", "JPY": "162.40", "CZK": "24.870", "DKK": "7.4605", "GBP": "0.85210", "HUF": "392.15",
    "PLN": "4.2610", "RON": "5.0480", "SEK": "11.2150", "CHF": "0.9402", "ISK": "146.30", "NOK": "11.7420",
    "TRY": "44.1850", "AUD": "1.6530", "BRL": "6.1240", "CAD": "1.4910", "CNY": "7.8440", "HKD": "8.4210",
    "IDR": "17985.40", "ILS": "3.9120", "INR": "94.6150", "KRW": "1532.60", "MXN": "20.1560", "MYR": "4.6870",
    "NZD": "1.8410", "PHP": "63.880", "SGD": "1.5010", "THB": "36.820", "ZAR": "19.7340",
}  # fmt: skip
# Bulgaria's was fixed until it took the euro.
_ENDED = (date(2025, 12, 31), "BGN", "1.9558")
# A slow walk: days between its turns, and how far it strays by them, in millionths.
_STRAYS = ((256, 50_000), (64, 25_000), (16, 10_000), (4, 4_000), (1, 1_500))
_MILLION = 1_000_000


@lru_cache(maxsize=64)
def _easter(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian rule."""
    century, rest = divmod(year, 100)
    moon = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def has_rates(day: date) -> bool:
    """Whether a day has rates: no weekend, and none of the days on which the TARGET system is closed."""
    if day < FIRST or day.weekday() >= 5 or (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)):
        return False
    return day - _easter(day.year) not in (timedelta(-2), timedelta(1))


def newest(as_of: int) -> date:
    """Return the last day whose rates are published at an epoch second: at 16:00 in Frankfurt, the day's own."""
    now = datetime.fromtimestamp(as_of, _FRANKFURT)
    day = now.date() if now.hour >= _PUBLISHED_AT else now.date() - timedelta(1)
    while not has_rates(day):
        day -= timedelta(1)
    return day


def days(since: date, until: date) -> Iterator[date]:
    """Yield the days with rates of a span, both ends included, the newest first."""
    for back in range((until - max(since, FIRST)).days + 1):
        if has_rates(day := until - timedelta(back)):
            yield day


def rates(seed: int, day: date) -> Iterator[tuple[str, str]]:
    """Yield the currencies of a day and what one euro is worth in each, as the bank writes it."""
    strays = _strays(seed, day)
    last, ended, fixed = _ENDED
    for place, (currency, level) in enumerate(_LEVELS.items()):
        digits = len(level.partition(".")[2])
        units = int(level.replace(".", "")) * (_MILLION + strays[place]) // _MILLION
        whole, rest = divmod(units, 10**digits)
        yield currency, f"{whole}.{rest:0{digits}d}"
        if currency == "JPY" and day <= last:
            yield ended, fixed


def _strays(seed: int, day: date) -> list[int]:
    """Return how far each currency is from its level, in millionths."""
    number, found = day.toordinal(), [0] * len(_LEVELS)
    for span, far in _STRAYS:
        turn, since = divmod(number, span)
        before, after = _draws(seed, span, turn), _draws(seed, span, turn + 1)
        for place in range(len(found)):
            between = before[place] * (span - since) + after[place] * since
            found[place] += between * far // (span * 32768)
    return found


@lru_cache(maxsize=4096)
def _draws(seed: int, span: int, turn: int) -> tuple[int, ...]:
    """Return a draw in [-32768, 32768) for each currency, of which there may be 32."""
    drawn = blake2b(f"{seed}|rates|{span}|{turn}".encode(), digest_size=64).digest()
    return tuple(int.from_bytes(drawn[at : at + 2], "little") - 32768 for at in range(0, 64, 2))
