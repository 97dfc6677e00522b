"""The second pass as the drop-in calls it: lenient arguments, telemetry and log lines."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np

from .._engine import Job, Outputs, Plan, Settings, TileInput, calls, checks, library
from .._inputs import common_grid, named, ranges
from ..errors import ArgumentError, BudgetError, WCSError
from . import hooks, rules
from . import log as lines
from .generations import Generation
from .telemetry import Resources, Telemetry, emitter


@dataclass(frozen=True, kw_only=True)
class Call:
    """What one call was given, as it came; `_inputs` says what becomes of it."""

    generation: Generation
    log: logging.Logger
    tiles: Any
    tiles_wcs: Any
    output_wcs: Any
    coverage: Any
    sigma_px: Any
    gain_clip: Any
    masks: Any
    plan: Any
    device: str
    workers: int
    rows_per_chunk: int
    max_chunk_bytes: int
    gpu_rows_per_chunk: int
    gpu_max_chunk_bytes: int
    sink: Any
    module: Any


def second_pass(
    generation: Generation,
    log: logging.Logger,
    arguments: dict,
    module: ModuleType | None,
    feather: int = 0,
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return mosaic [H, W, C] and coverage [H, W], float32; None where the original has None.

    ``module`` is ZeMosaic's, which hears of a GPU that fails; ``feather`` in pixels, 0 = none.
    """
    call = _call(
        generation,
        log,
        arguments,
        output_wcs=arguments["final_wcs_p1"],
        device=rules.device(arguments["use_gpu_two_pass"], arguments["parallel_plan"]),
        sink=arguments["telemetry_ctrl"],
        module=module,
    )
    lines.start(log, "run_second_pass_coverage_renorm", call)
    library()
    try:
        settings = replace(_settings(call), feather=feather)
        coverage, outputs, shapes, inputs = _prepared(call, arguments)
    except rules.NoResult as err:
        log.warning("[TwoPass] no second pass: %s", err)
        return None
    same = outputs.coverage.shape == coverage.shape
    blurred = None if same else np.empty(coverage.shape, np.float32)
    job = Job(settings, inputs, coverage=coverage, blurred=blurred, outputs=outputs)
    telemetry = _telemetry(call, job)
    grid = common_grid(outputs.coverage.shape, coverage.shape)
    job.place(_maps(call, telemetry, shapes, grid))
    # A header's size that is not the coverage's leaves the original without gains.
    ungained = not same and rules.header_shape(call.output_wcs) is not None
    function = "ztp_reproject_coadd" if ungained else "ztp_second_pass"
    _run_planned(call, job, telemetry, function, "reproject_done")
    lines.gains(log, job.gains)
    lines.groups(log, job.groups)
    hooks.record_gains(log, arguments["debug_diag"], job.gains)
    return outputs.mosaic, outputs.coverage


def tile_gains(
    generation: Generation, log: logging.Logger, arguments: dict, module: ModuleType | None
) -> list[float]:
    """Return one gain per tile; a tile or a WCS that is None has gain 1."""
    call = _call(
        generation,
        log,
        arguments,
        output_wcs=arguments["final_wcs"],
        device=rules.device(arguments["use_gpu"]),
        sink=emitter(arguments["progress_emitter"]),
        module=module,
    )
    lines.start(log, "compute_per_tile_gains_from_coverage", call)
    library()
    tiles, tiles_wcs = rules.tile_lists(call.tiles, call.tiles_wcs)
    coverage = rules.coverage_map(call.coverage)
    settings = _settings(call)
    masks = rules.mask_list(call.masks, len(tiles))
    shapes = [
        np.shape(tile)[:2] if wcs is not None and np.ndim(tile) > 1 else (0, 0)
        for tile, wcs in zip(tiles, tiles_wcs, strict=True)
    ]
    inputs = [
        # Only the shape of the image counts.
        _tile_input(t, np.broadcast_to(np.float32(0), (*shapes[t], 1)), masks[t])
        for t in range(len(tiles))
    ]
    blurred = np.empty(coverage.shape, np.float32)
    mosaic = (*coverage.shape, 1)
    job = Job(settings, inputs, coverage=coverage, blurred=blurred, mosaic_shape=mosaic)
    telemetry = _telemetry(call, job)
    job.place(_maps(call, telemetry, shapes, coverage.shape))
    _run_planned(call, job, telemetry, "ztp_tile_gains", "gains_done")
    return job.gains.tolist()


