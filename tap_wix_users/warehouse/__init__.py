"""The rule of what is current as SQL, and exported files as tables."""
