"""What has to be ordered: what is free and under way, less what orders wait for, against the rule of each product."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Sum

from fulfillment.models import ReceiptLine, ReorderRule, StockItem
from orders.models import OrderLine


@dataclass(frozen=True, slots=True)
class Suggestion:
    """How a product stands against its rule. `suggested` brings it up to its point and the safety stock above it."""

    rule: ReorderRule
    free: int
    expected: int
    waiting: int

    @property
    def available(self) -> int:
        return self.free + self.expected - self.waiting

    @property
    def suggested(self) -> int:
        if self.available >= self.rule.reorder_point:
            return 0
        return self.rule.reorder_point + self.rule.safety_stock - self.available

    @property
    def is_urgent(self) -> bool:
        return self.available < self.rule.safety_stock


def reorder(rules: "QuerySet[ReorderRule]") -> list[Suggestion]:
    """Return what has to be ordered of these, the most urgent first."""
    found = [each for each in standing(rules.select_related("product", "warehouse")) if each.suggested]
    return sorted(found, key=lambda each: (not each.is_urgent, each.available - each.rule.reorder_point))


def standing(rules: Iterable[ReorderRule]) -> list[Suggestion]:
    """Return how each rule's product stands, in three queries however many there are.

    What waits is of no warehouse: it counts where the rule of the nearest warehouse is.
    """
    rules = list(rules)
    products = {rule.product_id for rule in rules}
    free, expected, waiting = _free(products), _expected(products), _waiting(products)
    nearest: dict[int, ReorderRule] = {}
    for rule in sorted(rules, key=lambda each: (each.warehouse.priority, each.warehouse.code)):
        nearest.setdefault(rule.product_id, rule)
    return [
        Suggestion(
            rule,
            free.get((rule.product_id, rule.warehouse_id), 0),
            expected.get((rule.product_id, rule.warehouse_id), 0),
            waiting.get(rule.product_id, 0) if nearest[rule.product_id] == rule else 0,
        )
        for rule in rules
    ]


def _free(products: set[int]) -> dict[tuple[int, int], int]:
    rows = StockItem.objects.filter(product__in=products).order_by()
    return {(item.product_id, item.warehouse_id): item.free for item in rows}


def _expected(products: set[int]) -> dict[tuple[int, int], int]:
    """Return what deliveries are still to bring, and what stands at the dock of them already."""
    is_under_way = Q(receipt__closed_at=None) | Q(received__gt=F("put_away"))
    lines = ReceiptLine.objects.filter(is_under_way, product__in=products).order_by()
    found: dict[tuple[int, int], int] = {}
    for line in lines.select_related("receipt"):
        key = (line.product_id, line.receipt.warehouse_id)
        coming = 0 if line.receipt.closed_at else line.missing
        found[key] = found.get(key, 0) + coming + line.at_dock
    return found


def _waiting(products: set[int]) -> dict[int, int]:
    rows = OrderLine.objects.filter(product__in=products, waiting__gt=0).order_by()
    return dict(rows.values_list("product").annotate(units=Sum(F("waiting"))))
