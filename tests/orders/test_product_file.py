"""import_products: products are known by their SKU."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from fulfillment.services import retry_inbox
from orders.models import Inbox, Product
from tests.factories import ALICE, ProductFactory
from tests.stream import checksums, exit_code

pytestmark = pytest.mark.django_db
HEADER = b"sku,name,department,brand,package_size\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "products.csv"


def run(path: Path, *rows: bytes) -> int:
    path.write_bytes(HEADER + b"".join(row + b"\n" for row in rows))
    return exit_code("import_products", path)


def names() -> dict[str, str]:
    return dict(Product.objects.values_list("sku", "name"))


def test_products_are_added_changed_and_left_alone(path: Path, capsys: Any) -> None:
    ProductFactory(sku="P-1", name="Mug", weight_grams=300)
    ProductFactory(sku="P-2", name="Pot")
    assert run(path, b"P-1,Enamel mug,,,", b"P-2,Pot,,,", b"P-3,Cup,KITCHEN,National,6 OZ") == 0
    assert names() == {"P-1": "Enamel mug", "P-2": "Pot", "P-3": "Cup"}
    assert Product.objects.get(sku="P-1").weight_grams == 300
    before = checksums()
    assert (exit_code("import_products", path), checksums()) == (0, before)
    assert capsys.readouterr().out.splitlines() == [
        "products.csv, 3 products: 1 new, 1 changed, 1 as before.",
        "products.csv, 3 products: 0 new, 3 as before.",
    ]


def test_a_product_without_a_name_is_named_after_its_sku_until_it_has_one(path: Path, capsys: Any) -> None:
    assert run(path, b"P-1,,,,") == 0
    assert "P-1 has no name: it is named after its SKU." in capsys.readouterr().err
    Product.objects.update(name="Mug")
    assert run(path, b"P-1,,,,") == 0
    assert (names(), capsys.readouterr().err) == ({"P-1": "Mug"}, "")


def test_rows_that_are_not_understood_are_named_and_the_rest_is_taken(path: Path) -> None:
    rows = (
        b"P-1,Mug,,,",
        b"P-2,Caf\xe9,,,",
        b"P-1,Pot,,,",
        b",Cup,,,",
        b"P-1,Mug,,,",
        b"P-6,Jug,,",
        b"P-7,%s,,," % (b"x" * 256),
    )
    assert run(path, *rows) == 3
    assert names() == {"P-1": "Mug"}
    rejects = {each.problems[0]["row"]: each for each in Inbox.objects.quarantined()}
    assert {row: (each.external_id, each.source, each.problems[0]["reason"]) for row, each in rejects.items()} == {
        3: ("P-2", "csv.products", "The cell holds bytes that are no UTF-8: perhaps Windows-1252."),
        4: ("P-1", "csv.products", "Row 2 says something else of it."),
        5: ("", "csv.products", "This cannot be empty."),
        7: ("P-6", "csv.products", "The row has 4 cells, not 5."),
        8: ("P-7", "csv.products", "At most 255 characters fit here."),
    }
    before = checksums()
    assert (exit_code("import_products", path), checksums()) == (3, before)

    assert retry_inbox(rejects[3], by=ALICE, mended=HEADER + "P-2,Café,,,\n".encode()).status == "PROCESSED"
    assert retry_inbox(rejects[8], by=ALICE, mended=HEADER + b"P-7,,,\n").status == "QUARANTINED"
    assert names() == {"P-1": "Mug", "P-2": "Café"}
    assert run(path, b"P-6,Jug,,,") == 0  # a later file knows better
    assert Inbox.objects.get(external_id="P-6").status == "PROCESSED"


def test_what_two_runs_of_a_file_quarantine_at_once_is_kept_once(path: Path) -> None:
    assert run(path, b",Cup,,,") == 3
    twin = Inbox.objects.get()
    twin.pk = uuid4()
    assert Inbox.objects.bulk_create([twin], ignore_conflicts=True)  # as the slower run inserts: it knew of no other
    assert Inbox.objects.count() == 1
