"""Run in dbt's own environment, before the first of its commands: that parses the project once for all of them.

Of each class dbt works out how it is read, written and checked, when it first is; that is half of what a command takes.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dbt.cli.main import dbtRunner

ROOT = Path(__file__).parents[1] / "transform"
# The process that looks after dbt's locks is shared by all commands, which leave theirs to it.
os.environ["PYTHONWARNINGS"] = "ignore"
for profile in (ROOT / "profiles").iterdir():
    if f"dbt.adapters.{profile.name}" in sys.modules:
        # To parse, dbt connects to nothing; each command has an environment of its own.
        names = re.findall(r"env_var\('(\w+)'\)", (profile / "profiles.yml").read_text(encoding="utf-8"))
        with TemporaryDirectory() as target:
            os.environ |= {**dict.fromkeys(names, "-"), "DBT_TARGET_PATH": target, "DBT_LOG_PATH": target}
            # What is wrong with the project each command says itself.
            dbtRunner().invoke(["--quiet", "parse", "--project-dir", str(ROOT), "--profiles-dir", str(profile)])
