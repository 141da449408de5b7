"""Tools of the project: they make files that are kept, and are no part of the package."""
