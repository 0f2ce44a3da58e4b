"""How the database reads what it is asked for: nothing may be read from one end to the other that grows with time."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from django.db import connection

OF_OPEN_WORK = {  # partial indexes: they hold what is open, and no history
    "order_to_ship",
    "order_to_deliver",
    "finding_once_while_open",
    "hold_standing",
    "hold_due",
    "line_waiting",
    "task_to_do_in_bin",
}


planned_by_sqlite = pytest.mark.skipif(
    "config.getoption('--postgres')", reason="of the indexes of small tables PostgreSQL takes now this one and now that"
)
"""Of a test that names the index by which something is found."""

READ_OR_WRITE = ("(", "SELECT", "WITH", "INSERT", "UPDATE", "DELETE")


def plans_of(call: Callable[[], Any], *, is_small: bool = True) -> list[Any]:
    """Return the plan of each statement that the call makes, whatever stands in a small database."""
    plans: list[Any] = []
    is_postgres = connection.vendor == "postgresql"

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().startswith(READ_OR_WRITE):
            return execute(sql, params, many, context)
        with connection.cursor() as cursor:
            cursor.cursor.execute(("EXPLAIN (FORMAT JSON) " if is_postgres else "EXPLAIN QUERY PLAN ") + sql, params)
            plans.append(cursor.cursor.fetchall())
        return execute(sql, params, many, context)

    if is_postgres and is_small:
        _look_large()
    with connection.execute_wrapper(explain):
        call()
    return plans


def _look_large() -> None:
    """Let PostgreSQL plan as for tables that nobody has looked at yet, and reading one whole be dear.

    What a vacuum noted of tables that were empty then would have it take whatever index comes first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SELECT current_setting('is_superuser')")
        if cursor.fetchone() == ("on",):
            cursor.execute(
                "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relnamespace = 'public'::regnamespace"
            )


def reads_whole(plan: Any, tables: Collection[str]) -> bool:
    """Say whether the plan reads one of these tables, or an index of it, from one end to the other."""
    if connection.vendor == "sqlite":
        scans = [row[-1] for row in plan if row[-1].startswith("SCAN") and row[-1].split()[1] in tables]
        return any(OF_OPEN_WORK.isdisjoint(step.split()) for step in scans)
    return any(
        node.get("Relation Name") in tables
        and node["Node Type"] != "ModifyTable"  # where the rows go, not where they come from
        and not _is_narrow(node)
        for node in _nodes(plan[0][0][0]["Plan"])
    )


def _is_narrow(node: dict[str, Any]) -> bool:
    """Say whether the node reads by a condition on an index; of alternatives (BitmapOr) each has to."""
    if node.get("Index Cond") or node.get("Index Name") in OF_OPEN_WORK:
        return True
    bitmaps = [each for each in node.get("Plans", []) if each["Node Type"].startswith("Bitmap")]
    enough = any if node["Node Type"] == "BitmapAnd" else all
    return node["Node Type"].startswith("Bitmap") and bool(bitmaps) and enough(map(_is_narrow, bitmaps))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from _nodes(each)
