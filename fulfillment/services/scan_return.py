"""The returns desk by scan: each article that lies there is taken in, then said what becomes of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.db.models import Q, QuerySet

from fulfillment.models import Bin, Return, ReturnLine, Scan
from fulfillment.services.returns import Outcome, finish_return
from fulfillment.services.returns.desk import grade, take_in
from fulfillment.services.returns.sheet import ANYWHERE, At, Coming, Desk, Named, open_desk, read_desk
from fulfillment.services.scanned import Act, Result, Verdict, incomplete, is_same, keep, once, spellings, wrong
from orders.lifecycle import change
from orders.models import OrderLine

SAID = {
    Outcome.RESTOCK: "{} × {} into {}: sold again.",
    Outcome.QUARANTINE: "{} × {} to quarantine.",
    Outcome.SCRAP: "{} × {} to scrap.",
}
Returned = Return | QuerySet[Return]
"""A return; or the one of which only the number is known."""


def scan_to_return(thing: Named, act: Act, at: At, mine: Q = ANYWHERE) -> tuple[Scan, Desk | None]:
    """Take in the unit that was scanned; return what was said, and how the desk stands then.

    `at` says where the person puts it, `mine` which returns are of their warehouses. Repeated, it answers as before.
    Raises NotAllowed, NotHere.
    """
    turn = _Turn(thing, act, at, mine)
    scan, is_new = once(act, Scan.Step.RETURN, turn.take)
    return scan, turn.desk if is_new else None


def take_in_decided(
    thing: Named,
    act: Act,
    at: At,
    outcome: Outcome,
    decision: Act,
    check: Callable[[Scan], object],
    *,
    mine: Q = ANYWHERE,
) -> list[Scan]:
    """Take a unit in and say at once what becomes of it: neither, where `check` raises of what the second came to.

    Repeated, it answers as before. Raises NotAllowed, NotHere.
    """
    turn = _Turn(thing, act, at, mine)

    def both() -> Scan:
        scan = turn.take()
        if turn.taken and turn.taken.pk:
            check(_Grading(turn.taken.return_of, turn.taken.pk, outcome, decision).take())
        return scan

    scan = once(act, Scan.Step.RETURN, both)[0]
    return [scan, *Scan.objects.filter(operation=decision.operation)]


def grade_by_scan(back: Returned, line: int, outcome: Outcome, act: Act) -> tuple[Scan, Desk | None]:
    """Say what becomes of units of a line: all that are undecided, or `act.count`. To be sold again, scan the bin.

    Return what was said, and how the desk stands then. Repeated, it answers as before. Raises NotAllowed, NotDecided,
    NotHere.
    """
    turn = _Grading(back, line, outcome, act)
    scan, is_new = once(act, Scan.Step.RETURN, turn.take)
    return scan, turn.desk if is_new else None


def close_by_press(back: Returned, act: Act, without: int | None = None) -> Scan:
    """Close a return; repeated, it answers as before. Raises NotAllowed, NotDecided.

    `without`: so many units the person knows to be missing. Are others, it is not closed and they are named.
    """
    return once(act, Scan.Step.RETURN, lambda: _finish(back, act, without))[0]


@dataclass
class _Turn:
    """One try to take a unit in."""

    thing: Named
    act: Act
    at: At
    mine: Q = ANYWHERE
    desk: Desk | None = None
    taken: ReturnLine | None = None

    def take(self) -> Scan:
        act = self.act
        with change(self.thing, by=act.by) as fresh:
            self.desk = desk = open_desk(cast("Coming", fresh), act.by, self.mine)
            there = desk.can_come
            meant = [line for line in desk.lines if is_same(act.text, line.product.sku)]
            line = next((line for line in meant if there[line]), None)
            if line is None:
                return keep(act, self._refuse(meant), Scan.Step.RETURN)
            take_in(desk, line, 1, self.at, by=act.by, operation=str(act.operation))
            self.taken, row = desk.line_of(line), desk.row_of(line)
            wanted = f" of {row.wanted}" if row.wanted else ""
            said = Verdict(Result.RIGHT, f"{row.received}{wanted} × {line.name}.", 1)
            return keep(act, said, Scan.Step.RETURN)

    def _refuse(self, meant: list[OrderLine]) -> Verdict:
        if meant:
            said = f"No more of {meant[0].name} is out there: this one is not from this order. Set it aside."
            return Verdict(Result.WRONG_QUANTITY, said)
        return wrong(self.act.text, "It is not of this order: set it aside.", self.at().warehouse)


@dataclass
class _Grading:
    """One try to say what becomes of units."""

    back: Returned
    line: int
    outcome: Outcome
    act: Act
    desk: Desk | None = None

    def take(self) -> Scan:
        act, into = self.act, None
        with change(self.back, by=act.by) as fresh:
            self.desk = read_desk(fresh.order, fresh)
            line = self.desk.found(self.line)
            if self.outcome == Outcome.RESTOCK:
                into = Bin.objects.filter(
                    warehouse=fresh.warehouse, code__in=spellings(act.text), kind=Bin.Kind.PICK
                ).first()
                if into is None:
                    said = wrong(act.text, "Scan a bin to pick from.", fresh.warehouse)
                    return keep(act, said, Scan.Step.RETURN)
            units = act.count or line.undecided
            grade(line, self.outcome, units, into, by=act.by, operation=str(act.operation))
            sentence = SAID[self.outcome].format(units, line.order_line.name, into)
            return keep(act, Verdict(Result.RIGHT, sentence, units, bin=into), Scan.Step.RETURN)


def _finish(back: Returned, act: Act, without: int | None) -> Scan:
    with change(back, by=act.by) as fresh:
        missing = _missing(fresh) if without is not None else Counter()
        if sum(missing.values()) != (without or 0):
            return keep(act, incomplete(missing), Scan.Step.RETURN)
        closed = finish_return(fresh, by=act.by)
        return keep(act, Verdict(Result.RIGHT, f"{closed} is closed."), Scan.Step.RETURN)


def _missing(back: Return) -> Counter[tuple[str, str]]:
    """Return what ought to have come with a return that is here: name, SKU → units; lines of one article together."""
    is_here = back.status == Return.Status.RECEIVED
    found = read_desk(back.order, back).missing if is_here else {}
    missing = Counter[tuple[str, str]]()
    for line, units in found.items():
        missing[line.name, line.product.sku] += units
    return missing
