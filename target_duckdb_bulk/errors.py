"""What ends a load: each error is a sentence for whoever runs it."""

from __future__ import annotations


class LoadError(Exception):
    """The load cannot go on."""


class InputError(LoadError):
    """The messages cannot be stored as they are."""


class DatabaseError(LoadError):
    """DuckDB cannot do what was asked of it."""
