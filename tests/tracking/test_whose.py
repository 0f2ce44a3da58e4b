"""Whose an answer of a provider is, where carriers share a number."""

from typing import Any

import pytest

from tracking.carriers.asking import Wanted
from tracking.services.ask.whose import of_asked_carriers


def told(number: str, carrier: int) -> dict[str, Any]:
    return {"event": "TRACKING_UPDATED", "data": {"number": number, "carrier": carrier}}


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ([Wanted("LB1DE")], []),
        ([Wanted("LB1DE", carrier="1")], [1]),
        ([Wanted("lb 1-de", carrier="1")], [1]),
        ([Wanted("LB1DE", carrier="1"), Wanted("LB1DE", carrier="2")], [1, 2]),
        ([Wanted("LB1DE", carrier="3")], []),
    ],
)
def test_of_a_number_of_two_carriers_what_was_asked_of_is_kept(wanted: list[Wanted], kept: list[int]) -> None:
    found = of_asked_carriers([told("LB1DE", 1), told("LB1DE", 2)], wanted)
    assert [each["data"]["carrier"] for each in found] == kept


def test_where_no_carrier_was_named_the_only_one_that_answers_is_meant() -> None:
    assert of_asked_carriers([told("LB1DE", 2)], [Wanted("LB1DE")]) == [told("LB1DE", 2)]
