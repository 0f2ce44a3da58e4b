"""The design system keeps its own rules: contrast, one place for colours, an icon and a word for each status."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from config.templatetags.looks import LOOKS, age
from fulfillment.models import Shipment
from notifications.models import Message
from orders.models import Inbox, Order
from tracking.models import Finding
from tracking.models.tracker import Status

ROOT = Path(__file__).resolve().parents[2]
TOKENS = (ROOT / "static/css/tokens.css").read_text()
LIGHT, DARK = TOKENS.split("@media screen and (prefers-color-scheme: dark)")
STYLES = sorted((ROOT / "static/css").glob("*.css"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAIRS = re.findall(r"(--[\w-]+) on (--[\w-]+) ([\d.]+)", TOKENS)


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_declared_pair_can_be_read(scheme: str) -> None:
    palette = colours(LIGHT) | (colours(DARK) if scheme == "dark" else {})
    assert len(PAIRS) >= 50
    weak = [
        (one, other, round(contrast(palette[one], palette[other]), 2))
        for one, other, least in PAIRS
        if contrast(palette[one], palette[other]) < float(least)
    ]
    assert weak == []


def test_every_colour_has_its_dark_twin() -> None:
    assert set(colours(LIGHT)) == set(colours(DARK))


def test_every_hue_is_declared_on_its_own_soft_ground() -> None:
    declared = {(one, other) for one, other, _least in PAIRS}
    assert {(f"--{look.hue}", f"--{look.hue}-soft") for look in LOOKS.values()} <= declared


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_colour_is_named_outside_the_tokens(path: Path) -> None:
    if path.name != "tokens.css":
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", path.read_text()) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_token_that_is_used_exists(path: Path) -> None:
    known = set(re.findall(r"(--[\w-]+):", "".join(each.read_text() for each in STYLES)))
    assert set(re.findall(r"var\((--[\w-]+)", path.read_text())) <= known


def test_every_status_has_a_look() -> None:
    statuses = {*Order.Status.values, *Shipment.Status.values, *Status.values}
    statuses |= {*Message.Status.values, *Inbox.Status.values, *Finding.Status.values, *Finding.Severity.values}
    assert statuses <= set(LOOKS)


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/img/icons.svg").read_text()))
    named = {look.icon for look in LOOKS.values()}
    for path in TEMPLATES:
        named |= set(re.findall(r'{% icon "([\w-]+)" %}', path.read_text()))
    assert named <= drawn


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_holds_script_or_style_of_its_own(path: Path) -> None:
    """Mails need their styles in line, as mail programs load none."""
    if "messages" in path.parts:
        return
    inline = re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=|hx-on|javascript:|\bjs:", path.read_text())
    assert inline == []


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "less than a minute"), (59, "less than a minute"), (7200, "2\xa0hours")]
)
def test_an_age_is_said_as_people_say_it(seconds: int, said: str) -> None:
    now = timezone.now()
    assert age(now - timedelta(seconds=seconds), now) == said
