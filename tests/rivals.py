"""reproject's functions, where it shows them, and functions like ours that do as they are told."""

import importlib
import inspect
import warnings

import numpy as np
import reproject
import reproject.mosaicking

import small

THEIRS = {
    "reproject_interp": reproject.reproject_interp,
    "reproject_and_coadd": reproject.mosaicking.reproject_and_coadd,
}
SHOWN = {
    "reproject_interp": ("", ".interpolation", ".interpolation.high_level"),
    "reproject_and_coadd": (".mosaicking", ".mosaicking.coadd"),
}
HOMES = [inspect.unwrap(function).__module__ for function in THEIRS.values()]
PLACES = {n: [p for p in shown if f"reproject{p}" not in HOMES] for n, shown in SHOWN.items()}
IMAGE = (np.ones((3, 4)), small.wcs_at(0, 0))


def places():
    """Return what all places have now, by their names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            (name, place): getattr(importlib.import_module(f"reproject{place}"), name)
            for name in PLACES
            for place in PLACES[name]
        }


class Ours:
    """Both functions of ours: they note their calls, and refuse what they are told to."""

    def __init__(self):
        self.calls, self.refusal = [], None

    def reproject_interp(self, input_data, output_projection, shape_out=None, order=1, **others):
        return self._answer("interp", input_data)

    def reproject_and_coadd(self, input_data, output_projection, **others):
        return self._answer("coadd", *input_data)

    def _answer(self, name, *what):
        self.calls.append(name)
        if self.refusal is not None:
            raise self.refusal
        return name


def interp(**changes):
    return reproject.reproject_interp(IMAGE, small.wcs_at(1, 1), shape_out=(5, 6), **changes)
