"""A GPU that fails, or one that works, as the library would tell of it on a machine without one.

The library is called as ever, on the CPU; what it tells is changed on its way to the package.
"""

from zetwopass._engine import ffi, structs

WHY = "GPU: the driver was reset"
CALLS = ("ztp_blur_coverage", "ztp_tile_gains", "ztp_reproject_coadd", "ztp_second_pass")


class _Library:
    """The library, but for its calls: ``call(function, job, error)`` makes them."""

    def __init__(self, call):
        self._real, self._call = ffi.library(), call

    def __getattr__(self, name):
        function = getattr(self._real, name)
        if name not in CALLS:
            return function
        return lambda job, error: self._call(function, job, error)


def fails(monkeypatch, message=WHY):
    """Have every call fail on its GPU midway and be done by the CPU."""

    def call(function, job, error):
        job.device = structs.DEVICES["cpu"]
        status = function(job, error)
        job.device_error.contents.status = 400
        job.device_error.contents.message = message.encode()
        return status

    made = _Library(call)
    monkeypatch.setattr(ffi, "library", lambda: made)


def works(monkeypatch, *, share=1.0, held=3 << 20):
    """Have a GPU add up a share of the rows of every mosaic and hold so many bytes meanwhile."""

    def call(function, job, error):
        job.device = structs.DEVICES["cpu"]
        return function(job, error)

    def forwarder(receive, cancel):
        def changed(now):
            now.gpu_ran = structs.STAGES[now.stage] != "start"
            now.gpu_bytes = held if now.gpu_ran else 0
            now.gpu_rows = round(now.cpu_rows * share)
            now.cpu_rows -= now.gpu_rows
            receive(now)

        return forward(changed, cancel)

    made, forward = _Library(call), ffi.forwarder
    monkeypatch.setattr(ffi, "library", lambda: made)
    monkeypatch.setattr(ffi, "forwarder", forwarder)
