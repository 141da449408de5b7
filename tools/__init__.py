"""The project's tools: they generate files that are checked in, and are not part of the package."""
