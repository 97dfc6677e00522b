"""Threads may call at once; after a fork nobody may; the library is loaded when it is needed."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest

import sky
import small
import zetwopass
from dropin import same
from small import python


def test_eight_threads_at_once_get_equal_results():
    # Without it one call's numbers may come out of another's.
    arguments = small.mosaic()
    one = zetwopass.second_pass(**arguments)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(zetwopass.second_pass, **arguments) for _ in range(24)]
        assert all(same(one, run.result(timeout=small.GUARD)) for run in runs)


def test_threads_may_share_distorted_wcs_objects():
    # Without it pixels come out wrong: astropy's WCS objects bear no two threads.
    scene = sky.scene(2, tiles=4, shape=(40, 60), sip=True)
    arguments = (scene.tiles, scene.wcs, scene.output_wcs, scene.coverage)
    one = zetwopass.second_pass(*arguments)
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(zetwopass.second_pass, *arguments) for _ in range(8)]
        assert all(same(one, run.result(timeout=small.GUARD)) for run in runs)


def blur_sum(queue):
    try:
        queue.put(float(zetwopass.blur_coverage(small.mosaic()["coverage"]).sum()))
    except zetwopass.Error as err:
        queue.put(repr(err))


def in_a_child(method):
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=blur_sum, args=(queue,), daemon=True)
    child.start()
    try:
        return queue.get(timeout=small.GUARD)
    finally:
        child.kill()
        child.join()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_a_forked_child_is_told_to_use_spawn():
    # Without it the child hangs for ever in its first call.
    zetwopass.blur_coverage(small.mosaic()["coverage"])
    found = in_a_child("fork")
    assert found.startswith("ForkError(") and "spawn" in found


@pytest.mark.parametrize("method", sorted({*multiprocessing.get_all_start_methods()} - {"fork"}))
def test_a_spawned_child_works(method):
    # Without it the library can't run in ZeMosaic's worker.
    here = zetwopass.blur_coverage(small.mosaic()["coverage"])
    assert in_a_child(method) == float(here.sum())


FRESH = """
import os, small, zetwopass
pid = os.fork()
if pid == 0:
    zetwopass.second_pass(**small.mosaic())
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork")
def test_a_child_forked_before_the_first_call_works():
    # Without it importing the package in the parent is enough to lose the child.
    child = python(FRESH)
    try:
        assert child.communicate(timeout=small.GUARD)[0].strip() == "0"
    finally:
        child.kill()


def test_importing_loads_neither_the_library_nor_astropy():
    # Without it `import zetwopass` is slow, and no child may fork.
    text = (
        "import zetwopass; from zetwopass._engine import ffi\n"
        "heavy = {'astropy', 'psutil', 'tqdm', 'scipy'} & set(sys.modules)\n"
        "print(heavy or None, ffi._library)"
    )
    assert python(text).communicate(timeout=small.GUARD)[0].split() == ["None", "None"]
