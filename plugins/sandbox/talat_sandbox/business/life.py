"""The life of an order: what happens to it and when, fixed at its creation, whatever the clock says.

Statuses are those of a marketplace order; times are epoch seconds. The longest delays are promised by
`ORDER_DAYS`, `RETURN_DAYS` and `SETTLEMENT_DAYS`, so that an index knows how far back to look.
"""

from __future__ import annotations

from typing import NamedTuple

from talat_sandbox.business.dice import Dice

HOUR = 3600
DAY = 24 * HOUR

ORDER_DAYS = 45  # from creation to the last change of the order itself
RETURN_DAYS = 45  # from the order's creation to the last change of a return
SETTLEMENT_DAYS = 30  # from creation to the release of the settlement

UNPAID = "UNPAID"
PENDING = "PENDING"
READY_TO_SHIP = "READY_TO_SHIP"
PROCESSED = "PROCESSED"
RETRY_SHIP = "RETRY_SHIP"
SHIPPED = "SHIPPED"
TO_CONFIRM_RECEIVE = "TO_CONFIRM_RECEIVE"
TO_RETURN = "TO_RETURN"
IN_CANCEL = "IN_CANCEL"
CANCELLED = "CANCELLED"
COMPLETED = "COMPLETED"

REFUNDED_STATUSES = ("REFUND_PAID", "COMPLETED")


class Event(NamedTuple):
    """Something that happened to an order or a return, and the status it left it in."""

    at: int
    status: str


class ReturnLife(NamedTuple):
    """A return request. `pays` says whether money goes back in the end, also when it ends CLOSED."""

    events: tuple[Event, ...]
    before_completion: bool
    whole_order: bool
    pays: bool


class Life(NamedTuple):
    """All that will ever happen to one order. Instants are None when the thing never happens.

    `adjusted` is when the settlement changes, once, 3 to 25 days after `released`.
    """

    created: int
    events: tuple[Event, ...]
    cod: bool
    paid: int | None
    picked_up: int | None
    completed: int | None
    released: int | None
    adjusted: int | None
    fee_confirmed: int | None
    cancel_by: str
    returns: tuple[ReturnLife, ...]


def live(key: str, created: int) -> Life:
    """Return the life of the order that `key` names, created at an epoch second."""
    dice = Dice(key)
    cod = dice.chance(180)
    events = [Event(created, READY_TO_SHIP if cod else UNPAID)]
    now = created
    paid: int | None = None
    if not cod:
        if dice.chance(60):
            return _never_paid(dice, created, events)
        if dice.chance(20):
            now += dice.between(60, 900)
            events.append(Event(now, PENDING))
        now += dice.between(HOUR, 20 * HOUR) if dice.chance(100) else dice.between(60, 45 * 60)
        paid = now
        events.append(Event(now, READY_TO_SHIP))
    if dice.chance(50):
        now += dice.between(HOUR, 20 * HOUR)
        events.append(Event(now, IN_CANCEL))
        now += dice.between(HOUR, 24 * HOUR)
        if not dice.chance(200):  # the seller refuses some cancellations
            events.append(Event(now, CANCELLED))
            by = dice.pick(("buyer", "buyer", "buyer", "seller", "system"))
            return Life(created, tuple(events), cod, paid, None, None, None, None, None, by, ())
        events.append(Event(now, READY_TO_SHIP))
    now += dice.between(HOUR, 20 * HOUR)
    events.append(Event(now, PROCESSED))
    if dice.chance(15):
        now += dice.between(4 * HOUR, 24 * HOUR)
        events.append(Event(now, RETRY_SHIP))
    now += dice.between(4 * HOUR, 40 * HOUR)
    picked_up = now
    events.append(Event(now, SHIPPED))
    now += dice.between(DAY, 4 * DAY)
    events.append(Event(now, TO_CONFIRM_RECEIVE))
    fate = dice.below(1000)  # 3 % go back before completion, 4 % after it
    returns: tuple[ReturnLife, ...] = ()
    if fate < 30:
        now += dice.between(4 * HOUR, 2 * DAY)
        events.append(Event(now, TO_RETURN))
        returns = (_return(dice, now, True, 7 * DAY),)
        now = returns[0].events[-1].at + dice.between(60, 6 * HOUR)
    else:
        now += dice.between(DAY, 6 * DAY)
    events.append(Event(now, COMPLETED))
    completed = now
    if fate >= 960:
        returns = _returns_after(dice, completed)
    released = completed + dice.between(2 * HOUR, 3 * DAY)
    adjusted = _adjusted(dice, released, returns)
    fee_confirmed = completed + dice.between(10 * DAY, 18 * DAY) if dice.chance(60) else None
    if fee_confirmed:
        events.append(Event(fee_confirmed, COMPLETED))
    paid = completed if cod else paid
    return Life(created, tuple(events), cod, paid, picked_up, completed, released, adjusted, fee_confirmed, "", returns)


