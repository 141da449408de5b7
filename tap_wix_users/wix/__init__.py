"""A small read-only client of the Wix account-level API. It knows nothing of Singer."""
