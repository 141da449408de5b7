"""The tables: each declared once, as a pydantic model, and made of API objects by pure functions."""
