"""Adds the demo's project files to the wheel, if the checkout has the demo: the Docker image of the tap does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PARTS = ("meltano.yml", "constraints-dbt.txt", "transform")
"""The same as `PARTS` in `wix_demo/cli.py`, which cannot be imported where the wheel is built."""


class DemoProject(BuildHookInterface):
    """Adds the demo's Meltano project."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add.

        Args:
            version: What is built: ``standard`` or ``editable``, which needs no copy.
            build_data: What goes into the wheel.
        """
        if version != "editable" and (Path(self.root) / "wix_demo").is_dir():
            build_data["force_include"].update({part: f"wix_demo/project/{part}" for part in PARTS})
