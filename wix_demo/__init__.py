"""The demo: a simulated account, through Meltano into DuckDB, and who has access to what."""
