"""From the file of a mosaic to the file of its report."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import MissingPackageError


def write_report(
    mosaic: str | os.PathLike,
    html: str | os.PathLike,
    *,
    tiles_root: str | os.PathLike | None = None,
) -> Path:
    """Write an HTML file that shows what the second pass has done to a mosaic.

    The file stands alone: pictures and styles are in it, and it asks no network for anything.

    Parameters
    ----------
    mosaic
        A FITS file that `zetwopass.assemble` has written.
    html
        Where the report goes; what is there is replaced once the report is complete.
    tiles_root
        The folder of the tiles' files, where they are no longer at their places; by default that of
        ``mosaic``. Without the tiles the report shows the mosaic alone, and says so.

    Returns
    -------
    Path
        The report's.

    Raises
    ------
    MissingPackageError
        jinja2 or matplotlib is not installed, or astropy is too old for it.
    FileError
        ``mosaic``, or a tile, can't be read, or ``mosaic`` is none that assemble has written.
    WriteError
        ``html`` can't be written.
    """
    try:
        import jinja2  # noqa: F401
        import matplotlib  # noqa: F401
        from astropy.visualization import wcsaxes  # noqa: F401 - older ones than matplotlib fail
    except ImportError as err:
        raise MissingPackageError(
            f"a report wants jinja2, matplotlib and an astropy that draws with it ({err}); "
            "python -m pip install 'zetwopass[report]' brings them"
        ) from err
    from .. import _files
    from . import assembled, page

    with assembled.opened(mosaic, tiles_root) as found:
        text = page.render(found)
    path = Path(html)
    with _files.replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
