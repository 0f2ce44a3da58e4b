"""Files as people and spreadsheets make them: what is read, what is named as broken, what is refused whole."""

import pytest

from orders.intake.table import CUT, Table, UnreadableFile, read_table

COLUMNS = ("id", "name", "price")
NOT_CLOSED = "A quotation mark is not closed."


def read(text: str | bytes, **more: str) -> Table:
    return read_table(text if isinstance(text, bytes) else text.encode(), COLUMNS, **more)


def cells(table: Table) -> list[tuple[int, str, str, str]]:
    return [(row.number, *(row.cells[column] for column in COLUMNS)) for row in table.rows]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,price\n1,Mug,2.50\n2,Pot,9.00\n",
        "id;name;price\n1;Mug;2.50\n2;Pot;9.00\n",
        "id\tname\tprice\n1\tMug\t2.50\n2\tPot\t9.00\n",
        "id,name,price\r\n1,Mug,2.50\r\n2,Pot,9.00\r\n",
        "id,name,price\r1,Mug,2.50\r2,Pot,9.00",
        "\ufeffid,name,price\n1,Mug,2.50\n2,Pot,9.00",
        'price, NAME ,"id"\n2.50,"Mug",1\n9.00,Pot,2',
        "id,name,price\n1,Mug,2.50\n2,Pot,9.00\n\n\n,,\n",
    ],
    ids=["comma", "semicolon", "tab", "CRLF", "CR", "BOM", "any order", "empty last lines"],
)
def test_a_table_is_read_however_it_was_saved(text: str) -> None:
    table = read(text)
    assert cells(table) == [(2, "1", "Mug", "2.50"), (3, "2", "Pot", "9.00")]
    assert (table.warnings, [row.problems for row in table.rows]) == ([], [[], []])


def test_a_line_break_in_quotes_is_a_blank_and_rows_are_counted_as_a_spreadsheet_counts() -> None:
    table = read('id,name,price\n1,"Mug,\r\nblue",2.50\n\n2,"The ""best"" pot",9.00\n')
    assert cells(table) == [(2, "1", "Mug, blue", "2.50"), (4, "2", 'The "best" pot', "9.00")]


def test_columns_that_nobody_asked_for_are_told_of_unless_they_are_known() -> None:
    table = read_table(b"id,colour,name,store,price\n1,blue,Mug,7,2.50\n", COLUMNS, unused=["store"])
    assert (cells(table), table.warnings) == ([(2, "1", "Mug", "2.50")], ["The column colour is not used."])


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "f.csv is empty."),
        (b"\xef\xbb\xbf\r\n \n", "f.csv is empty."),
        ("id,name,price\n1,Mug,2\n".encode("utf-16"), "f.csv is UTF-16 text: save it as CSV in UTF-8."),
        ("id,name,price\n1,Mug,2\n".encode("utf-16-le"), "f.csv is no CSV text: save it as CSV in UTF-8."),
        (b"PK\x03\x04\x14\0\x06\0", "f.csv is no CSV text: save it as CSV in UTF-8."),
        (b"id,price\n1,2\n", "f.csv lacks the column name."),
        (b"hello\n1,2\n", "f.csv lacks the columns id, name, price."),
        (b"id,name,price,name\n1,Mug,2,Pot\n", "f.csv has the column name twice."),
        (b'"' + b"x" * 200_000, "f.csv lacks the columns id, name, price."),
    ],
)
def test_a_file_of_which_nothing_can_be_understood_gets_one_sentence(raw: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile) as refusal:
        read(raw, name="f.csv")
    assert refusal.value.sentence == sentence


def test_a_byte_that_is_no_utf_8_is_named_by_row_and_column_and_kept_as_it_came() -> None:
    table = read(b"id,name,price\n1,Mug,2.50\n2," + "Café".encode("cp1252") + b",9.00\n3,Pot,1.00\n")
    assert [[(each.row, each.column, each.value) for each in row.problems] for row in table.rows] == [
        [],
        [(3, "name", "Caf\N{REPLACEMENT CHARACTER}")],
        [],
    ]
    assert table.text_of([table.rows[1]]) == b"id,name,price\n2,Caf\xe9,9.00\n"


def test_a_character_that_was_lost_on_the_way_is_named() -> None:
    (row,) = read("id,name,price\n1,Caf\N{REPLACEMENT CHARACTER},2.50\n").rows
    assert row.problems[0].reason == "A character was lost: \N{REPLACEMENT CHARACTER} stands in its place."


def test_windows_1252_is_read_where_it_was_chosen() -> None:
    table = read("id,name,price\n1,Café “œ”,2.50\n".encode("cp1252"), encoding="windows-1252")
    assert cells(table) == [(2, "1", "Café “œ”", "2.50")]


@pytest.mark.parametrize("end", ["1,Mug,2.5", "1,Mug,2.", "1,Mug,2", "1,Mug,", "1,Mug", "1", '1,"Mu', '1,"Mug'])
def test_a_row_in_which_the_file_ends_is_named_as_cut(end: str) -> None:
    table = read(f"id,name,price\n8,Pot,9.00\n9,Cup,1.50\n{end}")
    assert [[each.reason for each in row.problems] for row in table.rows] == [[], [], [CUT]]
    assert [row.is_cut for row in table.rows] == [False, False, True]
    assert table.rows[-1].cells["id"] == "1"


@pytest.mark.parametrize(("others", "last"), [("9.00", "2.50"), ("9.00", "2.500"), ("9", "2"), ("9.5", "2.1")])
def test_a_whole_row_without_a_line_end_is_whole(others: str, last: str) -> None:
    assert [row.problems for row in read(f"id,name,price\n8,Pot,{others}\n1,Mug,{last}").rows] == [[], []]


def test_a_row_with_too_few_or_too_many_cells_is_named() -> None:
    table = read("id,name,price\n1,Mug\n2,Pot,9.00\n3,Cup,1,50\n")
    assert [[each.reason for each in row.problems] for row in table.rows] == [
        ["The row has 2 cells, not 3."],
        [],
        ["The row has 4 cells, not 3."],
    ]


@pytest.mark.parametrize(
    "broken", ['1,"Mug,2.50', '1,"Mug,2.50\n7,"Blue, large",8.00', '1,"Mug"blue,2.50', '1,M,"2.50\n"x,5']
)
def test_a_stray_quotation_mark_takes_no_other_row_with_it(broken: str) -> None:
    table = read(f"id,name,price\n{broken}\n2,Pot,9.00\n3,Cup,1.50\n")
    by_id = {row.cells["id"]: row.problems for row in table.rows}
    assert (by_id["2"], by_id["3"]) == ([], [])
    assert by_id["1"][0].reason.startswith("A quotation mark is not closed")


def test_a_quotation_mark_that_swallows_rows_into_a_well_formed_cell_is_seen() -> None:
    """Row 2 opens a quotation mark that row 3, by chance, closes: three cells, and yet two rows."""
    table = read('id,name,price\n1,"Mug,2.50\n2,a 6",9.00\n3,Cup,1.50\n')
    assert [(row.cells["id"], [each.reason for each in row.problems]) for row in table.rows] == [
        ("1", [NOT_CLOSED]),
        ("2", []),
        ("3", []),
    ]


def test_many_open_quotation_marks_do_not_take_for_ever() -> None:
    table = read("id,name,price\n" + '1,"Mug,2.50\n2,Pot,9.00\n' * 2000)
    assert [len(row.problems) for row in table.rows] == [1, 0] * 2000
