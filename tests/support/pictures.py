"""Pictures of the page that look the same on every machine, and their comparison.

Fonts differ from machine to machine, in shapes and in widths, and widths decide where things
stand. So the pages that are pictured write with a font of boxes, made here: each character is
a box of one width, whatever the machine has. A picture then shows how long a text is and where
it stands; what it says is other tests' business.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import numpy as np
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

FONT_PATH = "boxes-of-the-tests.ttf"
WRITE_IN_BOXES = f"""
const boxes = new FontFace("Boxes", "url({FONT_PATH})");
document.fonts.add(boxes);
globalThis.boxesLoaded = boxes.load();
const use = () => {{
  const root = document.documentElement;
  if (!root) return false;
  for (const name of ["--font", "--mono"]) root.style.setProperty(name, "Boxes");
  return true;
}};
if (!use()) new MutationObserver((_, watch) => use() && watch.disconnect())
  .observe(document, {{ childList: true }});
"""
"""For the page, before its own scripts."""

_UNITS = 1000
_ADVANCE, _LEFT, _BOTTOM, _RIGHT, _TOP = 560, 70, 0, 490, 560
PIXEL_DIFFERENCE_MAX = 48
"""Of 255, in any channel: edges are smoothed a little differently from version to version."""
PIXELS_OFF_MAX = 0.004
"""Share of pixels that may differ by more: a moved line is ten times that."""


@cache
def boxes_font() -> bytes:
    """Return a font whose every character is a box, blanks excepted."""
    pen = TTGlyphPen(None)
    pen.moveTo((_LEFT, _BOTTOM))
    for corner in ((_LEFT, _TOP), (_RIGHT, _TOP), (_RIGHT, _BOTTOM)):
        pen.lineTo(corner)
    pen.closePath()
    box, blank = pen.glyph(), TTGlyphPen(None).glyph()
    # Whatever the page writes: Latin, Greek, signs, superscripts, arrows, shapes.
    characters = {*range(0x21, 0x250), *range(0x370, 0x400), *range(0x2010, 0x2028)}
    characters |= {*range(0x2030, 0x205F), *range(0x2070, 0x20D0), *range(0x2190, 0x2600)}
    blanks = {0x20, 0xA0, *range(0x2000, 0x2010), 0x202F, 0x205F}
    builder = FontBuilder(_UNITS, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box", "blank"])
    of = dict.fromkeys(characters, "box") | dict.fromkeys(blanks, "blank")
    builder.setupCharacterMap(of)
    builder.setupGlyf({".notdef": box, "box": box, "blank": blank})
    builder.setupHorizontalMetrics(
        dict.fromkeys((".notdef", "box"), (_ADVANCE, _LEFT)) | {"blank": (_ADVANCE // 2, 0)}
    )
    builder.setupHorizontalHeader(ascent=900, descent=-250)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, sTypoDescender=-250, usWinAscent=900, usWinDescent=250)
    builder.setupPost()
    made = io.BytesIO()
    builder.save(made)
    return made.getvalue()


def in_boxes(page: Any) -> None:
    """Let a page, not opened yet, write in boxes."""
    page.route(
        f"**/{FONT_PATH}", lambda route: route.fulfill(content_type="font/ttf", body=boxes_font())
    )
    page.add_init_script(WRITE_IN_BOXES)


def difference(one: bytes, other: bytes) -> tuple[float, bytes]:
    """Return the share of pixels of two PNGs that differ, and a PNG that shows them.

    Pictures of different sizes differ altogether.
    """
    first, second = (Image.open(io.BytesIO(png)).convert("RGB") for png in (one, other))
    if first.size != second.size:
        return 1.0, other
    apart = np.abs(np.asarray(first, dtype=np.int16) - np.asarray(second, dtype=np.int16))
    off = apart.max(axis=2) > PIXEL_DIFFERENCE_MAX
    return float(off.mean()), encoded(Image.fromarray((~off * 255).astype(np.uint8)))


def encoded(picture: Image.Image) -> bytes:
    """Return a picture as a PNG, as small as it gets."""
    made = io.BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()


def small(png: bytes) -> bytes:
    """Return a PNG with at most 256 colours: what is kept must not weigh on a clone."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    return encoded(picture.quantize(256, dither=Image.Dither.NONE))
