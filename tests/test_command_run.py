"""``zetwopass run``, ``plan`` and ``report``: what they hand on, print, and end with."""

import errno
import inspect
import sys

import pytest
from astropy.io import fits

import zetwopass
from commandline import FakeAssembly
from zetwopass import assembly, plans
from zetwopass import report as reports
from zetwopass.command import group

OWN = {"as_json", "quiet", "tiles", "output", "report", "png", "tiff"}


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Return what stands in for the assembly; the test is in a folder of its own."""
    found = FakeAssembly()
    monkeypatch.setattr(assembly, "assemble", found.assemble)
    monkeypatch.setattr(plans, "plan_assembly", found.plan_assembly)
    monkeypatch.chdir(tmp_path)
    return found


@pytest.mark.parametrize(
    ("command", "function", "further"),
    [
        ("run", "assemble", {"callback", "progress", "rows_per_chunk"}),
        ("plan", "plan_assembly", {"rows_per_chunk"}),
    ],
)
def test_every_setting_has_its_option_with_the_same_default(command, function, further):
    # Without it what Python can do the command line can't, or does otherwise.
    wanted = inspect.signature(getattr(zetwopass, function)).parameters
    found = group.commands.commands[command]
    with found.make_context(command, ["a.fits", "-o", "b.fits"]) as context:
        given = {name: value for name, value in context.params.items() if name not in OWN}
    left = set(wanted) - {"tiles", "output"} - further
    assert given == {name: wanted[name].default for name in left}


def test_run_hands_on_what_it_was_given(here, fake):
    # Without it an option is taken and does nothing.
    code, _, _ = here(
        *("run", "a.fits", "night?/*.fits", "@list", "-o", "out.fits", "--like", "b.fits"),
        *("--scale", 2, "--frame", "galactic", "--projection", "CAR", "--coverage", "c.fits"),
        *("--sigma", 7, "--gain-clip", 0.5, 2, "--profile", "v4.2", "--threshold", 1.5),
        *("--feather", 40),
        *("--background", "plane"),
        *("--workers", 3, "--max-memory", "1.5GB", "--device", "cpu", "--overwrite", "--resume"),
    )
    ((tiles, output, settings),) = fake.calls
    assert code == 0 and (tiles, output) == (["a.fits", "night?/*.fits", "@list"], "out.fits")
    assert settings == {
        **{"like": "b.fits", "scale": 2, "frame": "galactic", "projection": "CAR"},
        **{"coverage": "c.fits", "sigma": 7, "gain_clip": (0.5, 2), "profile": "v4.2"},
        **{"threshold": 1.5, "feather": 40, "background": "plane", "workers": 3},
        **{"max_chunk_bytes": 1_500_000_000, "device": "cpu"},
        **{"overwrite": True, "resume": True},
    }


@pytest.mark.parametrize(
    ("text", "size"),
    [
        *(("2GB", 2_000_000_000), ("2g", 2_000_000_000), ("1.5GiB", 1_610_612_736)),
        *(("500 MB", 500_000_000), ("64KiB", 65_536), ("4096", 4096), ("12b", 12)),
    ],
)
def test_memory_is_said_as_people_say_it(here, fake, text, size):
    # Without it they count zeros, and are out by a factor of ten.
    assert here("plan", "a.fits", "--max-memory", text)[0] == 0
    assert fake.calls[0][2]["max_chunk_bytes"] == size


@pytest.mark.parametrize("text", ["much", "2 QB", "0", "-1GB", "GB", "1e9"])
def test_memory_that_is_none_is_2(here, fake, text):
    # Without it a typing error is taken for no bound at all.
    code, _, errors = here("run", "a.fits", "-o", "b.fits", f"--max-memory={text}")
    assert (code, fake.calls) == (2, []) and "want one such as 500MB, 2GB or 1.5GiB" in errors[-1]


def test_elsewhere_than_on_a_terminal_there_is_a_line_for_each_stage_and_tenth(here, fake):
    # Without it a log is empty for an hour, or has ten lines a second.
    _, lines, errors = here("run", "a.fits", "-o", "out.fits")
    assert errors[:3] == [
        "  0%  reading headers, 0:12 left",
        " 17%  counting tiles, 0:10 left",
        " 25%  counting tiles, 0:09 left",
    ]
    assert errors[-1] == "Warning: nothing of tile 1 is to be seen"
    assert len(errors) == 11 and not any("%" in line for line in lines)


def test_run_ends_with_what_was_made(here, fake):
    # Without it one has to look into the file to see that backgrounds are not matched.
    code, lines, _ = here("run", "a.fits", "-o", "out.fits", "--png")
    told = [line.split(maxsplit=1) for line in lines]
    assert code == 0 and told[0][0] == "mosaic" and told[0][1].startswith("out.fits, ")
    assert told[1] == ["out.png"]
    assert told[2] == ["tiles", "2 tiles in 2 groups, 1 overlap"]
    assert told[3] == ["between", "groups backgrounds are not matched"]
    assert told[4] == ["gains", "0.980 to 1.020"]
    assert told[5][1].endswith(" on cpu: counting tiles 0.5 s, adding up 1.2 s")


def test_json_is_one_object_alone_on_stdout(here, fake):
    # Without it a program reads progress, or numbers that JSON has not.
    code, lines, errors = here("run", "a.fits", "-o", "out.fits", "--json", "--tiff")
    (line,) = lines
    found = __import__("json").loads(line)
    assert code == 0 and errors[-1].startswith("Warning: ")
    assert found["output"] == "out.fits" and found["also"] == ["out.tiff"]
    assert found["tiles"][0] == {
        **{"name": "a.fits", "gain": 0.98, "offset": [1, 2, None], "group": 0},
    }
    assert found["pairs"] == [{"i": 0, "j": 0, "pixels": 0, "step": [0, 0, 0]}]
    assert found["warnings"] == ["nothing of tile 1 is to be seen"]
    assert found["plan"]["bytes"] == 2_500_000 and found["stages"]["coadd"] == 1.25


def test_quiet_is_quiet(here, fake):
    # Without it cron sends mail of a run that went well.
    assert here("run", "-q", "a.fits", "-o", "out.fits") == (0, [], [])


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (zetwopass.ArgumentError("scale = -1, want more"), 3),
        (zetwopass.MissingFileError("no file matches x"), 3),
        (zetwopass.WCSError("a.fits has no celestial WCS"), 3),
        (zetwopass.WriteError("out.fits can't be written"), 3),
        (PermissionError(errno.EACCES, "Permission denied"), 3),
        (zetwopass.NoRoomError("the disk has 3 bytes"), 4),
        (OSError(errno.ENOSPC, "No space left on device"), 4),
        (zetwopass.BudgetError("max_chunk_bytes is too small"), 4),
        (zetwopass.LimitError("ulimit -v"), 4),
        (MemoryError(), 4),
        (zetwopass.MissingPackageError("reproject is wanted"), 1),
        (zetwopass.LibraryError("the library is not at x"), 1),
    ],
)
@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_failure_is_a_line_and_the_code_of_its_kind(here, fake, command, failure, code):
    # Without it a script can't tell a full disk from a missing tile.
    fake.failure = failure
    found, lines, errors = here(command, "a.fits", "-o", "out.fits")
    said = str(failure) or "there is not enough memory"
    assert (found, lines) == (code, []) and errors[-1] == f"Error: {said}"
    assert sum("Error" in line for line in errors) == 1


def test_a_defect_is_not_hidden(here, fake, monkeypatch):
    # Without it a report of a defect has a line and no place.
    fake.failure = ZeroDivisionError()
    monkeypatch.setattr("sys.argv", ["zetwopass", "run", "a.fits", "-o", "out.fits"])
    with pytest.raises(ZeroDivisionError):
        group.main()


def test_ctrl_c_is_a_line_and_130(here, fake, monkeypatch):
    # Without it a script goes on with half of the work.
    monkeypatch.setattr("os._exit", sys.exit)
    fake.failure = KeyboardInterrupt()
    code, lines, errors = here("run", "a.fits", "-o", "out.fits")
    assert (code, lines, errors[-1]) == (130, [], "cancelled")


@pytest.mark.parametrize("option", ["--png", "--tiff", "--report=look.html"])
def test_outputs_that_are_there_are_refused_before_the_work(here, fake, tmp_path, option):
    # Without it an hour's work ends in a refusal, or somebody's file is lost.
    path = tmp_path / {"--png": "out.png", "--tiff": "out.tiff"}.get(option, "look.html")
    path.write_text("mine")
    code, _, (error,) = here("run", "a.fits", "-o", "out.fits", option)
    assert (code, fake.calls) == (3, []) and f"{path.name} is there already" in error
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "module", "said"),
    [
        ("--png", "PIL", "--png wants Pillow: python -m pip install 'zetwopass[images]'"),
        ("--tiff", "tifffile", "--tiff wants tifffile: python -m pip install 'zetwopass[images]'"),
        ("--report=x.html", "jinja2", "--report wants jinja2: python -m pip install 'zetwopass[re"),
    ],
)
def test_a_missing_package_is_told_before_the_work(here, fake, monkeypatch, option, module, said):
    # Without it an hour's run ends in an ImportError.
    monkeypatch.setitem(sys.modules, module, None)
    code, _, (error,) = here("run", "a.fits", "-o", "out.fits", option)
    assert (code, fake.calls) == (1, []) and error.startswith(f"Error: {said}")


def test_plan_tells_grid_memory_and_disk(here, fake):
    # Without it a run of a night ends at a full disk.
    code, lines, errors = here("plan", "tiles")
    assert (code, errors) == (0, [])
    told = dict(line.split(maxsplit=1) for line in lines)
    assert told["nothing"] == "of b.fits will be seen"
    assert told["mosaic"] == "90 x 44, 3 channels"
    assert told["work"] == "7 chunks of 64 rows, 2 threads"
    assert told["memory"] == "2.5 MB at most" and told["read"] == "120 MB"
    assert told["written"] == "48 kB" and told["disk"] == "5 GB free, 16 kB for the time of the run"
    assert fake.calls[0][:2] == (["tiles"], "mosaic.fits")


def test_a_plan_that_the_disk_has_no_room_for_says_so(here, fake, monkeypatch):
    # Without it it has to be seen in two numbers.
    plan = fake.plan_assembly([], "")._replace(free_bytes=10_000)
    monkeypatch.setattr(plans, "plan_assembly", lambda *_, **settings: plan)
    code, lines, _ = here("plan", "tiles")
    assert code == 4 and lines[-1].split(maxsplit=1)[1] == "10 kB free: too little"
    assert here.json("plan", "tiles")[0] == 4


def test_a_plan_for_programs_has_the_grid(here, fake):
    # Without it a program asks for the WCS in another way.
    code, found = here.json("plan", "tiles")
    assert code == 0 and found["shape"] == [44, 90, 3] and found["plan"]["chunk_total"] == 7
    assert fits.Header(found["wcs"])["CTYPE1"] == "RA---TAN"


def test_report_writes_beside_the_mosaic_or_where_it_is_told(here, fake, monkeypatch, tmp_path):
    # Without it the page lands where nobody looks for it.
    called = []
    monkeypatch.setattr(reports, "write_report", lambda *a, **k: called.append((a, k)))
    assert here("report", "m17.fits") == (0, ["m17.html"], [])
    assert here("report", "m17.fits", "-o", "x.html", "--tiles", "there", "-q") == (0, [], [])
    assert called == [
        (("m17.fits", "m17.html"), {"tiles_root": None}),
        (("m17.fits", "x.html"), {"tiles_root": "there"}),
    ]
    (tmp_path / "m17.html").write_text("mine")
    code, _, (error,) = here("report", "m17.fits")
    assert code == 3 and "m17.html is there already; --overwrite replaces it" in error
    assert here.json("report", "m17.fits", "--overwrite")[1]["report"] == "m17.html"
    code, _, (error,) = here("report", "m17.fits", "-o", "no/x.html")
    assert code == 3 and "there is no folder no" in error


def test_run_writes_the_report_of_what_it_has_made(here, fake, monkeypatch):
    # Without it the report is of an older mosaic.
    called = []
    monkeypatch.setattr(reports, "write_report", lambda *a, **k: called.append(a))
    assert here("run", "a.fits", "-o", "out.fits", "--report", "x.html", "-q")[0] == 0
    assert called == [("out.fits", "x.html")]
