"""The tables: each declared once, as a pydantic model, and filled from API objects by pure functions."""
