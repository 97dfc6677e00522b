"""The drop-in with a GPU that works, and with one that fails: from ZeMosaic's call to the kernels.

The GPU is the one of ``cuda/fake``, which runs the kernels on the CPU and fails as it is told.
"""

import numpy as np
import pytest

import small
import zetwopass
from dropin import same, worker

pytestmark = pytest.mark.skipif(
    "fake" not in zetwopass.device_info().name, reason="the driver is not that of cuda/fake"
)
LAUNCH_FAILED = 719


@pytest.fixture
def fails(monkeypatch):
    """Return what has the n-th call of a function of the driver fail; "" heals it."""

    def tell(how: str) -> None:
        monkeypatch.setenv("ZTP_FAKE_FAIL", how)
        zetwopass.device_info()  # has the driver look

    yield tell
    tell("")


def passed(**changes):
    """Return a second pass of the drop-in in a module, what telemetry got and its hook heard."""
    module, payloads, heard = worker(), [], []
    module._disable_phase5_gpu_runtime_state = lambda *words: heard.append(words)
    with zetwopass.install(module):
        found = module.run_second_pass_coverage_renorm(
            **small.drop_in(**changes), telemetry_ctrl=payloads.append
        )
    assert not module.calls  # else the replaced function has answered
    return found, payloads, heard


def test_a_gpu_gives_the_cpus_coverage_and_is_told():
    """Without it the GPU stands idle, or nobody sees that it works."""
    cpu, _, _ = passed(use_gpu_two_pass=False)
    found, payloads, heard = passed(use_gpu_two_pass=True)
    assert same(found[1:], cpu[1:]) and not heard
    np.testing.assert_allclose(found[0], cpu[0], rtol=0, atol=3e-7 * np.nanmax(abs(cpu[0])))
    first, last = payloads[0], payloads[-1]
    assert (first["use_gpu"], first["use_gpu_phase5"], first["gpu_name"]) == (True, False, "")
    assert (last["use_gpu"], last["use_gpu_phase5"]) == (True, True)
    assert last["gpu_used_mb"] > 0 and "fake" in last["gpu_name"]
    assert first.keys() == last.keys()


@pytest.mark.parametrize("launch", [1, 3, 5])  # all of the blur, which is the GPU's alone
def test_after_a_failure_all_is_the_cpus_and_the_module_hears_of_it(fails, launch):
    """Without it a failing card costs the mosaic, or channels come out of two maths."""
    cpu, _, _ = passed(use_gpu_two_pass=False)
    fails(f"cuLaunchKernel:{launch}:{LAUNCH_FAILED}")
    found, payloads, heard = passed(use_gpu_two_pass=True)
    assert same(found, cpu)
    assert [reason for reason, _ in heard] == ["two_pass_gpu_failure"]
    assert isinstance(heard[0][1], zetwopass.DeviceError)
    assert (payloads[-1]["use_gpu"], payloads[-1]["use_gpu_phase5"]) == (False, False)
