"""Buttons that call a service: who may press them, why one is grey, and what becomes of a refusal.

An `Act` is one service call with its form. `ActingAdmin` gives each of its acts a path that takes a POST.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from orders.admin.base import HouseAdmin, actor
from orders.blockers import Reason
from orders.lifecycle import AlreadyApplied, Refused
from orders.models import Actor


class ActForm(forms.Form):
    """What an act needs to be told, and by whom. `operation` names this filling-in: pressed twice, it is done once.

    `refusal` is why a service would not do it, in a sentence.
    """

    fields_template = "admin/acts/fields.html"
    refusal = ""
    operation = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, thing: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["operation"] = uuid4()
        self.thing, self.user = thing, user

    def refuse(self, sentence: str) -> None:
        """Say why it was not done. What was typed stays; sent again it is another filling-in."""
        self.refusal = sentence
        self.add_error(None, sentence)
        sent = cast("QueryDict", self.data).copy()
        sent["operation"] = str(uuid4())
        self.data = sent

    @property
    def http_status(self) -> int:
        """Return how a page answers that shows it."""
        return 409 if self.refusal else 422 if self.is_bound else 200


@dataclass(frozen=True, slots=True)
class Act:
    """A verb that somebody may use on a thing. `done` is said when it is through, with the thing's name filled in."""

    verb: str
    label: str
    permission: str
    run: Callable[[Any, Actor, dict[str, Any]], object]
    done: str
    why_not: Callable[[Any], Sequence[Reason]] = lambda _: ()
    form: type[ActForm] = ActForm
    hint: str = ""
    style: str = "plain"
    is_open: bool = False
    """Its form stands open: it is what the page is for."""
    reveals: str = ""
    """What `run` returns is a secret of this name: it is shown at once, and never again."""
    is_telling: bool = False
    """What `run` returns says itself what was done: that is said instead of `done`."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An act as it stands on a page, for this thing now: with its form, or with the reasons why it is not possible."""

    act: Act
    url: str
    form: ActForm
    reasons: Sequence[Reason]

    @property
    def is_now(self) -> bool:
        return not self.reasons

    @property
    def is_wrong_time(self) -> bool:
        """It is only not its turn: nothing stands in its way that somebody could clear."""
        return bool(self.reasons) and all(reason.owner == "nobody" for reason in self.reasons)

    @property
    def is_plain(self) -> bool:
        return not self.form.visible_fields() and not self.act.hint


Bound = tuple[str, ActForm]
"""The path of an act, and its form as somebody filled it in, wrongly or in vain."""


def offers(request: HttpRequest, thing: Any, acts: Sequence[Act], bound: Bound | None = None) -> list[Offer]:
    """Return the acts that this user may ever use on the thing, each with what stands in its way now."""
    user = request.user
    return [_offer(thing, act, user, bound) for act in acts if user.has_perm(act.permission)]


def _offer(thing: Any, act: Act, user: Any, bound: Bound | None) -> Offer:
    url = act_url(thing, act.verb)
    form = bound[1] if bound and bound[0] == url else _form(thing, act, user)
    return Offer(act, url, form, act.why_not(thing))


def _form(thing: Any, act: Act, user: Any, data: Any = None) -> ActForm:
    return act.form(data, thing=thing, user=user, auto_id=f"{act.verb}-{thing.pk}-%s")


def act_url(thing: Any, verb: str) -> str:
    meta = thing._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_act", args=[thing.pk, verb])


@contextmanager
def flashing(request: HttpRequest, form: ActForm, done: str) -> Iterator[list[str]]:
    """Say `done`, or what the block adds to it, when it is through. Where it is refused, nothing happened: the form is
    not valid any more, and says why. What was done before is said as well, and not asked for again.
    """
    said = [done]
    try:
        yield said
    except AlreadyApplied as before:
        messages.error(request, before.sentence)
    except Refused as refusal:
        form.refuse(refusal.sentence)
    else:
        messages.success(request, said[-1])


def do_to_each(request: HttpRequest, rows: Iterable[Any], service: Callable[[Any], object], done: str) -> None:
    """Call a service for each of the chosen rows; what is refused is said, the rest is done."""
    count = 0
    for row in rows:
        try:
            service(row)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            count += 1
    if count:
        messages.success(request, f"{count} {done}.")


