"""ZeMosaic's two functions, and putting them into its module."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType

import numpy as np

from .._engine import checks, limited, require
from ..errors import ArgumentError
from . import dropin, generations, hooks, phase5
from .generations import GAINS, SECOND_PASS, Generation
from .phase5 import SCOPES

_REQUIRED = {
    *("tiles", "tiles_wcs", "final_wcs_p1", "final_wcs", "coverage_p1", "shape_out"),
    *("sigma_px", "gain_clip"),
}


class Installation:
    """The two functions in the place of a module's own, until `uninstall`; a context manager.

    Attributes
    ----------
    module
        The module.
    profile
        ``'v4.5'`` or ``'v4.2'``.
    acceleration
        With the scope ``'phase5'`` what stands for reproject's functions, else None.
    """

    def __init__(
        self, module: ModuleType, generation: Generation, scope: str, feather: int = 0
    ) -> None:
        self.module = module
        self.profile = generation.profile
        self.acceleration = phase5.accelerated(module) if scope == "phase5" else None
        self._originals = {name: getattr(module, name) for name in (SECOND_PASS, GAINS)}
        replacement = _Replacement(generation, *self._originals.values(), module, feather)
        self._ours = {name: getattr(replacement, name) for name in self._originals}
        for name, function in self._ours.items():
            setattr(module, name, function)

    def uninstall(self) -> None:
        """Put the replaced functions back, where nobody has put in others since; do it once."""
        for name, function in self._ours.items():
            if getattr(self.module, name, None) is function:
                setattr(self.module, name, self._originals[name])
        if self.acceleration is not None:
            self.acceleration.uninstall()

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        self.uninstall()


def install(
    zemosaic_worker: ModuleType,
    *,
    scope: str = "second-pass",
    profile: str | None = None,
    feather: int | None = None,
    background: str = "constant",
) -> Installation:
    """Replace the second pass of ZeMosaic, two names in its module, or all that takes long.

    What can't be done here is done by the functions that were replaced, with one warning: a WCS
    that can't be read, or any failure of the library. It holds for this process; ZeMosaic's GUI
    computes in another, which ``python -m zetwopass zemosaic install`` reaches.

    Parameters
    ----------
    zemosaic_worker
        The module that has the two functions.
    scope
        ``'second-pass'``, or ``'phase5'``: also reproject's functions, as by `accelerate` and where
        this module, ``zemosaic_utils`` and ``grid_mode`` have imported them.
    profile
        ``'v4.5'`` or ``'v4.2'``; by default that of the replaced functions, also behind decorators.
        Those of a ``'v4.5'`` without ``tile_weights`` or masks in its coadd get none here.
    feather, background
        As in `second_pass`; ZeMosaic has no feather, and constants.

    Returns
    -------
    Installation
        What undoes it.

    Raises
    ------
    ArgumentError
        The module has no such functions, or they are replaced already, or of no known profile.
    LibraryError
        The library is not there. It is not loaded yet, so that the process may fork.
    MissingPackageError
        Phase 5 without reproject.

    Examples
    --------
    In a program that has ZeMosaic's folder on its path:

    >>> import zemosaic_worker
    >>> import zetwopass
    >>> with zetwopass.install(zemosaic_worker, scope="phase5") as installation:
    ...     installation.profile
    'v4.5'
    """
    checks.word("scope", scope, SCOPES)
    feather = checks.pixels("feather", feather)
    checks.word_of_background(background)
    require()
    for name in (SECOND_PASS, GAINS):
        found = getattr(zemosaic_worker, name, None)
        if not callable(found):
            raise ArgumentError(f"{zemosaic_worker!r} has no function {name}")
        if isinstance(getattr(found, "__self__", None), _Replacement):
            raise ArgumentError(f"{name} of {zemosaic_worker!r} is replaced already; uninstall it")
    if profile is None:
        found = generations.of_functions(
            getattr(zemosaic_worker, SECOND_PASS), getattr(zemosaic_worker, GAINS)
        )
    else:
        found = generations.of_profile(profile)
    return Installation(zemosaic_worker, found._replace(background=background), scope, feather)


class _Replacement:
    """The two functions for a generation, and those that they replace in a module, if any."""

    def __init__(
        self,
        generation: Generation,
        second_pass: Callable | None = None,
        gains: Callable | None = None,
        module: ModuleType | None = None,
        feather: int = 0,
    ) -> None:
        self._generation = generation
        self._second_pass, self._gains = second_pass, gains
        self._module = module
        self._ours, self._local = partial(dropin.second_pass, feather=feather), threading.local()

    def run_second_pass_coverage_renorm(
        self,
        tiles,
        tiles_wcs,
        final_wcs_p1,
        coverage_p1,
        shape_out,
        *,
        sigma_px,
        gain_clip,
        logger=None,
        use_gpu_two_pass=None,
        tiles_coverage=None,
        tile_weights=None,
        parallel_plan=None,
        telemetry_ctrl=None,
        debug_diag=None,
    ):
        """Return mosaic [H, W, C] and coverage [H, W], float32, or None if there is no second pass.

        Arguments are taken as generously as the replaced function takes them: other dtypes, byte
        orders and negative strides are copied.

        Missing tiles, WCS or coverage, lists of different lengths, a coverage that is not 2-D, a
        sigma or a clip that is no number: None and one warning. What else can't be done here, and
        any failure of the library, goes to the replaced function with one warning; None where there
        is none.

        Parameters
        ----------
        tiles, tiles_wcs
            Lists of images float32 [h, w] or [h, w, C] and of their WCS.
        final_wcs_p1, coverage_p1, shape_out
            WCS, coverage [Hc, Wc] and shape (H, W) of the first pass.
        sigma_px, gain_clip
            Output pixels, cut to an integer; lowest and highest gain, swapped where reversed.
        logger
            Hears of it; ``zetwopass`` by default.
        use_gpu_two_pass
            True takes a GPU and the CPU together, unless the plan's ``use_gpu`` is False; False and
            None take the CPU alone, and no GPU is touched. A GPU that was asked for and can't be
            used, or that fails midway, leaves all channels to the CPU, with one warning; the
            module's ``_disable_phase5_gpu_runtime_state`` hears of it.
        tiles_coverage, tile_weights
            Per tile a mask [h, w], and a factor of its weight.
        parallel_plan
            An object or a dict; its ``use_memmap`` has no effect, as nothing is kept that could go
            to disk.
        telemetry_ctrl
            A controller, a callable of one payload, or None for the log.
        debug_diag
            Its ``record_gains`` gets the gains.

        Returns
        -------
        mosaic
            float32 [H, W, C].
        coverage
            float32 [H, W]. None instead of both where there is no second pass.

        Raises
        ------
        ArgumentError
            Tiles as one array.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        if isinstance(tiles, np.ndarray):
            raise ArgumentError("tiles is an array, want a list of arrays; use list(tiles)")
        return self._answer(self._ours, self._second_pass, arguments, None)

    def compute_per_tile_gains_from_coverage(
        self,
        tiles,
        tiles_wcs,
        final_wcs,
        coverage_p1,
        *,
        sigma_px,
        gain_clip,
        logger=None,
        use_gpu=False,
        tiles_coverage=None,
        parallel_plan=None,
        cpu_workers=None,
        row_chunk_size=None,
        chunk_bytes_limit=None,
        progress_emitter=None,
    ):
        """Return one gain per tile, a list of floats; a tile or a WCS that is None has gain 1.

        What can't be done goes to the replaced function with one warning; ones where there is none.

        Parameters
        ----------
        tiles, tiles_wcs
            Images [h, w] or [h, w, C], of which the shapes count, and their WCS.
        final_wcs, coverage_p1
            WCS and coverage [H, W] of the first pass.
        sigma_px, gain_clip, logger, tiles_coverage, parallel_plan
            As in `run_second_pass_coverage_renorm`.
        use_gpu
            True takes a GPU and the CPU together, whatever the plan says.
        cpu_workers, row_chunk_size, chunk_bytes_limit
            Threads, rows and bytes of scratch; they come before the plan's numbers.
        progress_emitter
            Called as the replaced function does, ``(tiles_done, *, chunk_index, chunk_total, stage,
            force)``, if it takes that, else with what ``telemetry_ctrl`` of the second pass gets.

        Returns
        -------
        list of float
            The factors [T], in the order of the tiles.
        """
        arguments = {name: value for name, value in locals().items() if name != "self"}
        ones = [1.0] * len(tiles if tiles is not None else ())
        return self._answer(dropin.tile_gains, self._gains, arguments, ones)

    def _answer(self, compute: Callable, original: Callable | None, arguments: dict, alone):
        """Return what ``compute`` makes of the arguments, else the original's answer."""
        if original is not None and getattr(self._local, "in_original", False):
            return _call(original, arguments)
        log = arguments["logger"] or logging.getLogger("zetwopass")
        try:
            return limited(compute)(self._generation, log, arguments, self._module)
        except Exception as err:
            heir = "nothing takes over" if original is None else "the replaced function takes over"
            log.warning("[TwoPass] %s; %s: %s", type(err).__name__, heir, err)
            said = f"[zetwopass] not in use, {heir}: {err}"
            hooks.warn_window(log, arguments.get("telemetry_ctrl"), said)
            log.debug("[TwoPass] where it came from", exc_info=err)
        if original is None:
            return alone
        # The original second pass finds our gains in its module; there it shall have its own.
        self._local.in_original = True
        try:
            return _call(original, arguments)
        finally:
            self._local.in_original = False


def _call(function: Callable, arguments: dict):
    """Call a function with those of the arguments that it knows.

    One that takes any may hand them on to one that does not: it gets no defaults of ours.
    """
    known = generations.parameters(function)
    if known:
        return function(**{name: value for name, value in arguments.items() if name in known})
    return function(
        **{
            name: value
            for name, value in arguments.items()
            if name in _REQUIRED or (value is not None and value is not False)
        }
    )


_ALONE = _Replacement(generations.of_profile("v4.5"))
run_second_pass_coverage_renorm = _ALONE.run_second_pass_coverage_renorm
compute_per_tile_gains_from_coverage = _ALONE.compute_per_tile_gains_from_coverage
