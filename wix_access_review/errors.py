"""What can go wrong with a review, in words that say what to do."""

from __future__ import annotations


class ReviewError(Exception):
    """The review cannot be written. The message says why, and what to do."""
