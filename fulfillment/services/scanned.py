"""What every scan on the floor has in common: it is done once, it is put on record, and a wrong one says what it is."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError

from fulfillment.models import Bin, Scan, Shipment, ShipmentLine, Warehouse
from orders.grammar import agree
from orders.lifecycle import NotAllowed, Refused, why_not, writing
from orders.models import Actor, Hold, Product

MAX_DIGITS = 7
NAMED = 5
Done = TypeVar("Done")
Result = Scan.Result
Missing = Mapping[tuple[str, str], int]
"""Name and SKU of an article → units: two articles may have one name."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person just did: scanned a text, or said by a button that `count` of `line` are here.

    `operation` names it, however often it is sent.
    """

    operation: UUID
    by: Actor
    text: str = ""
    count: int | None = None
    line: int | None = None
    weight_grams: int | None = None

    def number_for(self, line: ShipmentLine, *, is_sku: bool | None = None) -> int | None:
        """Return how many units of the line the person holds, by button or typed; None if no number was given.

        `is_sku`: whether the text is the SKU of an article, where that is known already.
        """
        if self.line == line.pk:
            return self.count
        return typed_number(self.text) if is_sku is None else None if is_sku else number_in(self.text)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an act is taken for, and what the person is told."""

    result: Scan.Result
    sentence: str
    units: int = 0
    line: ShipmentLine | None = None
    bin: Bin | None = None
    weight_grams: int | None = None

    @property
    def is_wrong(self) -> bool:
        return self.result not in Scan.DONE


class DoneElsewhere(Refused):
    """The name of the act is that of another one, at another screen."""

    code = "done_elsewhere"


def once(act: Act, step: Scan.Step | Collection[Scan.Step], do: Callable[[], Done]) -> tuple[Done | Scan, bool]:
    """Do something that ends with the act's row, and say that it is new; or return the row that is there already.

    That is of the same step, or of one of these. It is the outermost transaction. Raises DoneElsewhere.
    """
    try:
        with writing():
            return do(), True
    except (IntegrityError, Refused):
        before = Scan.objects.filter(operation=act.operation).select_related("shipment__order").first()
        if before is None:
            raise
    if before.step not in ([step] if isinstance(step, str) else step):
        raise DoneElsewhere("This was used at another screen before, and nothing was done here: load the page again.")
    return before, False


def keep(act: Act, verdict: Verdict, step: Scan.Step, shipment: Shipment | None = None, **more: Any) -> Scan:
    """Put an act on record; `more` is the task it was for, the scan that it takes back, or the box it went into."""
    return Scan.objects.create(
        **more,
        operation=act.operation,
        by=str(act.by),
        text=act.text[: Scan.TEXT_LENGTH],
        step=step,
        shipment=shipment,
        result=verdict.result,
        sentence=verdict.sentence,
        line=verdict.line,
        bin=verdict.bin,
        quantity=verdict.units,
        weight_grams=verdict.weight_grams,
    )


def refuse_blocked(shipment: Shipment, verb: str, *, is_held: bool = True) -> None:
    """Raise NotAllowed where something keeps the shipment from this verb.

    `is_held` is False where it was read behind the order's lock that nothing holds it: the guards need not ask again.
    """
    if not is_held:
        shipment.order._prefetched_objects_cache = {"holds": Hold.objects.none()}  # type: ignore[attr-defined]  # noqa: SLF001
    if blockers := why_not(shipment, verb):
        raise NotAllowed(blockers)


def incomplete(missing: Missing, then: str = "close without {}") -> Verdict:
    """Say what of it nobody scanned. It is closed, or what `then` says, by another press."""
    alike = Counter(name for name, _ in missing)
    named = [f"{units} × {name}" + f" ({sku})" * (alike[name] > 1) for (name, sku), units in missing.items()]
    shown = ", ".join(named[:NAMED]) + " and others" * (len(named) > NAMED)
    them = "it" if sum(missing.values()) == 1 else "them"
    said = f"Still missing: {shown}. Press again to {then.format(them)}." if missing else "Nothing is missing any more."
    return Verdict(Result.INCOMPLETE, said[:500])


def spellings(text: str) -> set[str]:
    """Return how a code may be kept that was scanned or typed like this: as it is, or in capitals."""
    return {text, text.upper()}


def is_same(scanned: str, code: str) -> bool:
    """Compare as people type: case does not count."""
    return scanned.casefold() == code.casefold()


def held(number: int, taken: int, asked: int, line: ShipmentLine, place: Bin | None, into: str = "") -> Verdict:
    """Take it that somebody holds `number` units, where `asked` are to be taken and `taken` were counted before."""
    if number > asked:
        return Verdict(Result.WRONG_QUANTITY, f"Take {asked} here, not {number}.")
    if number <= taken:
        return Verdict(
            Result.WRONG_QUANTITY,
            f"{taken} {agree(taken, 'is', 'are')} counted already. Type how many you hold in all.",
        )
    return Verdict(Result.RIGHT, f"{number} of {asked} × {line.order_line.name}{into}.", number - taken, line, place)


def typed_number(text: str) -> int | None:
    """Return the number that somebody typed, unless it is the SKU of an article: then it was scanned."""
    number = number_in(text)
    return None if number is None or Product.objects.filter(sku=text).exists() else number


def number_in(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def wrong(text: str, instead: str, warehouse: Warehouse | None) -> Verdict:
    """Say what was scanned, and what to do instead."""
    codes = spellings(text)
    if place := Bin.objects.filter(warehouse=warehouse, code__in=codes).first():
        return Verdict(Result.WRONG_BIN, f"This is {place.code}. {instead}")
    if product := Product.objects.filter(sku__in=codes).first():
        return Verdict(Result.WRONG_ARTICLE, f"This is {product.name or product.sku}. {instead}")
    if Shipment.objects.numbered(text).exists():
        return Verdict(Result.UNKNOWN, f"This is the number of an order. {instead}")
    return Verdict(Result.UNKNOWN, f"“{text}” is nothing we know. {instead}")
