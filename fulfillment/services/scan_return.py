"""The returns desk by scan: each article that lies there is taken in, then said what becomes of it."""

from fulfillment.models import Bin, Return, ReturnLine, Scan, Shipment, Warehouse
from fulfillment.services.returns import Outcome, can_come_back, finish_return, grade_return, receive_return
from fulfillment.services.scanned import Act, Result, Verdict, is_same, keep, once, wrong
from orders.lifecycle import change
from orders.models import Order, OrderLine

SAID = {
    Outcome.RESTOCK: "{} × {} into {}: sold again.",
    Outcome.QUARANTINE: "{} × {} to quarantine.",
    Outcome.SCRAP: "{} × {} to scrap.",
}
Coming = Return | Order | Shipment


def scan_to_return(thing: Coming, act: Act, warehouse: Warehouse) -> tuple[Scan, Return | None]:
    """Take in the unit that was scanned; return what was said, and the return it came in with.

    Repeated, it answers as before. Raises NotAllowed.
    """
    scan = once(act, Scan.Step.RETURN, lambda: _scan(thing, act, warehouse))[0]
    return scan, _standing(thing)


def grade_by_scan(line: ReturnLine, outcome: Outcome, act: Act) -> Scan:
    """Say what becomes of units: all that are undecided, or `act.count`. To be sold again, scan the bin.

    Repeated, it answers as before. Raises NotAllowed, NotDecided.
    """
    return once(act, Scan.Step.RETURN, lambda: _grade(line, outcome, act))[0]


def close_by_press(back: Return, act: Act) -> Scan:
    """Close a return; repeated, it answers as before. Raises NotAllowed, NotDecided."""
    return once(act, Scan.Step.RETURN, lambda: _finish(back, act))[0]


def _scan(thing: Coming, act: Act, warehouse: Warehouse) -> Scan:
    with change(order_of(thing), by=act.by) as order:
        meant = [line for line in order.lines.select_related("product") if is_same(act.text, line.product.sku)]
        there = can_come_back(order, announced=False)
        line = next((line for line in meant if there[line]), None)
        if line is None:
            return keep(act, _refuse(act, meant, warehouse), Scan.Step.RETURN)
        home = thing.warehouse if isinstance(thing, Return) and thing.warehouse else warehouse
        back = receive_return(thing, line, 1, warehouse=home, by=act.by, operation=str(act.operation))
        here = back.lines.get(order_line=line)
        announced = f" of {here.quantity}" if here.quantity else ""
        said = Verdict(Result.RIGHT, f"{here.received}{announced} × {line.name}.", 1)
        return keep(act, said, Scan.Step.RETURN)


def _grade(line: ReturnLine, outcome: Outcome, act: Act) -> Scan:
    with change(line.return_of, by=act.by) as back:
        into = None
        if outcome == Outcome.RESTOCK:
            spellings = {act.text, act.text.upper()}
            into = Bin.objects.filter(warehouse=back.warehouse, code__in=spellings, kind=Bin.Kind.PICK).first()
            if into is None:
                said = wrong(act.text, "Scan a bin to pick from.", back.warehouse)
                return keep(act, said, Scan.Step.RETURN)
        units = act.count or back.lines.get(pk=line.pk).undecided
        done = grade_return(line, outcome, units, into=into, by=act.by, operation=str(act.operation))
        said = Verdict(Result.RIGHT, SAID[outcome].format(units, done.order_line.name, into), units, bin=into)
        return keep(act, said, Scan.Step.RETURN)


def _finish(back: Return, act: Act) -> Scan:
    with change(back, by=act.by) as fresh:
        finish_return(fresh, by=act.by)
        return keep(act, Verdict(Result.RIGHT, f"{fresh} is closed."), Scan.Step.RETURN)


def order_of(thing: Coming) -> Order:
    return thing if isinstance(thing, Order) else thing.order


def _standing(thing: Coming) -> Return | None:
    if isinstance(thing, Return):
        return thing
    known = order_of(thing).returns.filter(status=Return.Status.RECEIVED)
    return known.filter(shipment=thing).first() if isinstance(thing, Shipment) else known.first()


def _refuse(act: Act, meant: list[OrderLine], warehouse: Warehouse) -> Verdict:
    if meant:
        said = f"No more of {meant[0].name} is out there: this one is not from this order. Set it aside."
        return Verdict(Result.WRONG_QUANTITY, said)
    return wrong(act.text, "It is not of this order: set it aside.", warehouse)
