"""Charts as parts of a page: SVG whose colours follow the page's theme.

The page allows no styles but its own, so that nothing in it can restyle it; matplotlib writes a
style into every element. Each of its declarations becomes an attribute of the same name, and each
colour that the charts are drawn with a class, which the page's style sheet gives a colour in either
theme.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from bench.report.charts.style import COLOURS, EDGE, FAINT, GRID, INK

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_HREF: Final = f"{{{_XLINK}}}href"

DARK: Final[Mapping[str, str]] = {
    "#ffffff": "#161b22",
    INK: "#e6edf3",
    FAINT: "#9da7b3",
    GRID: "#2d333b",
    EDGE: "#545d68",
    **dict(
        zip(
            COLOURS,
            ("#58a6e0", "#f0883e", "#2fc79a", "#e0a3c8", "#8fd3f4", "#f2b84b", "#e6edf3"),
            strict=True,
        )
    ),
}
"""Every colour that charts are drawn with on white, and what it becomes on a dark page."""


def inlined(svg: bytes, name: str, label: str) -> str:
    """Make a chart part of a page. `name` is unique in it; `label` says what the chart shows."""
    root = ET.fromstring(svg)  # noqa: S314  # drawn by ourselves
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style", f"{{{_SVG}}}title"}:
                parent.remove(child)
    for element in root.iter():
        _restyle(element)
        _rename(element, name)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    root.set("stroke-linejoin", "round")  # what matplotlib's own style sheet says of everything
    root.set("stroke-linecap", "butt")
    root.set("role", "img")
    root.set("aria-label", label)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode", short_empty_elements=True)


def themed() -> Iterator[tuple[str, str, str, str]]:
    """Class, property, light and dark value of every colour."""
    for colour, dark in DARK.items():
        for prefix, name in (("f", "fill"), ("s", "stroke")):
            yield f"{prefix}{colour[1:]}", name, colour, dark


def _restyle(element: ET.Element) -> None:
    """Turn an element's style into attributes and classes."""
    declarations = dict(_declarations(element.attrib.pop("style", "")))
    for name in ("fill", "stroke"):
        if name in element.attrib:
            declarations.setdefault(name, element.attrib.pop(name))
    classes = [element.attrib["class"]] if "class" in element.attrib else []
    for name, value in declarations.items():
        if name in {"fill", "stroke"} and value in DARK:
            classes.append(f"{name[0]}{value[1:]}")
        else:
            element.set(name, value)
    if classes:
        element.set("class", " ".join(classes))


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()


def _rename(element: ET.Element, name: str) -> None:
    """Keep the ids of one chart apart from those of the others."""
    if "id" in element.attrib:
        element.set("id", f"{name}-{element.attrib['id']}")
    href = element.attrib.get(_HREF, "")
    if href.startswith("#"):
        element.set(_HREF, f"#{name}-{href[1:]}")
    for attribute, value in element.attrib.items():
        if value.startswith("url(#"):
            element.set(attribute, f"url(#{name}-{value[5:]}")
