"""The command: what it prints, what it writes, and what it says when it cannot."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.review.warehouse import make
from wix_access_review.cli import main
from wix_access_review.errors import ReviewError
from wix_access_review.files import drafts, naming
from wix_access_review.report import write_review
from wix_access_review.sheets import write_csv, write_xlsx

COMMAND = [sys.executable, "-W", "error", "-m", "wix_access_review.cli"]
FILES = ["access-review.csv", "access-review.html", "access-review.xlsx"]


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_beside_the_database(tmp_path, capsys):
    """Without options the files lie beside the database, and their paths are printed."""
    path = make(tmp_path / "wix.duckdb", {})
    assert main([str(path)]) == 0
    page, table, book, said = capsys.readouterr().out.splitlines()
    assert (page, table, book) == (
        f"The review: {tmp_path}/access-review.html",
        f"to certify, as CSV: {tmp_path}/access-review.csv",
        f"and as XLSX: {tmp_path}/access-review.xlsx",
    )
    assert said.startswith("In the CSV and the XLSX an apostrophe stands before text that begins with = + - @")
    assert _names(tmp_path) == [*FILES, "wix.duckdb"]


def test_it_writes_where_it_is_told(database, tmp_path, capsys):
    """A folder that is not there is made, a title is taken, and files of the run before are replaced."""
    folder = tmp_path / "a" / "b"
    for title in ("First", "<b>Second</b>"):
        assert main([str(database), "--output", str(folder), "--title", title]) == 0
    assert _names(folder) == FILES
    assert "<title>&lt;b&gt;Second&lt;/b&gt;</title>" in (folder / "access-review.html").read_text(encoding="utf-8")


def test_equal_input_makes_equal_files(database, written, tmp_path):
    """A second run, as a process of its own with another hash seed, writes the same bytes."""
    subprocess.run(
        [*COMMAND, str(database), "--output", str(tmp_path)], check=True, env={**os.environ, "PYTHONHASHSEED": "7"}
    )
    assert [(tmp_path / name).read_bytes() == (written / name).read_bytes() for name in FILES] == [True] * 3


def test_an_error_is_one_line(tmp_path):
    """No traceback, exit code 1, and nothing on standard output."""
    run = subprocess.run([*COMMAND, str(tmp_path / "none.duckdb")], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == (
        f"wix-access-review: error: there is no file {tmp_path}/none.duckdb: "
        "name the DuckDB file that the pipeline wrote\n"
    )


def test_a_closed_pipe_is_no_traceback(database, tmp_path):
    """When nobody reads the paths, the files are written all the same."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, str(database), "--output", str(tmp_path)]
    with os.fdopen(writer, "w") as out:
        run = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    assert (run.returncode, run.stderr) == (1, "")
    assert _names(tmp_path) == FILES


def test_a_file_that_cannot_grow(database, tmp_path):
    """When the system takes no more bytes, the files of the run before stay as they were, and no draft is left."""
    for name in FILES:
        (tmp_path / name).write_text("before", encoding="utf-8")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = [*COMMAND, str(database), "--output", str(tmp_path)]
    run = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, check=False)
    assert run.stderr == (
        f"wix-access-review: error: {tmp_path}: the file would be larger than this system allows: name another folder\n"
    )
    assert (run.returncode, _names(tmp_path)) == (1, FILES)
    assert {(tmp_path / name).read_text(encoding="utf-8") for name in FILES} == {"before"}


@pytest.mark.parametrize(
    "write",
    [
        lambda draft: draft.write_text("page", encoding="utf-8"),
        lambda draft: write_csv(draft, []),
        lambda draft: write_xlsx(draft, [], title="", as_of=None),
    ],
    ids=["html", "csv", "xlsx"],
)
def test_a_full_disk_is_named(tmp_path, write):
    """The system's own error of a full device, met while writing any of the files, leaves none of them."""

    def fill() -> None:
        with naming(tmp_path), drafts([tmp_path / "file"]) as [draft]:
            draft.symlink_to("/dev/full")
            write(draft)

    with pytest.raises(ReviewError, match="the disk is full: free some space, or name another folder"):
        fill()
    assert _names(tmp_path) == []


