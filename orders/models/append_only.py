"""Tables that only grow: triggers in the database refuse UPDATE, DELETE, TRUNCATE and REPLACE.

What follows from a new row, other triggers write with it: the outbox row of an event, the balances of a movement.
The name of each holds the digest of what it writes, so that one of an earlier release counts as missing, and goes.
They are put up after each `migrate`, not in a migration: SQLite rebuilds a table for most alterations and drops its
triggers without a word. Those that write what follows name many tables, and make way for every `migrate` there.
Flushing a test database lifts them as well, and filling one for a bench.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.apps import AppConfig, apps
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Follow(NamedTuple):
    """What is written with a new row, NEW, and with which rows: SQL that both engines read.

    With `at_once` PostgreSQL writes that instead, once for all the rows of a statement: `fresh`.
    """

    statements: Sequence[str]
    when: str = "TRUE"
    at_once: Sequence[str] = ()

    @property
    def body(self) -> str:
        return " ".join(f"{statement};" for statement in self.statements)

    @property
    def body_at_once(self) -> str:
        return " ".join(f"{statement};" for statement in self.at_once)

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.when} {self.body} {self.body_at_once}".encode()).hexdigest()[:8]


class Table(NamedTuple):
    """An append-only table: its model, its unique columns beside the primary key, and what follows from a new row."""

    model: str
    unique: Sequence[str]
    follows: Sequence[Follow]

    @property
    def name(self) -> str:
        return str(apps.get_model(self.model)._meta.db_table)

    def guards(self) -> list[str]:
        return [f"{self.name}_no_{what}" for what in ("update", "delete", "replace")]

    def named(self) -> dict[str, Follow]:
        """Return the triggers that write what follows, by their names."""
        return {f"{self.name}_follow_{follow.digest}": follow for follow in self.follows}

    def triggers(self) -> list[str]:
        return [*self.guards(), *self.named()]


_TOLD = Follow(
    ["INSERT INTO orders_outbox (event_id) VALUES (NEW.id)"],
    at_once=["INSERT INTO orders_outbox (event_id) SELECT id FROM fresh ORDER BY id"],
)
TABLES = [Table("orders.Event", ("order_id", "seq"), [_TOLD])]
"""Apps above add theirs when they are ready."""


_BY_INDEX = "SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off"
"""A session plans what follows once: by the index then, whether the first statement had one row or a thousand."""


def put_up_triggers(sender: AppConfig, using: str = "default", **_: Any) -> None:
    """Receiver of `post_migrate`."""
    connection = connections[using]
    present, missing = connection.introspection.table_names(), set(missing_triggers(connection))
    for table in TABLES:
        is_ours = table.model.startswith(f"{sender.label}.") and table.name in present
        if is_ours and missing.intersection(table.triggers()):
            put_up(connection, table)


def make_way(using: str = "default", plan: Sequence[Any] = (), **_: Any) -> None:
    """Receiver of `pre_migrate`. SQLite reads every trigger when a table is rebuilt, and what follows names many."""
    connection = connections[using]
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _drops(connection, table, _following(connection, table)):
                cursor.execute(statement)


def put_up(connection: BaseDatabaseWrapper, table: Table) -> None:
    statements = _sqlite(table) if connection.vendor == "sqlite" else _postgresql(table)
    before = [name for name in _following(connection, table) if name not in table.named()]
    with connection.cursor() as cursor:
        for statement in [*_drops(connection, table, before), *statements]:
            cursor.execute(statement)


def missing_triggers(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the triggers that ought to stand and do not."""
    present = _standing(connection)
    return [name for table in TABLES for name in table.triggers() if name not in present]


def _following(connection: BaseDatabaseWrapper, table: Table) -> list[str]:
    """Return the triggers that write what follows, of whatever release."""
    return [name for name in _standing(connection) if name.startswith(f"{table.name}_follow")]


def _standing(connection: BaseDatabaseWrapper) -> set[str]:
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('A', 'O')"
    )
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


@contextmanager
def lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Take the triggers down for the length of a block. For test databases alone: their flush, their filling."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for statement in _drops(connection, table, table.triggers()):
                cursor.execute(statement)
    try:
        yield
    finally:
        for table in TABLES:
            put_up(connection, table)


def _drops(connection: BaseDatabaseWrapper, table: Table, triggers: Iterable[str]) -> list[str]:
    if connection.vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for name in triggers]
    drops = "DROP TRIGGER IF EXISTS {0} ON {1}", "DROP FUNCTION IF EXISTS {0}()"  # those that follow have one each
    return [drop.format(name, table.name) for name in triggers for drop in drops]


def _sqlite(table: Table) -> Iterable[str]:
    update, delete, replace = table.guards()
    same = " AND ".join(f"{column} = NEW.{column}" for column in table.unique)
    exists = f"EXISTS (SELECT 1 FROM {table.name} WHERE id = NEW.id OR ({same}))"  # noqa: S608
    for name, when in ((update, "UPDATE"), (delete, "DELETE")):
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {when} ON {table.name} "
            f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only: {when} refused'); END"
        )
    yield (
        f"CREATE TRIGGER IF NOT EXISTS {replace} BEFORE INSERT ON {table.name} WHEN {exists} "
        f"BEGIN SELECT RAISE(ABORT, '{table.name} is append-only: REPLACE refused'); END"
    )
    for name, follow in table.named().items():
        yield (
            f"CREATE TRIGGER IF NOT EXISTS {name} AFTER INSERT ON {table.name} WHEN {follow.when} "
            f"BEGIN {follow.body} END"
        )


def _postgresql(table: Table) -> Iterable[str]:
    yield """
        CREATE OR REPLACE FUNCTION refuse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$"""
    update, delete, truncate = table.guards()
    for name, when, each in (
        (update, "UPDATE", "ROW"),
        (delete, "DELETE", "ROW"),
        (truncate, "TRUNCATE", "STATEMENT"),
    ):
        yield (
            f"CREATE OR REPLACE TRIGGER {name} BEFORE {when} ON {table.name} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_append_only()"
        )
        yield f"ALTER TABLE {table.name} ENABLE ALWAYS TRIGGER {name}"
    for name, follow in table.named().items():
        how, each = "", f"FOR EACH ROW WHEN ({follow.when})"
        if follow.at_once:
            how, each = _BY_INDEX, "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {how} AS "
            f"$$ BEGIN {follow.body_at_once or follow.body} RETURN NULL; END $$"
        )
        yield (f"CREATE OR REPLACE TRIGGER {name} AFTER INSERT ON {table.name} {each} EXECUTE FUNCTION {name}()")
