"""The access review: one page to look at, and the table to certify as CSV and XLSX, from the dbt models in DuckDB.

Data flows one way: `database` opens the file, `overview` reads it into what the `page` shows, `sheets` writes the table
to certify, and `report` puts all three down. No rule of access is here: who reaches what, and what is a finding, is
decided by the SQL of the models.
"""
