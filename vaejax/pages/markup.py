"""Text -> HTML. Whatever is no markup yet is escaped where it becomes so, by `tag`."""

import html
from collections.abc import Iterable


class Markup(str):
    """Text that is HTML already."""


def tag(name: str, *children: str, **attributes: str) -> Markup:
    """An element; children that are no markup yet, and all attributes, are escaped.

    `class_="x"` and `data_value="x"` stand for class and data-value; empty ones are
    left out. Text that may run from right to left finds its own direction.
    """
    texts = [c for c in children if not isinstance(c, Markup)]
    given = {} if all(map(str.isascii, texts)) else {"dir": "auto"}
    given |= {key.strip("_").replace("_", "-"): v for key, v in attributes.items()}
    written = "".join(f' {k}="{html.escape(v)}"' for k, v in given.items() if v)
    inner = joined(
        c if isinstance(c, Markup) else Markup(html.escape(c, quote=False))
        for c in children
    )
    return Markup(f"<{name}{written}>{inner}" + f"</{name}>" * (name != "img"))


def joined(parts: Iterable[Markup]) -> Markup:
    """Elements one after the other."""
    return Markup("".join(parts))
