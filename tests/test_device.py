"""The device: chosen by name, described, and never silently another one."""

import warnings

import numpy as np
import pytest
from reproject import reproject_interp

import gpu
import small
import zetwopass
from dropin import same
from zetwopass import ArgumentError, DeviceError, DeviceWarning

BLUR = {"coverage": small.mosaic()["coverage"], "sigma": 5}
CALLS = {
    "second_pass": lambda **o: zetwopass.second_pass(**small.mosaic(), **o),
    "tile_gains": lambda **o: zetwopass.tile_gains(**small.mosaic(), **o),
    "blur_coverage": lambda **o: zetwopass.blur_coverage(**BLUR, **o),
}


def coadded():
    arguments = small.mosaic(1)
    images = [
        (tile[..., 0], wcs)
        for tile, wcs in zip(arguments["tiles"], arguments["tiles_wcs"], strict=True)
    ]
    return zetwopass.reproject_and_coadd(
        images, arguments["output_wcs"], small.CANVAS, reproject_function=reproject_interp
    )


def there_is_one():
    return zetwopass.device_info().usable


def test_the_gpu_is_described_or_it_is_said_why_there_is_none():
    # Without it nobody learns why a GPU stands idle.
    found = zetwopass.device_info()
    assert found.usable == (found.reason == "") == (found.name != "") == (found.total_bytes > 0)
    assert found.usable == (found.compute_capability > (0, 0)) == (found.cuda_driver > (0, 0))
    assert 0 <= found.free_bytes <= found.total_bytes
    assert found.usable or found.reason.startswith("GPU: ")
    assert found.simd in ("AVX2", "none")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("device", ["cuda", "GPU", "", None, 2, True, ["gpu"]])
def test_an_unknown_device_is_refused(call, device):
    # Without it a typing error computes on a device that nobody chose.
    with pytest.raises(ArgumentError, match=r"^device = .*, want 'auto', 'cpu', 'gpu' or 'hybrid'"):
        CALLS[call](device=device)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("device", ["gpu", "hybrid"])
def test_a_gpu_that_is_not_there_is_one_warning_and_the_cpus_result(call, device):
    # Without it a missing driver costs the mosaic, or passes unseen.
    if there_is_one():
        pytest.skip("there is a GPU")
    with pytest.warns(DeviceWarning, match="^the CPU has done all of the work: GPU: ") as caught:
        found = CALLS[call](device=device)
    assert len(caught) == 1
    arrays = (found,) if isinstance(found, np.ndarray) else found[:5]
    want = CALLS[call](device="cpu")
    assert same(arrays, (want,) if isinstance(want, np.ndarray) else want[:5])


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_who_asks_for_no_gpu_hears_of_none(call, device):
    # Without it every mosaic on a machine without a GPU comes with a warning.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CALLS[call](device=device)


@pytest.mark.parametrize("call", [*CALLS, "reproject_and_coadd"])
def test_a_gpu_that_fails_midway_is_one_warning_at_the_callers_line(monkeypatch, call):
    # Without it a failing GPU is noticed by its slowness alone.
    gpu.fails(monkeypatch)
    with pytest.warns(DeviceWarning, match=gpu.WHY) as caught:
        (CALLS | {"reproject_and_coadd": coadded})[call]()
    assert [w.filename for w in caught] == [__file__]


def test_the_result_tells_what_has_computed_it(monkeypatch):
    # Without it a program can't tell either.
    alone = zetwopass.second_pass(**small.mosaic(), device="cpu")
    assert (alone.device, alone.device_error) == ("cpu", None)
    for share, device in ((0.5, "hybrid"), (1.0, "gpu")):
        with monkeypatch.context() as patch:
            gpu.works(patch, share=share)
            found = zetwopass.second_pass(**small.mosaic())
        assert (found.device, found.device_error) == (device, None)
    gpu.fails(monkeypatch)
    with pytest.warns(DeviceWarning):
        failed = zetwopass.second_pass(**small.mosaic())
    assert (failed.device, str(failed.device_error)) == ("cpu", gpu.WHY)
    assert isinstance(failed.device_error, DeviceError)


def test_a_warning_as_an_error_stops_the_program(monkeypatch):
    # Without it nobody can insist on a GPU.
    gpu.fails(monkeypatch)
    with warnings.catch_warnings(), pytest.raises(DeviceWarning):
        warnings.simplefilter("error", DeviceWarning)
        zetwopass.second_pass(**small.mosaic())


def test_the_callback_sees_what_each_device_does(monkeypatch):
    # Without it a user doesn't know whether the GPU works.
    seen = []
    zetwopass.second_pass(**small.mosaic(), device="cpu", callback=seen.append)
    last = seen[-1]
    assert (last.gpu_ran, last.gpu_bytes, last.cpu_rows, last.gpu_rows) == (False, 0, 44, 0)
    gpu.works(monkeypatch, share=0.25, held=7)
    zetwopass.second_pass(**small.mosaic(), callback=seen.append)
    last = seen[-1]
    assert (last.gpu_ran, last.gpu_bytes, last.cpu_rows, last.gpu_rows) == (True, 7, 33, 11)
    assert last.gpu_rows_per_chunk > 0


def test_a_plan_tells_the_rows_of_a_gpu():
    # Without it the GPU's share is not known before it is taken.
    assert zetwopass.plan(**small.mosaic()).gpu_rows_per_chunk == 44
