"""How Sphinx makes the pages, without the network; `./build.sh docs` runs it."""

from pathlib import Path

import zetwopass
from astropy.io import fits
from astropy.wcs import WCS
from zetwopass import api, assembly, interpolation, plans, reprojection, stages
from zetwopass._engine import OnStats
from zetwopass._files import Entry
from zetwopass._inputs import Index
from zetwopass._sky import PixelMap
from zetwopass.dask import LazyPass, mosaicfile, passing
from zetwopass.parts import pairs, places, windows

# Types that the modules import for type checkers alone: autodoc looks for them there.
types = dict(fits=fits, WCS=WCS, OnStats=OnStats, Index=Index, Entry=Entry, PixelMap=PixelMap)
types["LazyPass"] = LazyPass
shown = (
    api,
    assembly,
    interpolation,
    mosaicfile,
    pairs,
    passing,
    places,
    plans,
    reprojection,
    stages,
    windows,
)
for module in shown:
    vars(module).update(types)

project = "zetwopass"
author = "the zetwopass developers"
copyright = author
version = release = zetwopass.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.intersphinx",
    "numpydoc",
    "myst_parser",
    "matplotlib.sphinxext.plot_directive",
    "sphinx_copybutton",
    "sphinx_design",
]
default_role = "py:obj"
nitpicky = True
nitpick_ignore = [("py:class", "PixelMap"), ("py:class", "zetwopass._sky.maps.PixelMap")]  # opaque
myst_disable_syntax = ["html_block", "html_inline"]  # a < is a less-than
myst_heading_anchors = 3

# What the pages refer to, and no more, in Sphinx's older format, which is text.
intersphinx_mapping = {
    "astropy": ("https://docs.astropy.org/en/stable", "inventories/astropy.txt"),
    "numpy": ("https://numpy.org/doc/stable", "inventories/numpy.txt"),
    "python": ("https://docs.python.org/3", "inventories/python.txt"),
    "reproject": (
        "https://reproject.readthedocs.io/en/stable",
        "inventories/reproject.txt",
    ),
}

autodoc_member_order = "bysource"
python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
python_use_unqualified_type_names = True
numpydoc_show_class_members = False
numpydoc_validation_checks = {
    "all",  # but for those below
    *(
        "GL01",
        "PR08",
        "RT04",
    ),  # texts begin beside the quotes, and descriptions with a shape
    "PR03",  # what belongs together is told together
    "PR04",  # types are in the signature
    *(
        "ES01",
        "EX01",
        "SA01",
    ),  # not everything needs a longer text, an example, relatives
}
numpydoc_validation_exclude = {
    # Nobody but us makes them.
    r"\.(Assembly|AssemblyPlan|DeviceInfo|Installation|LazyPass|Plan|SecondPass|Stats|Window)$",
    r"\.\w*Error$",  # what they are made of is a message, as of every exception
    # Methods in the place of functions; numpydoc takes their first parameter for self.
    r"\.(compute_per_tile_gains_from_coverage|run_second_pass_coverage_renorm)$",
}

plot_working_directory = str(Path(__file__).parents[1])
plot_include_source = True
plot_html_show_formats = False
plot_html_show_source_link = False
plot_formats = [("png", 150)]
plot_apply_rcparams = True
plot_rcparams = {
    "figure.figsize": (8, 4.5),
    "figure.constrained_layout.use": True,
    "savefig.bbox": "tight",
    "image.origin": "lower",
    "image.cmap": "inferno",
    "image.interpolation": "antialiased",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {version}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["zetwopass.css"]
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_end": [],
}
html_sidebars = {"index": [], "changelog": []}


def setup(app) -> None:
    """Leave out how objects of the classes are made: that is not for callers."""
    app.connect("autodoc-process-signature", _without_signature)


def _without_signature(app, what, *others) -> tuple[str, str] | None:
    return ("", "") if what == "class" else None