def _call(generation: Generation, log: logging.Logger, arguments: dict, **others: Any) -> Call:
    plan = arguments["parallel_plan"]

    def wish(own: str, key: str) -> int:
        return min(rules.wish(arguments.get(own), rules.plan_value(plan, key)), 2**62)

    return Call(
        generation=generation,
        log=log,
        tiles=arguments["tiles"],
        tiles_wcs=arguments["tiles_wcs"],
        coverage=arguments["coverage_p1"],
        sigma_px=arguments["sigma_px"],
        gain_clip=arguments["gain_clip"],
        masks=arguments["tiles_coverage"],
        plan=plan,
        workers=min(wish("cpu_workers", "cpu_workers"), os.cpu_count() or 1),
        rows_per_chunk=wish("row_chunk_size", "rows_per_chunk"),
        max_chunk_bytes=wish("chunk_bytes_limit", "max_chunk_bytes"),
        gpu_rows_per_chunk=wish("gpu_rows_per_chunk", "gpu_rows_per_chunk"),
        gpu_max_chunk_bytes=wish("gpu_max_chunk_bytes", "gpu_max_chunk_bytes"),
        **others,
    )


def _prepared(call: Call, arguments: dict) -> tuple[np.ndarray, Outputs, list, list[TileInput]]:
    """Return the coverage, the outputs, the tiles' shapes and the tiles, without maps yet."""
    tiles, _ = rules.tile_lists(call.tiles, call.tiles_wcs)
    coverage = rules.coverage_map(call.coverage)
    shape = rules.header_shape(call.output_wcs) or rules.shape(arguments["shape_out"])
    images = [rules.image(tile, f"tiles[{t}]") for t, tile in enumerate(tiles)]
    channels = images[0].shape[2]
    if channels > checks.MAX_CHANNELS:
        raise ArgumentError(f"tiles[0] has {channels} channels, want 1 to {checks.MAX_CHANNELS}")
    for t, image in enumerate(images):
        if not 0 < channels <= image.shape[2]:
            raise ArgumentError(f"tiles[{t}] has {image.shape[2]} channels, want {channels}")
    shapes = [image.shape[:2] for image in images]
    masks = rules.mask_list(call.masks, len(tiles))
    weights: list[np.ndarray | None] = [None] * len(tiles)
    scales = [1.0] * len(tiles)
    tile_weights = arguments["tile_weights"] if call.generation.tiles_weigh else None
    if call.generation.masks_weigh:
        weights = rules.coadd_masks(masks, tile_weights, shapes)
        scales = rules.tile_scales(tile_weights, len(tiles))
        ranges.check_coverage(scales)
    inputs = [
        _tile_input(t, image, masks[t], weight=weights[t], weight_scale=scales[t])
        for t, image in enumerate(images)
    ]
    mosaic = np.empty((*shape, channels), np.float32)
    return coverage, Outputs(mosaic, np.empty(shape, np.float32)), shapes, inputs


def _settings(call: Call) -> Settings:
    new = call.generation.profile == "v4.5"
    settings = checks.settings(
        profile=call.generation.profile,
        sigma=rules.sigma(call.sigma_px),
        gain_clip=rules.clip(call.gain_clip),
        threshold=rules.threshold(call.plan) if new else None,
        background=call.generation.background,
        binary_weights=True,
    )
    return replace(
        settings,
        workers=call.workers,
        rows_per_chunk=call.rows_per_chunk,
        max_chunk_bytes=call.max_chunk_bytes,
        device=call.device,
        gpu_rows_per_chunk=call.gpu_rows_per_chunk,
        gpu_max_chunk_bytes=call.gpu_max_chunk_bytes,
    )


