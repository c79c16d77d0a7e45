"""TeX -> MathML, which browsers draw themselves, by the converter of docutils."""

import re

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

# Names of functions stand off what follows as in TeX, unless it is a parenthesis.
APPLIED = re.compile(r"<mo>&ApplyFunction;</mo>(?!\s*<mo[^>]*>[(\[])")
SPACED = '<mo>&ApplyFunction;</mo><mspace width="0.167em"/>'

logger = logging.getLogger(__name__)


def setup(app):
    """Registers the renderer `mathml`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(translator, node):
    translator.body.append(_converted(node, as_block=False))
    raise nodes.SkipNode


def _block(translator, node):
    formula = _converted(node, as_block=True)
    translator.body.append(f'<div class="math">{formula}</div>')
    raise nodes.SkipNode


def _converted(node: nodes.Element, *, as_block: bool) -> str:
    try:
        formula = latex2mathml.tex2mathml(node.astext(), as_block=as_block)
        return APPLIED.sub(SPACED, formula)
    except MathError as error:
        logger.warning("%s: %s", error, node.astext(), location=node)
        return ""
