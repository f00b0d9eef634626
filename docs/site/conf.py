"""Sphinx's settings; `build.py` copies this file beside the pages."""

import json
from pathlib import Path

_settings = json.loads(Path(__file__).with_name("settings.json").read_text("utf-8"))

project = "From the Boltzmann distribution to thermodynamic sampling"
copyright = ""
html_show_copyright = html_show_sphinx = False
language = "en"

extensions = ["myst_nb", "sphinx.ext.mathjax"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["extra", "static"]

# Notebooks are shown as they were run.
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

myst_enable_extensions = ["amsmath", "dollarmath", "smartquotes"]
myst_heading_anchors = 3
# Lessons begin their exercises at the third level wherever they stand.
suppress_warnings = ["myst.header"]

highlight_language = "none"  # of a block in prose that names no language

mathjax_path = "../vendored/mathjax/tex-chtml.js"  # from _static
mathjax_options = {"defer": "defer"}

html_theme = "sphinx_book_theme"
html_title = project
html_static_path = ["static"]
html_extra_path = ["extra"]
html_css_files = ["site.css"]
html_js_files = [("turn.js", {"defer": "defer"})]
html_favicon = "static/icon.svg"
html_copy_source = html_show_sourcelink = html_use_index = False
html_theme_options = {
    "repository_url": _settings["repository"],
    "use_repository_button": True,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "home_page_in_toc": True,
    "footer_content_items": [],
    "extra_footer": "Text and code are under the MIT licence.",
    "navbar_persistent": [],  # the search field at the side is enough
    "show_toc_level": 2,
    "show_navbar_depth": 1,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
