"""The package: what is in the wheel and the source archive, and that the wheel works where nothing else is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.installing import build, install
from tests.meltano import MELTANO
from tests.support import discovered
from wix_demo import cli as demo

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
TAP, DEMO = ("tap-wix-users", "--discover"), ("tap-wix-users-demo", "there")
SANDBOX = ("tap-wix-users-sandbox", "--help")
REVIEWS = tuple(("wix-access-review", *words) for words in (["--help"], ["page", "there"], ["open", "--help"], []))


def _ran(*command, cwd, **options):
    """A command's end; the environment of this process is not handed on where it would lead to this checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TAP_WIX_USERS", "PYTHON"))}
    env |= {"NO_COLOR": "1", **options.pop("env", {})}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=500, **options,
    )  # fmt: skip


def _sources():
    """The packages' files in this checkout."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def _shipped():
    """What the demo needs of this checkout, file by file."""
    return _ran("git", "ls-files", *demo.PARTS, cwd=ROOT).stdout.splitlines()


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The wheel, made of the source archive alone, and that archive."""
    return build(into=tmp_path_factory.mktemp("built") / "dist")


@pytest.fixture(scope="session")
def only_tap(built, tmp_path_factory):
    """An environment that has the wheel without extras, and nothing else; and what commands say there."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(folder)
    # By pip, as most people do.
    command = [sys.executable, "-m", "pip", "--python", folder, "install", "--quiet", "--no-compile"]
    done = _ran(*command, "--constraint", ROOT / "constraints.txt", built[0], cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, {
        line: _ran(folder / "bin" / line[0], *line[1:], cwd=folder, env={"MELTANO": MELTANO})
        for line in (TAP, DEMO, SANDBOX, *REVIEWS)
    }


@pytest.fixture(scope="session")
def installed(built, only_tap):
    """The commands of the same environment, with the extra `demo`."""
    folder, _ = only_tap
    install(folder / "bin" / "python", f"{built[0]}[demo]")
    return folder / "bin"


def test_contents_of_the_wheel(built):
    """The package with its type marker, the demo's project, the licence, and nothing of tests or tools."""
    with zipfile.ZipFile(built[0]) as wheel:
        names = set(wheel.namelist())
        about = wheel.read(f"tap_wix_users-{version('tap-wix-users')}.dist-info/METADATA").decode()
    parts = {name for name in names if ".dist-info/" in name}
    assert names - parts == _sources() | {f"wix_demo/project/{part}" for part in _shipped()}
    assert "tap_wix_users/py.typed" in names
    assert {name.partition("/")[2] for name in parts} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip
    assert "License-Expression: Apache-2.0" in about
    assert "Requires-Python: >=3.11" in about


