"""Texts of many rows in one, with blanks between: a subquery's rows that fit into a column of a row above."""

from typing import Any

from django.db.models import Func, TextField, Value
from django.db.models.functions import Cast, Concat


class Joined(Func):
    """`Joined("box", Value(":"), "quantity")` makes "1:2 2:1" of two rows."""

    function = "STRING_AGG"
    output_field = TextField()

    def __init__(self, *parts: Any, **extra: Any) -> None:
        text = Concat(*parts, output_field=TextField()) if len(parts) > 1 else Cast(parts[0], TextField())
        super().__init__(text, Value(" "), **extra)
