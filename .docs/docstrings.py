"""Docstrings as they are written here -> reStructuredText.

They are plain text: code stands between single backquotes, an indented block is set as
it is, and stars, bars and underscores mean themselves. Fields of tuples and layers are
explained by the comments beside them, so they are shown as they stand in the source.
"""

import ast
import dataclasses
import inspect
import re
import textwrap

SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:", "Yields:")


def setup(app):
    """Registers the two steps, before and after the one that reads the sections."""
    app.connect("autodoc-process-docstring", _escape, priority=400)
    app.connect("autodoc-process-docstring", _add_fields, priority=600)
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _skip_fields)


def _escape(app, what, name, obj, options, lines):
    lines[:] = as_rest(lines)


def as_rest(lines: list[str]) -> list[str]:
    """The lines with their code, blocks and special characters marked."""
    found: list[str] = []
    for block in _blocks(lines):
        literal = block[0].startswith(" ")
        section = block[0].rstrip() in SECTIONS
        if literal:
            found += ["", "::", "", *block]
        elif section:
            found += ["", block[0], *_marked(block[1:])]
        else:
            found += ["", *_marked(block)]
    return [*found[1:], ""]


def _blocks(lines: list[str]) -> list[list[str]]:
    """Paragraphs, sections, lists, and what is indented beneath a paragraph."""
    blocks: list[list[str]] = []
    for line in lines:
        inside = blocks and blocks[-1] and _goes_on(blocks[-1], line)
        if inside:
            blocks[-1].append(line)
        elif line.strip():
            blocks.append([line])
        elif blocks and blocks[-1]:
            blocks.append([])
    return [_without_end(block) for block in blocks if block]


def _without_end(block: list[str]) -> list[str]:
    """The block without blank lines at its end."""
    return "\n".join(block).rstrip().split("\n")


def _goes_on(block: list[str], line: str) -> bool:
    """Whether the line belongs to what the first line of the block began."""
    indented = line.startswith(" ")
    if block[0].startswith(" ") or block[0].rstrip() in SECTIONS:
        return indented or not line.strip()
    listed = block[0].startswith("- ")
    return bool(line.strip()) and (listed or not indented)


def _marked(lines: list[str]) -> list[str]:
    parts = "\n".join(lines).split("`")
    parts[::2] = [_plain(part) for part in parts[::2]]
    return "``".join(parts).split("\n")


def _plain(text: str) -> str:
    text = re.sub(r"[\\*|]", r"\\\g<0>", text)
    return re.sub(r"(?<=\w)_(?!\w)", r"\\_", text)


def _add_fields(app, what, name, obj, options, lines):
    source = fields(obj) if what == "class" else ""
    if source:
        lines += ["", ".. code-block:: python", ""]
        lines += textwrap.indent(source, "   ").split("\n") + [""]


def fields(cls: type) -> str:
    """The lines of a class from its first field to its last, or ""."""
    if not (hasattr(cls, "_fields") or dataclasses.is_dataclass(cls)):
        return ""
    lines = inspect.getsource(cls).split("\n")
    (node,) = ast.parse(textwrap.dedent("\n".join(lines))).body
    own = [n for n in node.body if isinstance(n, ast.AnnAssign)]
    if not own:
        return ""
    return textwrap.dedent("\n".join(lines[own[0].lineno - 1 : own[-1].end_lineno]))


def _signature(app, what, name, obj, options, signature, returns):
    """None behind a class whose fields are shown; arrays by the names of the source."""
    if what == "class" and fields(obj):
        return "", None
    texts = (signature, returns)
    return tuple(text and text.replace("jaxlib._jax.Array", "Array") for text in texts)


def _skip_fields(app, what, name, obj, skip, options):
    """Python calls them "Alias for field number 0"."""
    return True if type(obj).__name__ == "_tuplegetter" else None
