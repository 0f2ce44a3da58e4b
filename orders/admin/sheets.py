"""Sheets, CSV or XLSX, in and out of the admin's lists. A row is understood as the API's is, and a service takes it."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource
from pydantic import BaseModel
from pydantic import ValidationError as NotUnderstood
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from orders.admin.base import actor
from orders.intake.rows import sentence
from orders.lifecycle import Refused

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
    _Resource = object
else:
    _Admin, _Resource = ImportExportModelAdmin, ModelResource


class SheetResource(_Resource):
    """`row_model` says what a row has to be; `take` hands what was understood to a service."""

    row_model: ClassVar[type[BaseModel]]

    def __init__(self, *, by: Any = None, user: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.by, self.user = by, user

    def before_import_row(self, row: dict[str, Any], **_: Any) -> None:
        """Understand the row, or say which column is wrong."""
        cells = {name: "" if row.get(name) is None else str(row[name]) for name in self.row_model.model_fields}
        try:
            self.said = self.row_model.model_validate(cells)
        except NotUnderstood as refusal:
            errors = refusal.errors(include_url=False)
            raise ValidationError({str(error["loc"][0]): sentence(error) for error in errors}) from None
        row.update(self.said.model_dump())

    def save_instance(self, instance: Any, _is_create: bool, row: dict[str, Any], **kwargs: Any) -> None:  # noqa: FBT001 - as the library calls it
        """Let the service take the row; what it refuses is said of the row."""
        try:
            self.take(instance, kwargs["row_number"])
        except Refused as refusal:
            raise ValidationError(refusal.sentence) from None

    def take(self, instance: Any, number: int) -> None:
        raise NotImplementedError


class SheetAdmin(_Admin):
    """A list whose rows go out as a sheet, for those who may see it, and come in, for those who may change them."""

    import_form_class = ImportForm
    export_form_class = ExportForm
    import_formats = export_formats = (CSV, XLSX)
    import_permission = ""

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.import_permission)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_import_resource_kwargs(self, request: HttpRequest, **_: Any) -> dict[str, Any]:
        return {"by": actor(request), "user": request.user}
