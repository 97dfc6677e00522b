"""The header cards of a mosaic: what its tiles have in common, their sums, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from astropy.io import fits
from astropy.time import Time, TimeDelta

from .._engine import Settings
from .headers import TileHeader

_SAME = ("BUNIT", "OBJECT", "TELESCOP", "INSTRUME", "FILTER", "TIMESYS")
_BEGIN, _END = "DATE-OBS", "DATE-END"
KEPT = (*_SAME, _BEGIN, _END)  # of the tiles' headers

_DEFAULT_THRESHOLD = 2.0  # of blurred coverage, in v4.5
_DEVICES = ("cpu", "gpu", "hybrid")


class Made(NamedTuple):
    """How a mosaic was made, as far as its settings do not say it.

    ``seconds`` are those of the stages so far, ``peak`` the most bytes of scratch at a time,
    ``coverage`` the words for where the first pass's comes from, ``begun`` UTC.
    """

    version: str
    begun: str
    coverage: str
    seconds: dict[str, float]
    device: str = _DEVICES[0]
    peak: int = 0


def of_tiles(headers: Sequence[TileHeader]) -> list[fits.Card]:
    """Return the cards that the tiles' headers make: what is the same in all, sums, and times."""
    found = []
    for key in _SAME:
        values = [header.cards.get(key) for header in headers]
        if values[0] is not None and all(value == values[0] for value in values):
            found.append(fits.Card(key, values[0], "of all tiles"))
    times = [header.exposure for header in headers if header.exposure is not None]
    if times:
        of = "all" if len(times) == len(headers) else f"{len(times)} of {len(headers)}"
        found.append(fits.Card("EXPTIME", math.fsum(times), f"[s] sum of {of} tiles"))
    return found + list(_dates(headers))


_OF_PLANES = (
    "background: OFFSET + SLOPE (x, y), pixel (0, 0) the first; DAMPING of the slopes;",
    "LEFT_OUT, rms of left-out overlaps less what constants, planes tell of them",
)


def of_making(settings: Settings, tiles: int, made: Made) -> list[fits.Card]:
    """Return the cards that say how a mosaic was made; their number depends on the stages alone."""
    low, high = settings.gain_clip
    threshold = _DEFAULT_THRESHOLD if settings.threshold is None else settings.threshold
    cards = [
        ("ZTPVERS", made.version, "zetwopass that has made this mosaic"),
        ("ZTPPROF", settings.profile, "generation of the maths"),
        ("ZTPSIGMA", settings.sigma, "[pix] blur of the coverage"),
        ("ZTPCLIPL", _card_number(low), "lowest gain"),
        ("ZTPCLIPH", _card_number(high), "highest gain"),
    ]
    if settings.profile == "v4.5":
        cards.append(("ZTPTHRES", _card_number(threshold), "lowest blurred coverage in a gain"))
    if settings.feather:
        cards.append(("ZTPFEATH", settings.feather, "[pix] of a tile over which its weight falls"))
    cards += [
        ("ZTPBACKG", settings.background, "subtracted from each tile and channel"),
        ("ZTPDEV", made.device, "what has computed"),
        ("ZTPBEG", made.begun, "UTC of the start"),
        ("ZTPPEAK", made.peak, "[byte] most scratch memory at a time"),
    ]
    for number, (stage, seconds) in enumerate(made.seconds.items(), 1):
        cards.append((f"ZTPS{number:02d}", stage, "stage"))
        cards.append((f"ZTPT{number:02d}", round(seconds, 3), "[s] that it took"))
    history = [
        f"zetwopass {made.version}: second pass of {tiles} tiles, profile {settings.profile}",
        f"first coverage: {made.coverage}",
        f"gains: from that, blurred by {settings.sigma} pixels, in [{low:g}, {high:g}]",
        f"backgrounds: matched in the overlaps by a {settings.background} per tile and channel",
        *([f"weights: feathered over {settings.feather} pixels"] if settings.feather else []),
        "tables: TILES, their gains and offsets; PAIRS, the steps in the overlaps",
        *_OF_PLANES[: 2 * (settings.background == "plane")],
    ]
    return [fits.Card(*card) for card in cards] + [fits.Card("HISTORY", line) for line in history]


def _card_number(value: float) -> float | str:
    """Return a number as a card can hold it: infinities as words."""
    return value if math.isfinite(value) else str(value)


def _dates(headers: Sequence[TileHeader]) -> Iterator[fits.Card]:
    """Yield when the first tile begins and the last one ends, as far as all of them say it."""
    begins = [_time(header.cards.get(_BEGIN)) for header in headers]
    if None in begins:
        return
    first = min(begins)
    yield fits.Card(_BEGIN, first.fits, "start of the earliest tile")
    ends = [_end(header, begin) for header, begin in zip(headers, begins, strict=True)]
    if None not in ends:
        yield fits.Card(_END, max(ends).fits, "end of the latest tile")


def _end(header: TileHeader, begin: Time) -> Time | None:
    """Return when a tile ends: by its own word or, of a single exposure, by its length."""
    if _END in header.cards:
        return _time(header.cards[_END])
    if header.exposure is None:
        return None
    return begin + TimeDelta(header.exposure, format="sec")


def _time(value: object) -> Time | None:
    """Return a card's time, None where it has none that can be read."""
    try:
        return Time(value, format="fits")
    except (ValueError, TypeError):
        return None