def undisputed(life: Life) -> Life:
    """Return the same life where no return is closed with money: what pays ends refunded."""
    return life._replace(returns=tuple(map(_refunded, life.returns)))


def _refunded(entry: ReturnLife) -> ReturnLife:
    *before, last = entry.events
    if not entry.pays or last.status != "CLOSED":
        return entry
    return entry._replace(events=(*before, Event(last.at, "REFUND_PAID")))


def touched_by_refunds(life: Life) -> Life:
    """Return the same life, in which the refund of a whole order after its completion is an event of the order."""
    refunds = [
        Event(entry.events[-1].at, COMPLETED)
        for entry in life.returns
        if entry.whole_order and not entry.before_completion and entry.events[-1].status in REFUNDED_STATUSES
    ]
    return life._replace(events=tuple(sorted([*life.events, *refunds]))) if refunds else life


def _never_paid(dice: Dice, created: int, events: list[Event]) -> Life:
    events.append(Event(created + dice.between(DAY, 3 * DAY), CANCELLED))
    by = dice.pick(("system", "system", "buyer"))
    return Life(created, tuple(events), False, None, None, None, None, None, None, by, ())


def _return(dice: Dice, asked: int, before_completion: bool, longest: int) -> ReturnLife:
    """Return a request made at `asked` and settled within `longest` seconds."""
    step = longest // 4
    now = asked
    events = [Event(now, "REQUESTED")]
    if dice.chance(500):
        now += dice.between(HOUR, step)
        events.append(Event(now, dice.pick(("PROCESSING", "JUDGING", "SELLER_DISPUTE"))))
    outcome = dice.below(1000)
    pays = outcome < 780
    if outcome < 700:
        now += dice.between(HOUR, step)
        events.append(Event(now, "ACCEPTED"))
        now += dice.between(4 * HOUR, 2 * step)
        events.append(Event(now, "COMPLETED" if outcome < 60 else "REFUND_PAID"))
    else:
        now += dice.between(4 * HOUR, 3 * step)
        events.append(Event(now, "CLOSED" if outcome < 850 else "CANCELLED"))
    return ReturnLife(tuple(events), before_completion, dice.chance(400), pays)


def _returns_after(dice: Dice, completed: int) -> tuple[ReturnLife, ...]:
    first = _return(dice, completed + dice.between(2 * HOUR, 6 * DAY), False, 8 * DAY)
    if first.events[-1].status != "CANCELLED" or not dice.chance(400):
        return (first,)
    asked = first.events[-1].at + dice.between(2 * HOUR, DAY)
    return (first, _return(dice, asked, False, 4 * DAY))


def _adjusted(dice: Dice, released: int, returns: tuple[ReturnLife, ...]) -> int | None:
    late = [entry.events[-1].at for entry in returns if entry.pays and not entry.before_completion]
    if late:  # a refund after completion reaches the settlement as an adjustment
        return max(released + 3 * DAY, *late) + dice.between(HOUR, 2 * DAY)
    return released + dice.between(3 * DAY, 25 * DAY) if dice.chance(100) else None