class ActingAdmin(HouseAdmin):
    """A page with buttons. What is not written to a trail is noted in the admin's own log."""

    acts: ClassVar[Sequence[Act]] = ()
    is_logged = True
    change_form_outer_after_template = "admin/acts/panel.html"

    def get_urls(self) -> list[URLPattern]:
        meta = self.model._meta
        view = self.admin_site.admin_view(self.act_view)
        name = f"{meta.app_label}_{meta.model_name}_act"
        return [path("<path:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act, thing = self.act_on(request, object_id, verb)
        form = _form(thing, act, request.user, request.POST)
        result = self._run(request, thing, act, form) if form.is_valid() else None
        if not form.is_valid():
            return self.page_again(request, thing, act, form)
        if act.reveals and result:
            return self.secret_page(request, thing, {act.reveals: str(result)})
        return redirect(self.page_url(thing))

    def _run(self, request: HttpRequest, thing: Any, act: Act, form: ActForm) -> object:
        result = None
        with flashing(request, form, act.done.format(thing)) as said:
            result = act.run(thing, actor(request), form.cleaned_data)
            if act.is_telling:
                said.append(str(result))
            self.note_act(request, thing, act)
        return result

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        more = dict(extra_context or {})
        thing = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if thing is not None:
            found = offers(request, thing, self.acts, more.get("bound"))
            more |= {"thing": thing, "offers": [each for each in found if not each.is_wrong_time]}
            more |= {"not_now": [each for each in found if each.is_wrong_time]}
            more |= self.more_of(request, thing)
        return super().change_view(request, object_id, form_url, more)

    def more_of(self, request: HttpRequest, thing: Any) -> dict[str, Any]:
        """Return what the thing's page shows beside its fields."""
        return {}

    def secret_page(self, request: HttpRequest, thing: Any, secrets: dict[str, str]) -> HttpResponse:
        """Show what cannot be shown again: in the answer itself, so that it is kept nowhere on its way."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": thing,
            "title": str(thing),
            "secrets": secrets.items(),
            "back": self.page_url(thing),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/acts/secret.html", context)

    def form_page(self, request: HttpRequest, form: ActForm, title: str, label: str, **more: Any) -> HttpResponse:
        """Show a form that makes a thing by a service; `more` is the panel below it, and what that shows."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "form": form,
            "label": label,
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/acts/form.html", context, status=form.http_status)

    def act_on(self, request: HttpRequest, object_id: str, verb: str) -> tuple[Act, Any]:
        """Return act and thing, if there are such and this user may. Raises PermissionDenied, Http404."""
        act = next((each for each in self.acts if each.verb == verb), None)
        if act is None:
            raise Http404(verb)
        thing = self.get_object(request, object_id)
        if not request.user.has_perm(act.permission) or not self.has_view_permission(request, thing):
            raise PermissionDenied
        if thing is None:
            raise Http404(object_id)
        return act, thing

    def note_act(self, request: HttpRequest, thing: Any, act: Act) -> None:
        if self.is_logged:
            self.log_change(request, thing, act.done.format(thing))

    def page_again(self, request: HttpRequest, thing: Any, act: Act, form: ActForm) -> HttpResponse:
        """Show the thing's page with the form that was filled in wrongly, or refused; where that is not asked for any
        more, or nothing was typed, only say why.
        """
        if form.refusal and not self._is_asked(request, thing, act, form):
            messages.error(request, form.refusal)
            return redirect(self.page_url(thing))
        return self.page(request, thing, (act_url(thing, act.verb), form))

    def _is_asked(self, request: HttpRequest, thing: Any, act: Act, form: ActForm) -> bool:
        """Say whether the page of the thing, as it stands now, shows the form, with something to type."""
        fresh = self.get_object(request, str(thing.pk))
        return fresh is not None and bool(form.visible_fields()) and not act.why_not(fresh)

    def page(self, request: HttpRequest, thing: Any, bound: Bound) -> HttpResponse:
        """Show the thing's page again, with a form that says what is wrong."""
        request.method = "GET"  # it is looked at: what was posted is the act's form, none of the page's own
        response = self.change_view(request, str(thing.pk), extra_context={"bound": bound})
        response.status_code = bound[1].http_status
        return response

    def page_url(self, thing: Any) -> str:
        meta = thing._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk])


def text_field(label: str, *, max_length: int = 255, required: bool = True, help_text: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget()
    return forms.CharField(label=label, max_length=max_length, required=required, help_text=help_text, widget=widget)


def number_field(
    label: str, *, low: int = 1, high: int = 1_000_000, required: bool = True, help_text: str = ""
) -> forms.IntegerField:
    widget = UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"})
    return forms.IntegerField(
        label=label, min_value=low, max_value=high, required=required, help_text=help_text, widget=widget
    )


def choice_field(label: str, choices: Sequence[tuple[str, str]], *, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, help_text=help_text, widget=UnfoldAdminSelectWidget())


def standing_field(label: str, choices: Sequence[tuple[str, str]], *, help_text: str = "") -> forms.CharField:
    """Offer what stands there now. What was sent is judged by the form: sent twice, it may be gone already."""
    widget = UnfoldAdminSelectWidget(choices=choices)
    return forms.CharField(label=label, help_text=help_text, widget=widget)
