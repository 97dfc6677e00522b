"""What ZeMosaic hears outside of its log; a hook that fails costs a warning and nothing else."""

from __future__ import annotations

import logging
from types import ModuleType

import numpy as np

from ..errors import DeviceError


def record_gains(log: logging.Logger, debug_diag: object, gains: np.ndarray) -> None:
    """Hand the gains [T] to the diagnosis, where there is one, as a list of floats."""
    _tell(log, "debug_diag.record_gains", getattr(debug_diag, "record_gains", None), gains.tolist())


def gpu_failed(log: logging.Logger, module: ModuleType | None, error: DeviceError) -> None:
    """Say that the CPU did it all, to the log and to the module, which then forgets the GPU."""
    log.warning("[TwoPass] the CPU has done all of the work: %s", error)
    name = "_disable_phase5_gpu_runtime_state"
    _tell(log, name, getattr(module, name, None), "two_pass_gpu_failure", error)


def warn_window(log: logging.Logger, telemetry_ctrl: object, message: str) -> None:
    """Show a warning in ZeMosaic's window, which its controller of telemetry calls back."""
    callback = getattr(telemetry_ctrl, "_callback", None)
    _tell(log, "telemetry_ctrl._callback", callback, message, None, "WARN")


def _tell(log: logging.Logger, name: str, hook: object, *arguments: object) -> None:
    if hook is None:
        return
    try:
        hook(*arguments)
    except Exception as err:  # noqa: BLE001 - whatever it is, the mosaic is there
        log.warning("[TwoPass] %s failed: %r", name, err)
