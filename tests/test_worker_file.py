"""The block in a worker file: put in, changed and taken out, to the byte; what is refused."""

import os
import stat
import sys

import pytest

from application import WORKER
from zetwopass import ArgumentError, FileError, MissingFileError
from zetwopass.zemosaic import block_status, put_block, remove_block

BEGIN, END = b"# >>> zetwopass", b"# <<< zetwopass"


@pytest.fixture
def worker(zemosaic):
    return zemosaic / "zemosaic_worker.py"


def copy_of(worker):
    return worker.with_name("zemosaic_worker.py.before-zetwopass")


FORMS = {
    "LF": WORKER.encode(),
    "CRLF": WORKER.replace("\n", "\r\n").encode(),
    "CR": WORKER.replace("\n", "\r").encode(),
    "LF, the last CRLF": WORKER.encode()[:-1] + b"\r\n",
    "a mark": b"\xef\xbb\xbf" + WORKER.encode(),
    "a mark and CRLF": b"\xef\xbb\xbf" + WORKER.replace("\n", "\r\n").encode(),
    "latin-1": b"# -*- coding: latin-1 -*-\n" + WORKER.encode("latin-1"),
    "no newline": WORKER.encode().rstrip(),
    "CRLF, no newline": WORKER.replace("\n", "\r\n").encode().rstrip(),
    "a comment without newline": WORKER.encode() + b"# the end",
    "an indented end": WORKER.encode() + b"if WORKER:\n    pass\n    # the end",
    "many newlines": WORKER.encode() + b"\n\n\n\n",
    "spaces at the end": WORKER.encode() + b"    ",
    "in a branch": b"if True:\n    pass\n" + WORKER.encode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scope", ["second-pass", "phase5"])
def test_uninstall_restores_every_byte_and_the_folder(worker, form, scope):
    # Without it an installation that was only tried leaves traces in somebody's source.
    worker.write_bytes(FORMS[form])
    names = set(os.listdir(worker.parent))
    put_block(str(worker.parent), scope)
    assert worker.read_bytes() != FORMS[form]
    remove_block(str(worker))
    assert worker.read_bytes() == FORMS[form]
    assert set(os.listdir(worker.parent)) == names


@pytest.mark.parametrize("form", FORMS)
def test_the_file_stays_as_it_was_before_the_block_which_has_its_line_ends(worker, form):
    # Without it a file changes where nobody looks, or half of it has other line ends.
    worker.write_bytes(FORMS[form])
    put_block(str(worker), "second-pass")
    data = worker.read_bytes()
    assert data.startswith(FORMS[form])
    compile(data, "worker", "exec")
    block = data[len(FORMS[form]) :]
    crlf = form.endswith(("CRLF", "CRLF, no newline"))
    assert block.count(b"\r\n") == (block.count(b"\n") if crlf else 0)


def test_a_copy_of_the_file_as_it_was_stays_beside_it(worker):
    # Without it there is no way back for one who has lost the command.
    put_block(str(worker), "second-pass")
    put_block(str(worker), "phase5")
    assert copy_of(worker).read_bytes() == WORKER.encode()


def test_an_updated_application_gets_a_new_copy(worker):
    # Without it the copy is one of an old version, and mending by it a step back.
    put_block(str(worker), "second-pass")
    worker.write_bytes(WORKER.encode() + b"NEW = 1\n")
    put_block(str(worker), "second-pass")
    assert copy_of(worker).read_bytes() == WORKER.encode() + b"NEW = 1\n"


def test_twice_is_once(worker):
    # Without it the functions are replaced twice, which raises.
    put_block(str(worker), "phase5")
    before = worker.read_bytes(), worker.stat().st_ino
    assert "is there already, with the scope phase5" in put_block(str(worker), "phase5")
    assert (worker.read_bytes(), worker.stat().st_ino) == before


def test_another_scope_takes_the_place_of_the_first(worker):
    # Without it there are two blocks, or the first wins without a word.
    put_block(str(worker), "second-pass")
    assert "has the scope phase5 now, before second-pass" in put_block(str(worker), "phase5")
    other = worker.read_bytes()
    remove_block(str(worker))
    put_block(str(worker), "phase5")
    assert worker.read_bytes() == other


def test_status_says_what_there_is(worker):
    # Without it nobody knows what runs.
    assert "zetwopass is not there" in block_status(str(worker))
    assert "zetwopass is not there" in remove_block(str(worker))
    put_block(str(worker), "phase5")
    assert "zetwopass is there, with the scope phase5" in block_status(str(worker.parent))


def test_text_after_the_block_is_kept_and_comes_before_it_again(worker):
    # Without it an edit of the user's is lost, or defines anew what the block has replaced.
    put_block(str(worker), "phase5")
    worker.write_bytes(worker.read_bytes() + b"LATER = 1\n")
    assert "is at the end again" in put_block(str(worker), "phase5")
    assert worker.read_bytes().startswith(WORKER.encode() + b"LATER = 1\n")
    assert "has changed meanwhile" in remove_block(str(worker))
    assert worker.read_bytes() == WORKER.encode() + b"LATER = 1\n"
    assert copy_of(worker).read_bytes() == WORKER.encode()


def test_text_after_a_block_whose_empty_line_is_gone_stays_on_its_line(worker):
    # Without it two lines become one.
    put_block(str(worker), "phase5")
    data = worker.read_bytes().replace(b"\n\n" + BEGIN, b"\n" + BEGIN) + b"LATER = 1\n"
    worker.write_bytes(data)
    remove_block(str(worker))
    assert worker.read_bytes() == WORKER.encode() + b"LATER = 1\n"


def test_line_ends_that_an_editor_has_changed_are_known_again(worker):
    # Without it a file that went through git on Windows can't be uninstalled.
    put_block(str(worker), "phase5")
    worker.write_bytes(worker.read_bytes().replace(b"\n", b"\r\n").rstrip())
    remove_block(str(worker))
    assert worker.read_bytes() == FORMS["CRLF"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600])