def test_a_file_is_no_folder(database):
    """An output that is a file, or lies in one, is named."""
    for path in (database, database / "in"):
        with pytest.raises(ReviewError, match=f"{path}: it is (a file|not a folder): name a folder"):
            write_review(database, path)


def test_wrong_options(capsys):
    """Options that are not known exit with 2."""
    with pytest.raises(SystemExit) as raised:
        main(["a.duckdb", "--nope"])
    assert raised.value.code == 2
    assert "unrecognized arguments: --nope" in capsys.readouterr().err


def test_the_files_are_for_their_owner_alone(database, tmp_path):
    """They name people and what they may do; and no link that waits in the folder is followed."""
    aim = tmp_path / "aim"
    aim.write_text("precious")
    folder = tmp_path / "shared"
    folder.mkdir()
    for name in ("access-review.html", "access-review.csv", "access-review.xlsx"):
        (folder / name).symlink_to(aim)
        for number in range(3):
            (folder / f".{name}.{os.getpid() + number}.draft").symlink_to(aim)
    assert main([str(database), "--output", str(folder)]) == 0
    assert aim.read_text() == "precious"
    made = {path.name: path for path in folder.glob("access-review.*")}
    assert len(made) == 3
    assert {name: (path.is_symlink(), path.stat().st_mode & 0o777) for name, path in made.items()} == dict.fromkeys(
        made, (False, 0o600)
    )


@pytest.mark.parametrize("missing", ["duckdb", "xlsxwriter", "jinja2"])
@pytest.mark.parametrize("arguments", [[], ["--help"], ["page", "--help"], ["wix.duckdb"]])
def test_without_the_extra(missing, arguments, tmp_path):
    """Every command, and `--help`, says which extra is missing."""
    code = f"import sys; sys.modules[{missing!r}] = None; from wix_access_review.cli import main; sys.exit(main())"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == f"{missing} is not installed: run `pip install 'tap-wix-users[review]'`.\n"


def test_lines_that_cannot_be_printed(database, tmp_path):
    """On a full disk, and in an encoding that lacks a letter, the files are written all the same."""
    command = [*COMMAND, str(database), "--output", str(tmp_path / "caf\u00e9")]
    with Path("/dev/full").open("wb") as out:
        run = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
    said = "wix-access-review: error: it is done, and cannot be printed (No space left on device)\n"
    assert (run.returncode, run.stderr) == (1, said)
    assert _names(tmp_path / "caf\u00e9") == FILES
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"The review: {tmp_path}/caf\\xe9/access-review.html" in run.stdout


def test_options_that_are_no_text(database, tmp_path, capsys):
    """Bytes of another encoding than the terminal's are named, and nothing is written of them."""
    assert main(["page", str(database), "--output", str(tmp_path / "new"), "--title", "caf\udce9"]) == 1
    assert capsys.readouterr().err == (
        "wix-access-review: error: --title is not text in the encoding of this terminal\n"
    )
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--due", "soon"], "argument --due: 'soon' is not a day: write it as 2026-12-31"),
        (["--max-age", "-1"], "argument --max-age: '-1' is not a number from 0 to 99999"),
        (["--max-age", "99999999999"], "argument --max-age: '99999999999' is not a number from 0 to 99999"),
        (["--max-age", "\u0663"], "argument --max-age: '\u0663' is not a number from 0 to 99999"),
    ],
)
def test_options_out_of_range(capsys, option, said):
    """They are named with what to write, before anything is read."""
    with pytest.raises(SystemExit) as raised:
        main(["open", "none.duckdb", "--name", "Q", *option])
    assert raised.value.code == 2
    assert said in capsys.readouterr().err
