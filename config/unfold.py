"""How the admin's theme is dressed: the palette of `static/css/tokens.css`. What its sidebar holds: `navigation`."""

from typing import Any

from django.templatetags.static import static

PINE = {
    "50": "#eef8f4",
    "100": "#d8efe5",
    "200": "#b3dfcd",
    "300": "#83cbae",
    "400": "#5fd3a6",
    "500": "#5fd3a6",  # what dark pages write links in
    "600": "#0f6b4f",  # what light pages write links in, and the ground of main buttons on both
    "700": "#0c5a42",
    "800": "#0b4836",
    "900": "#0a3b2d",
    "950": "#05221a",
}
STONE = {
    "50": "#f5f8f6",
    "100": "#ebf0ed",
    "200": "#dbe3de",
    "300": "#c3cec8",
    "400": "#95a39a",
    "500": "#5d6a62",
    "600": "#46534b",
    "700": "#36413b",
    "800": "#29342e",
    "900": "#161e1a",
    "950": "#0e1411",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Ordertrail",
    "SITE_HEADER": "Ordertrail",
    "SITE_SYMBOL": "conversion_path",
    "SITE_URL": "/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("img/favicon.svg")}],
    "STYLES": [lambda _: static("css/tokens.css"), lambda _: static("css/admin.css")],
    "SCRIPTS": [lambda _: static("js/admin.js")],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": STONE,
        "primary": PINE,
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "#b3c0b8",
            "important-light": "#141d19",
            "important-dark": "#e9f0eb",
        },
    },
    "DASHBOARD_CALLBACK": "orders.admin.today.dashboard",
    "SIDEBAR": {"show_search": False, "navigation": "config.navigation.navigation"},
}