def test_the_mode_stays(worker, mode):
    # Without it a program stops being one, or others may read it.
    worker.chmod(mode)
    put_block(str(worker), "second-pass")
    assert stat.S_IMODE(worker.stat().st_mode) == mode
    assert stat.S_IMODE(copy_of(worker).stat().st_mode) == mode


@pytest.mark.skipif(sys.platform == "win32", reason="wine follows no links")
def test_a_link_stays_one_and_its_file_changes(worker, tmp_path):
    # Without it the link becomes a file, and what it led to is no longer what runs.
    real = tmp_path / "real.py"
    worker.rename(real)
    worker.symlink_to(real)
    assert str(real) in put_block(str(worker.parent), "second-pass")
    assert worker.is_symlink() and BEGIN in real.read_bytes()
    remove_block(str(worker))
    assert worker.is_symlink() and real.read_bytes() == WORKER.encode()


# What is refused


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x = 1\n", "has no function run_second_pass_coverage_renorm"),
        (
            WORKER.replace("def compute_", "def other_").encode(),
            "has no function compute_per_tile_gains_from_coverage",
        ),
        (f"class Worker:\n    {WORKER.replace(chr(10), chr(10) + '    ')}".encode(), "no function"),
        (WORKER.encode() + b"def\n", "is no Python that can be read here"),
        (WORKER.encode() + b"x = '''\n", "is no Python that can be read here"),
        (b"\x7fELF\0" + WORKER.encode(), "is no Python file; a frozen ZeMosaic has none"),
        (WORKER.encode("latin-1"), "is no Python that can be read here"),
        (b"", "has no function"),
    ],
)
def test_a_file_that_is_no_worker_is_refused(worker, data, message):
    # Without it any file gets a block, which does nothing there.
    worker.write_bytes(data)
    with pytest.raises(ArgumentError, match=message):
        put_block(str(worker), "phase5")
    assert worker.read_bytes() == data
    assert not copy_of(worker).exists()


