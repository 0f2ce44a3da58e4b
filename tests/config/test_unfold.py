"""The admin's theme wears the colours of the house."""

from config.unfold import PINE, STONE, UNFOLD
from tests.config.test_looks import DARK, LIGHT, colours, contrast


def test_the_theme_s_palette_is_that_of_the_tokens() -> None:
    light, dark = colours(LIGHT), colours(DARK)
    assert (PINE["600"], PINE["500"]) == (light["--accent"], dark["--accent"])
    assert (STONE["50"], STONE["200"], STONE["500"]) == (light["--paper"], light["--line"], light["--ink-faint"])
    assert (STONE["900"], STONE["800"], STONE["950"]) == (dark["--surface"], dark["--line"], dark["--paper"])
    fonts = UNFOLD["COLORS"]["font"]
    assert (fonts["important-light"], fonts["important-dark"]) == (light["--ink"], dark["--ink"])
    assert fonts["default-dark"] == dark["--ink-soft"]


def test_what_the_theme_writes_can_be_read() -> None:
    assert contrast(PINE["600"], "#ffffff") >= 4.5
    assert contrast(PINE["500"], STONE["900"]) >= 4.5
    for grey, ground in (("500", "#ffffff"), ("600", STONE["100"]), ("400", STONE["900"])):
        assert contrast(STONE[grey], ground) >= 4.5