def test_contents_of_the_source_archive(built):
    """Everything that git has, so that a distribution's packager can run the tests; nothing that was built here."""
    listed = _ran("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    if listed.returncode:
        pytest.skip("not a git checkout")
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names == {name for name in listed.stdout.splitlines() if (ROOT / name).exists()} | {"PKG-INFO"}


def test_one_version(installed):
    """Only `pyproject.toml` has the version; the command reads it from there."""
    number = PYPROJECT["project"]["version"]
    assert version("tap-wix-users") == number
    done = _ran(installed / "tap-wix-users", "--version", cwd=installed)
    assert done.stdout.startswith(f"tap-wix-users v{number}, Meltano SDK v")
    modules = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    assert [path.name for path in modules if re.search(rf"\b{re.escape(number)}\b", path.read_text())] == []


def test_the_command(installed, tmp_path):
    """`--about` and `--discover` work, with the catalog of this checkout and without a warning."""
    about = _ran(installed / "tap-wix-users", "--about", "--format", "json", cwd=tmp_path)
    assert (about.returncode, json.loads(about.stdout)["name"]) == (0, "tap-wix-users")
    found = _ran(installed / "tap-wix-users", "--discover", cwd=tmp_path)
    assert (found.returncode, json.loads(found.stdout)) == (0, discovered())
    assert "Warning" not in about.stderr + found.stderr


def test_only_the_tap(only_tap):
    """Without extras there is the tap alone: the other commands say what they lack."""
    folder, said = only_tap
    assert said[TAP].returncode == 0
    assert (said[DEMO].returncode, said[DEMO].stderr) == (
        2,
        "duckdb is not installed: run `pip install 'tap-wix-users[demo]'`.\n",
    )
    words = "starlette", "uvicorn"
    sandbox = said[SANDBOX]
    assert sandbox.returncode == 2
    assert sandbox.stderr in [
        f"{word} is not installed: run `pip install 'tap-wix-users[sandbox]'`.\n" for word in words
    ]
    for line in REVIEWS:
        review = said[line]
        assert review.returncode == 2
        assert re.fullmatch(r"\w+ is not installed: run `pip install 'tap-wix-users\[review\]'`\.\n", review.stderr)
    assert not (folder / "there").exists()


def test_the_demo(installed, tmp_path):
    """In an empty folder it loads the made-up account and writes the review; its second run shows what changed, when.

    Everything that it writes is for its owner alone.
    """
    folder = tmp_path / "a folder of ours"
    outputs = []
    for _ in range(2):
        done = _ran(installed / "tap-wix-users-demo", folder.name, cwd=tmp_path, env={"MELTANO": MELTANO})
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
        outputs.append(done.stdout)
    first, second = outputs
    assert "Who has access to what (106 rows)" in first
    assert f"Run `tap-wix-users-demo {folder.name}` again" in first
    assert "Ivy Lindqvist" in first
    assert "gained" not in first
    assert "Who gained and who lost access" in second
    assert "first-review-filled-in.csv: 5 decisions taken, 0 rows without a new one" in first
    for told in (
        "Ivy Lindqvist: remove Account Admin (Co-Owner) on the whole account: carried out between",
        "automation@acme-studio.example: remove Website Manager on the whole account: open 0 days after the decision",
        "sofia.marin@acme-studio.example: remove Marketing Manager on the whole account: undone, taken away between",
        "every file of the campaign was as it had been left",
    ):
        assert told in second
    assert [line for line in second.splitlines() if "lost" in line and "ivy.lindqvist" in line]
    worst = [[line for line in output.splitlines() if line.startswith("- ")] for output in outputs]
    assert [len(lines) for lines in worst] == [5, 5]
    assert worst[0][0].startswith(
        "- CRITICAL: A new member holds a privileged role: Ivy Lindqvist. Joined on 2026-09-01"
    )
    assert worst[1][0].startswith(
        "- HIGH: An open invite seems to be for somebody who left: The invite to casey.marlow@"
    )
    page = folder / "output" / "access-review.html"
    for output in outputs:
        assert str(folder / "output" / "wix.duckdb") in output.replace("\n", "")
        assert f"The access review: {page} (" in output
    assert "Ivy Lindqvist" in page.read_text(encoding="utf-8")
    assert f'executable: "{installed / "tap-wix-users"}"' in (folder / "meltano.yml").read_text()
    assert "constraints.txt" not in (folder / "meltano.yml").read_text()
    # What is installed, and what everybody has of the package, is no secret.
    public = (*(folder / part for part in demo.PARTS), *folder.glob(".meltano/*/*/venv"))
    made = [path for path in folder.rglob("*") if not (path.is_symlink() or any(map(path.is_relative_to, public)))]
    assert {"wix.duckdb", "demo.json", "access-review.html"} <= {path.name for path in made}
    assert [path for path in made if path.stat().st_mode & 0o077] == []
    assert json.loads((folder / "output" / "demo.json").read_text())["days"] == 30


# The demo's folder, in this process.


def test_a_project_that_is_there_stays(tmp_path):
    """Nothing is written over: the folder may be somebody's own project."""
    (tmp_path / "meltano.yml").write_text("# mine\n")
    demo.lay(tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("meltano.yml", "# mine\n")]


@pytest.mark.parametrize(
    ("meltano", "folder", "words"),
    [
        ("", "there", "Meltano is not installed: run `pip install meltano`"),
        ("/bin/true", "file", "Cannot create a project in file: File exists."),
    ],
)
def test_a_demo_that_cannot_begin(tmp_path, monkeypatch, capsys, meltano, folder, words):
    """What is missing is said in a sentence, with 2, before anything is made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("MELTANO", meltano)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as end:
        demo.main([folder])
    assert end.value.code == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
