"""The Dockerfile and the workflows, as far as they can be checked without a container engine or a forge."""

from __future__ import annotations

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = ROOT / "Dockerfile"
WORKFLOW = ROOT / ".github" / "workflows" / "test.yml"
RELEASE = WORKFLOW.with_name("release.yml")
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def _instructions():
    """The instructions of the Dockerfile, with their words, in order."""
    text = DOCKERFILE.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _copied():
    """What is copied from this folder, by where it goes to."""
    words = [arguments.split() for name, arguments in _instructions() if name == "COPY" and "--from" not in arguments]
    return {source for *sources, _ in words for source in sources}


def test_hadolint():
    """The linter of Dockerfiles has nothing to say, and nothing was switched off for it."""
    tool = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([tool, "--no-color", DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "hadolint ignore" not in DOCKERFILE.read_text(encoding="utf-8")
    assert not list(ROOT.glob(".hadolint*"))


def test_hadolint_works():
    """The linter that says nothing above does say something about a bad file."""
    tool = Path(sys.executable).with_name("hadolint")
    bad = "FROM python:latest\nRUN cd /tmp && pip install x\n"
    done = subprocess.run([tool, "-"], input=bad, capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_the_image_holds_no_secret():
    """It runs as an unprivileged user, and no instruction contains a key."""
    found = _instructions()
    users = [arguments for name, arguments in found if name == "USER"]
    assert users == ["10001"]
    assert [line for line in found if re.search("key|token|secret|password", " ".join(line), re.IGNORECASE)] == []
    assert {name for name, _ in found} <= {
        "FROM",
        "WORKDIR",
        "RUN",
        "COPY",
        "LABEL",
        "ENV",
        "USER",
        "ENTRYPOINT",
        "CMD",
    }


def test_what_is_left_out_of_the_build():
    """Only what is copied reaches the builder: `.env`, with the key, does not."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == _copied()
    assert not any(fnmatch.fnmatch(".env", rule[1:]) for rule in rules if rule.startswith("!"))


def test_what_is_copied_is_enough(tmp_path):
    """The package can be built from what the Dockerfile copies, and nothing else."""
    for name in _copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / "src").mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / "src")
    line = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "out"), str(tmp_path / "src")]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*.whl"))) == 1


# The workflow.


@pytest.fixture(scope="module")
def jobs():
    """The jobs of the workflow."""
    return yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("dependabot", "dependabot.yml"),
    ],
)
def test_the_schema(schema, files):
    """GitHub's schemas take the workflows, the forms of issues and the settings of Dependabot."""
    found = sorted(map(str, (ROOT / ".github").glob(files)))
    assert found
    line = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *found]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_pythons(jobs):
    """`make test` runs on each Python that the package says it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [line.rpartition(" ")[2] for line in project["classifiers"] if ":: Python ::" in line]
    assert jobs["test"]["strategy"]["matrix"]["python"] == declared == PYTHONS
    assert project["requires-python"] == f">={PYTHONS[0]}"
    run = "make test PYTHON=python${{ matrix.python }} MELTANO_PYTHON=python${{ matrix.meltano || matrix.python }}"
    assert jobs["test"]["steps"][-1] == {"run": run}
    variables = re.findall(r"^(\w*PYTHON) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert variables == ["PYTHON", "MELTANO_PYTHON"]


def test_the_audit(jobs):
    """Known holes are looked for in all that is pinned; what cannot be looked up fails the job."""
    assert jobs["audit"]["steps"][-1]["run"].splitlines() == [
        "for file in constraints*.txt; do",
        '    pip-audit --strict --no-deps --disable-pip --requirement "$file"',
        "done",
    ]


@pytest.mark.parametrize("workflow", [WORKFLOW, RELEASE], ids=["test", "release"])
def test_a_workflow_may_only_read(workflow):
    """Its token cannot change the repository, and no secret is in it."""
    text = workflow.read_text(encoding="utf-8")
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


def test_the_release():
    """Nothing is published untested or without notes; what publishes runs no code of the project, and has no token."""
    build, publish = yaml.safe_load(RELEASE.read_text(encoding="utf-8"))["jobs"].values()
    commands = [step["run"] for step in build["steps"] if "run" in step]
    assert commands[-3:] == [
        "make test",
        '.venv/bin/python -m tools.release_notes "${GITHUB_REF_NAME#v}" > notes.md',
        ".venv/bin/python -m build",
    ]
    assert "permissions" not in build
    assert publish["permissions"] == {"contents": "write", "id-token": "write"}
    assert (publish["needs"], publish["environment"]) == ("build", "release")
    assert not any("checkout" in step.get("uses", "") or "make" in step.get("run", "") for step in publish["steps"])


def test_the_hooks_of_a_commit():
    """Each hook runs a tool of the environment, which is there."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    tools = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert tools == {f".venv/bin/{name}" for name in ("check-jsonschema", "mypy", "ruff")}
    assert [tool for tool in tools if not (Path(sys.executable).parent / Path(tool).name).is_file()] == []
