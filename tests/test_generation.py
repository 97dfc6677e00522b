"""The generation of ZeMosaic's functions is told by what they do, or not at all."""

import functools
import types

import numpy as np
import pytest

import small
import zetwopass
from dropin import run, same, warnings_of
from zetwopass import ArgumentError

SECOND_PASS = "run_second_pass_coverage_renorm"
GAINS = "compute_per_tile_gains_from_coverage"

# Code that has the marks of each generation, and is never run.
OLD_GAINS = f"""
def {GAINS}(tiles, coverage, sigma):
    from scipy.ndimage import gaussian_filter
    return [np.median(gaussian_filter(coverage, sigma)[tile]) for tile in tiles]
"""
NEW_GAINS = f"""
def _task(scale, blurred, threshold):
    return np.nanmedian(scale[blurred >= threshold])
def {GAINS}(tiles, scale, blurred, parallel_plan):
    found = getattr(parallel_plan, "two_pass_coverage_threshold", None)
    return [_task(scale, blurred, found or 2.0) for _ in tiles]
"""
HEAD = "(tiles, tiles_wcs, final_wcs_p1, coverage_p1, shape_out, *, sigma_px, gain_clip"
LATE = "parallel_plan=None, telemetry_ctrl=None, debug_diag=None"


def second_pass(parameters, coadd):
    return f"def {SECOND_PASS}{HEAD}, tiles_coverage=None, {parameters}):\n    return {coadd}\n"


OLD = OLD_GAINS + second_pass("parallel_plan=None", "reproject_and_coadd(tiles)")
LATE_OLD = OLD_GAINS + second_pass(LATE, "reproject_and_coadd(tiles)")
UNMASKED = NEW_GAINS + second_pass(LATE, "reproject_and_coadd(tiles)")
MASKED = NEW_GAINS + second_pass(LATE, "reproject_and_coadd(tiles, input_weights=tiles_coverage)")
WEIGHED = NEW_GAINS + second_pass(LATE + ", tile_weights=None", "reproject_and_coadd(tiles)")


def module(source):
    """Return a module of this code, which has no source that could be read."""
    made = types.ModuleType("zemosaic_worker")
    exec(compile(source, "<frozen>", "exec", optimize=2), made.__dict__)
    return made


@pytest.mark.parametrize(
    ("source", "profile"),
    [(OLD, "v4.2"), (LATE_OLD, "v4.2"), (UNMASKED, "v4.5"), (MASKED, "v4.5"), (WEIGHED, "v4.5")],
)
def test_the_profile_is_that_of_the_code(source, profile):
    # Without it 47 commits that have the maths of v4.5 and no tile_weights get that of v4.2.
    assert zetwopass.install(module(source)).profile == profile


