"""Events and movements are added, never changed: the database refuses, whoever asks and however."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations import Migration

from fulfillment import ledger
from fulfillment.models import StockItem, StockMovement
from orders.models import Event, Outbox
from orders.models.append_only import TABLES, Follow, missing_triggers, put_up
from tests.factories import Shop
from tests.stream import checksums

pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[type[models.Model]], Any]
COLUMN = {Event: "kind", StockMovement: "cause"}
UNIQUE = {Event: ["order", "seq"], StockMovement: ["operation", "n"]}


def sql(statement: str) -> Act:
    def act(model: type[models.Model]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement.format(table=model._meta.db_table, column=COLUMN[model]))

    return act


def save(model: type[models.Model]) -> None:
    row = model.objects.first()
    setattr(row, COLUMN[model], "forged")
    row.save()


def upsert(model: type[models.Model]) -> None:
    row = model.objects.first()
    row.pk = None
    setattr(row, COLUMN[model], "forged")
    model.objects.bulk_create([row], update_conflicts=True, unique_fields=UNIQUE[model], update_fields=[COLUMN[model]])


def raw_upsert(model: type[models.Model]) -> None:
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    copy = f"INSERT INTO {{table}} ({columns}) SELECT {columns} FROM {{table}} WHERE true "
    sql(f"{copy} ON CONFLICT (id) DO UPDATE SET {{column}} = 'forged'")(model)


def replace(model: type[models.Model]) -> None:
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    sql(f"REPLACE INTO {{table}} ({columns}) SELECT {columns} FROM {{table}}")(model)


ACTS: dict[str, Act] = {
    "update": lambda model: model.objects.update(**{COLUMN[model]: "forged"}),
    "save": save,
    "bulk_update": lambda model: model.objects.bulk_update([_forged(model)], [COLUMN[model]]),
    "delete": lambda model: model.objects.first().delete(),
    "delete all": lambda model: model.objects.all()._raw_delete("default"),
    "upsert": upsert,
    "raw UPDATE": sql("UPDATE {table} SET {column} = 'forged'"),
    "raw DELETE": sql("DELETE FROM {table}"),
    "raw upsert": raw_upsert,
}


def _forged(model: type[models.Model]) -> models.Model:
    row = model.objects.first()
    setattr(row, COLUMN[model], "forged")
    return row


@pytest.fixture
def history() -> dict[str, tuple[int, str]]:
    shop = Shop()
    shop.receive(shop.mug, 3)
    shop.order((shop.mug, 2))
    Outbox.objects.all().delete()  # it would protect the events from Django's delete()
    return checksums()


@pytest.mark.parametrize("model", [Event, StockMovement])
def test_no_row_of_the_history_can_be_changed(history: Any, model: type[models.Model], subtests: Any) -> None:
    acts = ACTS | (
        {"raw REPLACE": replace} if connection.vendor == "sqlite" else {"raw TRUNCATE": sql("TRUNCATE {table} CASCADE")}
    )
    for name, act in acts.items():
        with subtests.test(name):
            with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
                act(model)
            assert checksums() == history


def test_the_triggers_stand() -> None:
    assert missing_triggers(connection) == []


def test_what_follows_is_written_with_the_row_by_whoever_adds_it(history: Any) -> None:
    row = StockMovement.objects.filter(kind="RECEIVE").get()
    before = row.stock_item.on_hand
    row.pk, row.operation = None, "by hand"
    StockMovement.objects.bulk_create([row])
    assert StockItem.objects.get(pk=row.stock_item_id).on_hand == before + row.quantity
    assert list(ledger.verify()) == []


def test_a_trigger_of_an_earlier_release_is_missed_and_replaced() -> None:
    now = next(table for table in TABLES if table.model == "orders.Event")
    earlier = now._replace(follows=[Follow(["INSERT INTO orders_outbox (event_id) VALUES (NEW.id + 0)"])])
    put_up(connection, earlier)
    assert missing_triggers(connection) == list(now.named())
    call_command("migrate", verbosity=0)
    assert missing_triggers(connection) == []
    shop = Shop()
    shop.order((shop.mug, 1))
    assert Outbox.objects.count() == Event.objects.count() > 0  # one row an event: the earlier one is gone


def test_a_migration_can_rebuild_every_table_beside_the_triggers() -> None:
    """SQLite makes a new table for a constraint, and reads all triggers when it takes the old one's name."""
    emit_pre_migrate_signal(0, False, "default", plan=[(Migration("odd", "orders"), False)])
    odd = models.CheckConstraint(condition=models.Q(pk__isnull=False), name="odd")
    tables = [model for app in ("orders", "fulfillment") for model in apps.get_app_config(app).get_models()]
    for model in tables:
        with connection.schema_editor() as editor:
            editor.add_constraint(model, odd)
            editor.remove_constraint(model, odd)
    emit_post_migrate_signal(0, False, "default")
    assert (len(tables) > 30, missing_triggers(connection)) == (True, [])
