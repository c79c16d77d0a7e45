"""Sphinx, for `make docs`: README, a page a model, and the docstrings of the package.

Nothing is fetched, when pages are made or when they are read: formulas are MathML, and
the search works on files.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # it misses the PyTorch that is mocked

import docstrings  # noqa: E402
import mathml  # noqa: E402
import pages  # noqa: E402

project = "vaejax"
author = "The authors of vaejax"
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
highlight_language = "none"  # of blocks that do not name theirs

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "special-members": "__call__"}
autodoc_mock_imports = ["torch"]  # what benchmarks compare with
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_rtype = False
nitpicky = False  # types of arrays have no page to link to

html_theme = "furo"
html_title = "vaejax"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False


def setup(app):
    """Registers what the tool lacks: MathML, plain docstrings, and generated pages."""
    mathml.setup(app)
    docstrings.setup(app)
    pages.setup(app)