class Timer:
    """A decorator that hides what it wraps."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments, **options):
        return self.function(*arguments, **options)

    def measured(self, *arguments, **options):
        return self(*arguments, **options)


def closure(function):
    def wrapper(*arguments, **options):
        return function(*arguments, **options)

    return wrapper


def by_global(function):
    space = {"original": function}
    exec("def wrapper(*arguments, **options): return original(*arguments, **options)", space)
    return space["wrapper"]


WRAPPERS = {
    "functools.wraps": lambda f: functools.wraps(f)(lambda *a, **k: f(*a, **k)),
    "a closure": closure,
    "two closures": lambda f: closure(closure(f)),
    "a cache": functools.lru_cache,
    "a partial": lambda f: functools.partial(f),
    "a partial of a wrapper": lambda f: functools.partial(lambda g, *a, **k: g(*a, **k), f),
    "a default": lambda f: lambda *a, original=f, **k: original(*a, **k),
    "an object": Timer,
    "a method": lambda f: Timer(f).measured,
    "another module's global": by_global,
}


@pytest.mark.parametrize("how", WRAPPERS)
@pytest.mark.parametrize(("source", "profile"), [(LATE_OLD, "v4.2"), (MASKED, "v4.5")])
def test_the_profile_is_told_through_a_wrapper(how, source, profile):
    # Without it a decorated function is refused, or taken for another generation.
    made = module(source)
    for name in (SECOND_PASS, GAINS):
        setattr(made, name, WRAPPERS[how](getattr(made, name)))
    assert zetwopass.install(made).profile == profile


def test_a_wrapper_that_refers_to_itself_is_no_endless_search():
    # Without it an installation hangs.
    made = module(MASKED)
    setattr(made, GAINS, loop := Timer(getattr(made, GAINS)))
    loop.loop = loop
    assert zetwopass.install(made).profile == "v4.5"


def compiled(source):
    """Return a module whose gains have no code that Python could read."""
    made = module(source)
    setattr(made, GAINS, len)
    return made


@pytest.mark.parametrize(("source", "profile"), [(OLD, "v4.2"), (WEIGHED, "v4.5")])
def test_without_code_the_arguments_tell_where_they_leave_no_doubt(source, profile):
    # Without it a compiled ZeMosaic is refused although its generation is certain.
    assert zetwopass.install(compiled(source)).profile == profile


def opaque(*arguments, **options):
    raise NotImplementedError


DOUBTS = {
    "compiled between the generations": lambda: compiled(MASKED),
    "the gains of nobody": lambda: with_own(LATE_OLD, GAINS, opaque),
    "half of the new maths": lambda: module(MASKED.replace("nanmedian", "mean")),
    "half of the old maths": lambda: module(LATE_OLD.replace("gaussian_filter", "blur")),
    "the coadd of nobody": lambda: with_own(MASKED, SECOND_PASS, opaque),
    "nothing that has code": lambda: with_own(MASKED, SECOND_PASS, len, GAINS, len),
}


def with_own(source, *names_and_functions):
    made = module(source)
    for name, function in zip(names_and_functions[::2], names_and_functions[1::2], strict=True):
        setattr(made, name, function)
    return made


@pytest.mark.parametrize("what", DOUBTS)
def test_what_cannot_be_told_is_refused_and_may_be_said(what):
    # Without it a ZeMosaic that nobody knows gets maths by chance.
    made = DOUBTS[what]()
    before = dict(vars(made))
    with pytest.raises(ArgumentError, match="say it with profile='v4.5' or profile='v4.2'"):
        zetwopass.install(made)
    assert dict(vars(made)) == before
    assert zetwopass.install(made, profile="v4.2").profile == "v4.2"


def installed(source, **changes):
    made = module(source)
    zetwopass.install(made)
    return made.run_second_pass_coverage_renorm(**small.drop_in(**changes))


def test_masks_and_weights_count_where_the_replaced_function_has_them():
    # Without it the first ZeMosaics of v4.5 get masks or weights that they do not know.
    given = {"tiles_coverage": small.masks(), "tile_weights": [0.5, 2.0]}
    masks = {"tiles_coverage": small.masks()}
    assert same(installed(WEIGHED, **given), run(**given)[:2])
    assert same(installed(MASKED, **given), run(**masks)[:2])
    gains = run(**masks)[2]
    plain = [tile * np.float32(g) for tile, g in zip(small.mosaic()["tiles"], gains, strict=True)]
    ungained = run(tiles=plain, coverage_p1=np.zeros(small.CANVAS, "f4"))
    assert same(installed(UNMASKED, **given), ungained[:2])


def test_a_function_that_takes_anything_gets_none_of_our_own_arguments(caplog):
    # Without it an old ZeMosaic behind a decorator raises TypeError where it should take over.
    made = module(OLD)
    seen = []

    def wrapper(*arguments, **options):
        seen.append((arguments, set(options)))
        return "mosaic", "coverage"

    setattr(made, SECOND_PASS, wrapper)
    zetwopass.install(made)
    arguments = small.drop_in(tiles_wcs=[None, None], use_gpu_two_pass=False)
    assert made.run_second_pass_coverage_renorm(**arguments) == ("mosaic", "coverage")
    assert seen == [((), set(arguments) - {"use_gpu_two_pass"})]
    assert len(warnings_of(caplog)) == 1