def _telemetry(call: Call, job: Job) -> Telemetry:
    """Return the telemetry of a call that has begun; its job needs no maps yet."""
    resources = _resources(call, job, _plan(call, job))
    telemetry = Telemetry(call.sink, call.log, job.struct.tile_count, resources)
    telemetry.start()
    return telemetry


def _maps(call: Call, telemetry: Telemetry, shapes: list, grid: tuple[int, int]) -> list:
    """Return each tile's map, None for one that shows nothing or whose WCS can't be evaluated.

    Raises WCSError for a WCS that can't be read at all. An empty tile needs none.
    """
    from .._sky import pixel_map, read

    output = read("final_wcs", call.output_wcs)
    maps, failed = [], {}
    for t, (wcs, shape) in enumerate(zip(call.tiles_wcs, shapes, strict=True)):
        found, name = None, f"tiles_wcs[{t}]"
        if 0 not in shape:
            try:
                found = pixel_map(wcs, shape, output, grid, name=name)
            except WCSError as err:
                read(name, wcs)  # raises where it can't even be read
                failed[t] = err
        maps.append(found)
        telemetry.waiting()
    if failed:
        call.log.warning(
            "[TwoPass] the WCS of %s can't be evaluated: gain 1, nothing in the mosaic: %s",
            named(list(failed)),
            next(iter(failed.values())),
        )
    return maps


def _tile_input(t: int, image: np.ndarray, mask: np.ndarray | None, **others) -> TileInput:
    """Return a tile of the job; an empty image becomes one pixel, which without a map is unseen."""
    shape = image.shape[:2]
    if 0 in shape:
        image = np.zeros((1, 1, image.shape[2]), np.float32)
        mask, others = None, {}
    else:
        mask = rules.gain_mask(mask, shape)
    return TileInput(name=f"tiles[{t}]", image=image, mask=mask, **others)


def _run_planned(
    call: Call, job: Job, telemetry: Telemetry, function: str, last_stage: str
) -> None:
    """Say what is planned, and run."""
    plan = _plan(call, job)
    telemetry.resources = _resources(call, job, plan)
    lines.plan(call.log, plan, telemetry.resources, job.struct.tile_count)
    ended = calls.run(function, job, telemetry.update)
    if ended.device_error is not None:
        telemetry.resources = replace(telemetry.resources, use_gpu=False)
        hooks.gpu_failed(call.log, call.module, ended.device_error)
    telemetry.finish(last_stage, plan.chunk_total)
    if telemetry.resources.use_gpu:
        lines.shares(call.log, ended.stats, telemetry.gpu_name)


def _plan(call: Call, job: Job) -> Plan:
    """Return the plan; a budget below one chunk is lifted with a warning."""
    try:
        return job.plan()
    except BudgetError as err:
        call.log.warning("[TwoPass] max_chunk_bytes is ignored: %s", err)
        job.struct.max_chunk_bytes = 0
        return job.plan()


def _resources(call: Call, job: Job, plan: Plan) -> Resources:
    """Return what is planned; without a bound of its memory a GPU is told by its chunk's output."""
    mosaic = job.struct.mosaic
    row_bytes = 4 * mosaic.width * (mosaic.channels + 1)
    return Resources(
        cpu_workers=plan.workers,
        rows_per_chunk=plan.rows_per_chunk,
        max_chunk_bytes=job.struct.max_chunk_bytes or plan.chunk_bytes,
        use_gpu=call.device == "hybrid",
        gpu_rows_per_chunk=plan.gpu_rows_per_chunk,
        gpu_max_chunk_bytes=job.struct.gpu_max_chunk_bytes or plan.gpu_rows_per_chunk * row_bytes,
    )
