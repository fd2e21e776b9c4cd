"""The little of SVG that our pictures need: shapes, text, and colours for light and dark pages."""

from html import escape

# Colours that keep their distance for colour-blind readers; the page behind shows through.
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 }
  .group { font-weight: 600 }
  .small { font-size: 11px; fill: #59636e }
  .right { text-anchor: end }
  .middle { text-anchor: middle }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .limit { stroke: #b35900; stroke-width: 1; stroke-dasharray: 5 4 }
  .lode, .first { fill: #0969da; stroke: #0969da }
  .lode-single, .second { fill: #6cb0f5; stroke: #6cb0f5 }
  .peer { fill: #bc6c25; stroke: #bc6c25 }
  .model { stroke-dasharray: 5 4 }
  polyline { fill: none !important; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .small { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .limit { stroke: #e3a04f }
    .lode, .first { fill: #4493f8; stroke: #4493f8 }
    .lode-single, .second { fill: #9cc9fb; stroke: #9cc9fb }
    .peer { fill: #e0975a; stroke: #e0975a }
  }
"""


def number(value):
    return f"{value:.1f}".removesuffix(".0")


def element(name, content=None, **attributes):
    """An element; `kind` is its class, and `_` in other attributes stands for `-`."""
    written = "".join(
        f' {"class" if key == "kind" else key.replace("_", "-")}="'
        f'{number(value) if isinstance(value, float) else escape(str(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{written}/>" if content is None else f"<{name}{written}>{content}</{name}>"


def text(x, y, content, kind=""):
    return element("text", escape(content), x=float(x), y=float(y), kind=kind)


def rectangle(x, y, width, height, kind):
    return element(
        "rect", x=float(x), y=float(y), width=float(width), height=float(height), kind=kind
    )


def straight(x1, y1, x2, y2, kind="grid"):
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), kind=kind)


def polyline(points, kind):
    """A line through points, with a dot on each."""
    path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dots = [element("circle", cx=float(x), cy=float(y), r=3, kind=kind) for x, y in points]
    return "\n".join([element("polyline", points=path, kind=kind), *dots])


def legend(x, y, entries):
    """Coloured squares with names, side by side: (class, name) each."""
    parts = []
    for kind, name in entries:
        parts += [rectangle(x, y - 9, 10, 10, kind), text(x + 15, y, name, "small")]
        x += 32 + 6.2 * len(name)
    return "\n".join(parts)


def picture(width, height, title, parts):
    """A whole file."""
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">'
    )
    head = [opening, element("title", escape(title)), element("style", STYLE)]
    return "\n".join([*head, *parts, "</svg>"]) + "\n"
