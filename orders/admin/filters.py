"""Filters of our lists: a choice each, and nothing that counts or collects its choices from the history."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from babel import Locale
from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from orders.intake.draft import countries

Choices = Sequence[tuple[str, str]]
Keep = Callable[[QuerySet[Any], str], QuerySet[Any]]


class HiddenFilter(SimpleListFilter):
    """A filter that is chosen elsewhere than in the drawer: by a tab, by a link of another page."""

    template = "admin/filters/hidden.html"
    is_hidden = True

    def has_output(self) -> bool:
        return True  # the list asks only those that say so

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield {"name": self.parameter_name, "value": self.value() or ""}


class ChoiceFilter(SimpleListFilter):
    """A drop-down in the theme's drawer of filters."""

    template = "admin/filters/choice.html"
    source: Callable[[], Choices]
    keep: Keep

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return type(self).source()

    def choices(self, changelist: Any) -> Iterator[Any]:
        listed = [("", "All"), *((str(key), word) for key, word in self.lookup_choices)]
        widget = UnfoldAdminSelectWidget()
        field = forms.ChoiceField(label=str(self.title), choices=listed, required=False, widget=widget)
        form = forms.Form(data={str(self.parameter_name): self.value() or ""}, auto_id="filter-%s")
        form.fields[str(self.parameter_name)] = field
        yield {"form": form}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        known = {str(key) for key, _ in self.lookup_choices}
        return type(self).keep(queryset, chosen) if chosen in known else queryset


def choice_filter(parameter: str, title: str, source: Callable[[], Choices], keep: Keep) -> type[ChoiceFilter]:
    members = {"parameter_name": parameter, "title": title, "source": staticmethod(source), "keep": staticmethod(keep)}
    return type(f"{parameter.title()}Filter", (ChoiceFilter,), members)


def field_filter(field: str, title: str, source: Callable[[], Choices]) -> type[ChoiceFilter]:
    """Keep the rows whose column `field` holds the choice."""
    return choice_filter(field, title, source, lambda rows, chosen: rows.filter(**{field: chosen}))


@cache
def country_choices() -> Choices:
    names = Locale("en").territories
    return sorted(((code, names.get(code, code)) for code in countries()), key=lambda pair: pair[1])
