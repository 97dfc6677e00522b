"""What a WCS consists of, as far as a grid of positions must know to follow it.

Between its nodes a grid sees nothing, so that what varies faster than it can follow is known here
beforehand, not found by trying.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

# Calabretta & Greisen (2002), A&A 395, 1077: one native pole in the middle, all around it smooth.
_ZENITHAL = {"AZP", "SZP", "TAN", "STG", "SIN", "ARC", "ZPN", "ZEA", "AIR", "NCP", "TPV"}
# Facets with edges, over which positions run on but their slopes do not (Calabretta & Roukema 2007,
# MNRAS 381, 865, for the last two).
_FACETED = {"TSC", "CSC", "QSC", "HPX", "XPH"}
# wcslib's own distortions that are polynomials; TPV also has odd powers of the radius, which are
# kinks at its centre: its terms 3, 11, 23 and 39.
_POLYNOMIAL = re.compile(r"TPV|WAT-TNX|WAT-ZPX")
_RADIAL = re.compile(r"\.TPV\.(?:3|11|23|39)$")
_PARAMETER = re.compile(r"^ +\d+ +\d+ +(\S+) +D[PQ]\d+(\.\S+)$", re.MULTILINE)
_KIND = re.compile(r"^ +\"([^\"]*)\"$", re.MULTILINE)
_HIGHEST_DEGREE = 9  # of wcslib's polynomials

_FLAT = 1e-7  # pixels: what a table may vary by and count as constant


@dataclass(frozen=True)
class Parts:
    """What a WCS is made of.

    Attributes
    ----------
    tables
        Whether lookup tables of distortion are attached.
    reach
        The largest shift that these make, pixels.
    native
        Whether wcslib itself distorts: TPV, TNX, ZPX, TPD and the like.
    rough
        Whether slopes jump somewhere between the pixels: in tables, at the edges of facets, at
        the centre of radial terms. No grid follows that.
    cut
        Whether the sky is cut along a line, on whose sides positions lie far apart.
    degree
        Of the polynomials, 0 without.
    """

    tables: bool
    reach: float
    native: bool
    rough: bool
    cut: bool
    degree: int


def parts_of(wcs: WCS) -> Parts:
    """Return what a WCS that wcslib has set consists of."""
    code = wcs.wcs.ctype[wcs.wcs.lng][5:8]
    tables = [t.data for t in (wcs.cpdis1, wcs.cpdis2, wcs.det2im1, wcs.det2im2) if t is not None]
    kinds, parameters = _wcslib_distortions(wcs)
    polynomial = all(_POLYNOMIAL.match(kind) for kind in kinds)
    kinked = any(_RADIAL.search(name) and float(value) != 0 for value, name in parameters)
    steps = any(not np.ptp(table) <= _FLAT for table in tables)  # true for NaN
    degrees = [0]
    if kinds:
        degrees.append(_HIGHEST_DEGREE)
    if code == "ZPN":
        degrees += [m for _, m, value in wcs.wcs.get_pv() if value != 0]
    if wcs.sip is not None:
        degrees += [wcs.sip.a_order or 0, wcs.sip.b_order or 0]
    return Parts(
        tables=bool(tables),
        reach=float(sum(np.abs(table).max() for table in tables)),
        native=bool(kinds),
        rough=steps or kinked or not polynomial or code in _FACETED,
        cut=code not in _ZENITHAL,
        degree=max(degrees),
    )


def _wcslib_distortions(wcs: WCS) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the kinds of distortion that wcslib applies, and their parameters as value, name.

    astropy shows them nowhere but in the text of its Wcsprm.
    """
    text = str(wcs.wcs)
    if "\ndispre.*\n" not in text and "\ndisseq.*\n" not in text:
        return [], []
    blocks = re.findall(r"^dis(?:pre|seq)\.\*$.*?^ +totdis:", text, re.MULTILINE | re.DOTALL)
    kinds = [kind for block in blocks for kind in _KIND.findall(block) if kind]
    return kinds, [pair for block in blocks for pair in _PARAMETER.findall(block)]
