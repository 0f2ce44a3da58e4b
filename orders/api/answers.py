"""The form of answers and pages, and what is wrong with a request beyond its schema."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja.errors import ValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")
MAX_PAGE = 100

Id = Annotated[int, Field(ge=1, le=2**63 - 1, strict=True)]


def one_of(choices: Sequence[str]) -> Any:
    """Return the type of a field that takes one of these words, in whatever case."""

    def check(value: str) -> str:
        if value.upper() not in choices:
            raise PydanticCustomError("choice_unknown", "Use one of {choices}.", {"choices": ", ".join(choices)})
        return value.upper()

    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"enum": list(choices)})]


def answer(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Write the answer's very bytes; ninja passes an HttpResponse on as it is."""
    response = HttpResponse(body.model_dump_json(), status=status, content_type="application/json")
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def invalid(path: str, code: str, message: str) -> ValidationError:
    """Return the 422 for a part of the request, as a schema would have raised it."""
    return ValidationError([{"type": code, "loc": ("request", path), "msg": message}])


class Filters(BaseModel):
    """The query of a list; a name that we do not know is an error, as a typo would answer with everything."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str | None, Field(max_length=255, description="Where the page begins: from `next`.")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50

    @model_validator(mode="before")
    @classmethod
    def _known(cls, data: Any, info: ValidationInfo) -> Any:
        asked: Any = (info.context or {})["request"].GET
        for name in asked:
            if name not in cls.model_fields:
                raise PydanticCustomError("unknown_field", "There is no such filter.", {"path": name})
        return data


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the path of the part after it, null at the end. Also in the header `Link`."""

    items: list[Item]
    next: str | None


def answer_page(
    request: HttpRequest,
    rows: "QuerySet[Row]",
    represent: Callable[[list[Row]], list[Any]],
    *,
    limit: int,
    by: Sequence[str],
) -> HttpResponse:
    """Answer the first `limit` rows; the next page begins after the last one's attributes `by`."""
    found = list(rows[: limit + 1])
    shown, has_more = found[:limit], len(found) > limit
    following = _path_after(request, [getattr(shown[-1], name) for name in by]) if has_more else None
    headers = {"Link": f'<{following}>; rel="next"'} if following else {}
    return answer(Page[Any](items=represent(shown), next=following), headers=headers)


def read_cursor(cursor: str, place: "TypeAdapter[Any]") -> Any:
    """Return the place that a cursor of ours names. Raises ninja's ValidationError."""
    try:
        return place.validate_json(base64.urlsafe_b64decode(cursor))
    except ValueError:
        raise invalid("cursor", "cursor_invalid", "That is no cursor of ours: take `next` as it is.") from None


def _path_after(request: HttpRequest, place: Sequence[Any]) -> str:
    cursor = base64.urlsafe_b64encode(json.dumps(place, default=str).encode()).decode()
    return f"{request.path}?{urlencode(request.GET.dict() | {'cursor': cursor})}"
