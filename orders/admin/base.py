"""What all admin pages of the house share. No page itself."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin import ShowFacets, SimpleListFilter
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from unfold.paginator import InfinitePaginator as ThemePaginator

from orders.models import Actor

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    HouseModelAdmin = ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as HouseModelAdmin

PER_PAGE = 50
LAST_PAGE = 200


class InfinitePaginator(ThemePaginator):  # type: ignore[misc]  # the theme has no types, and looks at the class's name
    """Previous and next, nothing counted, and an end: who leafs further should search."""

    @property
    def count(self) -> int:
        return int(self.per_page) * LAST_PAGE


class HouseAdmin(HouseModelAdmin):
    """A list that costs the same however long the history is.

    `counted_by` are the lookups by which the reports count and link: none of a column that holds anything of a person.
    """

    counted_by: Collection[str] = ()
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = PER_PAGE
    list_filter_submit = True
    list_fullwidth = True
    actions: Any = None
    compressed_fields = True
    sortable_by = ()
    add_label = "Add"
    empty_value_display = "—"
    nothing_yet: Sequence[str] = ()
    """What an empty list says, and why it is empty, where that is more than that there is nothing yet."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the filters that the list declares, and no column by its name: else one could guess at names."""
        declared = {getattr(each, "parameter_name", None) for each in self.get_list_filter(request)}
        return lookup in self.counted_by or lookup in declared

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Call filters active only where they were set in the drawer, not by a tab or a link."""
        changelist = super().get_changelist_instance(request)
        drawer = [spec for spec in changelist.filter_specs if not getattr(spec, "is_hidden", False)]
        changelist.has_filters = bool(drawer)
        changelist.has_active_filters = any(cast("SimpleListFilter", spec).value() for spec in drawer)
        return changelist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, title | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(HouseAdmin):
    """To be looked at: what changes it is a service, behind a button of its page."""

    change_form_template = "admin/readonly_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def actor(request: HttpRequest) -> Actor:
    return Actor("user", str(request.user.pk))
