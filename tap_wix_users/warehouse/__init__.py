"""The rule for what is current as SQL, and exported files as tables."""
