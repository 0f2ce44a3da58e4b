"""A status as people see it in the admin's lists: its word, icon and hue. How each looks stands in one place, for all
surfaces: the template library `looks`, which the templates used here load.
"""

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

WAITING, MOVING, LOOK, PERSON, ARRIVED, BACK = "waiting", "moving", "look", "person", "arrived", "back"


def badge(status: str, word: str) -> SafeString:
    return render_to_string("admin/badge.html", {"status": status, "word": word})


def mark(hue: str, icon: str, word: str) -> SafeString:
    """Say something that is no status in the same way."""
    return render_to_string("admin/mark.html", {"kind": "badge", "hue": hue, "icon_name": icon, "word": word})


def under(hue: str, icon: str, word: str) -> SafeString:
    """Say it in small, beneath what it is said of."""
    return render_to_string("admin/mark.html", {"kind": "hue", "hue": hue, "icon_name": icon, "word": word})


def cell(main: object, beneath: object) -> SafeString:
    """Two lines of a list's cell: what is looked for, and what tells more of it."""
    return format_html(
        '<span class="ot-cell"><span class="ot-line-of">{}</span><span class="ot-under">{}</span></span>', main, beneath
    )


def code(text: object) -> SafeString:
    return format_html('<span class="ot-code">{}</span>', text)