def spoiled(data):
    """Return blocks with other text in them, and with markers that don't pair."""
    start, end = data.index(BEGIN), data.index(END)
    yield data.replace(b"    try:", b"    print()\n    try:", 1)
    yield data.replace(b'scope="phase5"', b'scope="all"')
    yield data.replace(b"zetwopass 1, scope phase5", b"zetwopass 1, scope second-pass")
    yield data.replace(b"zetwopass 1,", b"zetwopass 2,")
    yield data[:end]
    yield data[:start] + data[end:]
    yield data[:start] + data[end:] + data[start:end]
    yield data + data[start:]
    yield data.replace(END, END + b" and more")


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize(
    "command", [lambda path: put_block(path, "second-pass"), remove_block, block_status]
)
def test_a_block_with_foreign_text_is_refused_by_every_command(worker, number, command):
    # Without it what somebody wrote there is lost.
    put_block(str(worker), "phase5")
    data = list(spoiled(worker.read_bytes()))[number]
    worker.write_bytes(data)
    with pytest.raises(ArgumentError, match="mend it by hand, or from .*before-zetwopass"):
        command(str(worker))
    assert worker.read_bytes() == data


@pytest.mark.parametrize("there", [False, True])
def test_a_read_only_file_is_refused(worker, there):
    # Without it the wish of who protected it counts for nothing: replacing needs no permission.
    if there:
        put_block(str(worker), "phase5")
    before = worker.read_bytes()
    worker.chmod(0o444)
    with pytest.raises(FileError, match=r"zemosaic_worker.py is read-only"):
        remove_block(str(worker)) if there else put_block(str(worker), "phase5")
    assert worker.read_bytes() == before
    assert copy_of(worker).exists() == there


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "PATH can't be read"),
        (lambda path: path.mkdir(), "is a folder without a zemosaic_worker.py"),
        (lambda path: path.symlink_to(path.parent / "nothing"), "PATH can't be read"),
    ],
)
def test_a_path_to_nothing_is_refused(tmp_path, make, message):
    # Without it a typing error ends in a traceback.
    make(tmp_path / "there")
    with pytest.raises(MissingFileError, match=message):
        put_block(str(tmp_path / "there"), "phase5")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_what_is_no_file_is_refused(tmp_path):
    # Without it the command waits for ever.
    os.mkfifo(tmp_path / "zemosaic_worker.py")
    with pytest.raises(FileError, match="is neither a folder nor a file"):
        put_block(str(tmp_path), "phase5")


def test_an_unknown_scope_is_refused(worker):
    # Without it a typing error becomes text in the file.
    with pytest.raises(ArgumentError, match="scope = 'all', want 'second-pass' or 'phase5'"):
        put_block(str(worker), "all")


# What fails midway


@pytest.mark.parametrize("failing", ["fsync", "replace", "fdopen"])
@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("error", [OSError(28, "no space left"), KeyboardInterrupt()])
def test_what_fails_midway_leaves_the_folder_as_it_was(worker, monkeypatch, failing, at, error):
    # Without it a full disk or Ctrl-C leaves half an application.
    real, calls = getattr(os, failing), []

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise error
        return real(*arguments)

    names = set(os.listdir(worker.parent))
    monkeypatch.setattr(os, failing, fail)
    with pytest.raises((FileError, KeyboardInterrupt), match="can't be written|^$"):
        put_block(str(worker), "phase5")
    assert len(calls) == at
    assert worker.read_bytes() == WORKER.encode()
    assert set(os.listdir(worker.parent)) == names


def test_what_ends_between_copy_and_file_is_done_by_the_next_call(worker):
    # Without it a killed installation can't be repeated.
    copy_of(worker).write_bytes(b"half")
    put_block(str(worker), "phase5")
    assert copy_of(worker).read_bytes() == WORKER.encode()
    remove_block(str(worker))
    assert worker.read_bytes() == WORKER.encode()
