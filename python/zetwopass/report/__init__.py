"""The report of a mosaic: one HTML file that shows what the second pass has done.

Its parts are drawn from the file that `zetwopass.assemble` writes and, where they can still be
found, from the tiles' own files. It wants jinja2 and matplotlib, ``zetwopass[report]``, and imports
neither before a report is written.
"""

from .writing import write_report

__all__ = ["write_report"]
