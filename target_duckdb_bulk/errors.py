"""Errors that end a load; each message is meant for the user."""

from __future__ import annotations


class LoadError(Exception):
    """The load cannot continue."""


class InputError(LoadError):
    """The input cannot be stored."""


class DatabaseError(LoadError):
    """DuckDB failed."""
