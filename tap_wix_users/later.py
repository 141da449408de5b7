"""Packages of which only single modules are needed, and modules that are not."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """A package whose own code runs when something is asked of it that is none of its modules."""

    def __getattr__(self, name: str) -> Any:
        if find_spec(f"{self.__name__}.{name}"):
            return import_module(f"{self.__name__}.{name}")
        self.__class__ = ModuleType  # type: ignore[assignment]  # from here on it is like any other
        if self.__spec__ and self.__spec__.loader:
            self.__spec__.loader.exec_module(self)
        return getattr(self, name)


def later(*packages: str) -> None:
    """Let the modules of packages be imported without running what the packages import for everybody else.

    Args:
        packages: Their names, each behind the one that it is in; those that were imported already stay as they are.
    """
    for package in packages:
        spec = find_spec(package) if package not in sys.modules else None
        if spec:
            sys.modules[package] = module_from_spec(spec)
            sys.modules[package].__class__ = _Later


def never(*modules: str) -> None:
    """Let modules count as not installed, where who imports them can do without.

    Args:
        modules: Their names; those that were imported already stay as they are.
    """
    for module in modules:
        sys.modules.setdefault(module, None)  # type: ignore[arg-type]  # Python's sign for it
