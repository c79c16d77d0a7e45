"""Assets and data -> one HTML file that needs no other and asks for none.

What comes from a collection is data: it enters as JSON that no parser of HTML can take
for a tag, and the scripts write it as text. The page's policy (Content Security Policy
Level 3) lets its own script and style run, by their hashes, and no other, and forbids
every request but for pictures, and for audio beside the page.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

ASSETS = Path(__file__).parent / "assets"
_BEWARE = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def page(
    template: str,
    *,
    title: str,
    about: str,
    styles: Sequence[str],
    scripts: Sequence[str],
    **parts: str,
) -> str:
    """The HTML of a template, with the named assets inside.

    Args:
      template: an asset with $title, $about, $policy, $style and $script.
      title: text, as `about`, a sentence below it.
      styles: names of assets, in their order in the page.
      scripts: likewise; they share one scope.
      parts: JSON (see `as_json`) or markup for what else the template names.
    """
    style = _asset("\n".join(map(_read, styles)))
    script = _asset("\n".join(map(_read, scripts)))
    text = Template(_read(template)).substitute(
        title=html.escape(title),
        about=html.escape(about),
        policy=html.escape(_policy(style, script), quote=False),
        style=style,
        script=script,
        **parts,
    )
    # A file name that is no UTF-8 has characters that no file can hold.
    return text.encode("utf-8", "replace").decode("utf-8")


def as_json(data: Any) -> str:
    """Compact JSON that stays within a script element whatever its strings say."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_BEWARE)


def address(url: str) -> str:
    """The URL, if a page may lead there: relative, a file, or http.

    Raises:
      ValueError: it has another scheme, such as javascript:, or is not encoded.
    """
    encoded = re.fullmatch(r"[!#-;=?-Z\[\]_a-z~]*", url)
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", url)
    if encoded and (scheme is None or re.match(r"file:///|https?://", url)):
        return url
    shown = url if len(url) < 80 else url[:79] + "…"
    raise ValueError(
        f"{shown!r} is no address that a page may lead to. It must be a relative URL, "
        "percent-encoded (see `listening.link`), or begin with file:/// or http(s)://."
    )


def _read(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _asset(text: str) -> str:
    """The text, with a line at either end, as it will stand in its element."""
    if found := re.search(r"</(script|style)|<!--", text):
        raise ValueError(f"an asset has {found[0]!r}, which ends it in the page.")
    return f"\n{text}\n"


def _policy(style: str, script: str) -> str:
    """What the page may do; `file:` is beside it where there is no server."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "media-src 'self' file: data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
