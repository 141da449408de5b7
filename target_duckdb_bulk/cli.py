"""The command: errors are reported as one-line messages, with a non-zero exit code."""

from __future__ import annotations

import sys

import duckdb
from singer_sdk.exceptions import SingerSDKError

from target_duckdb_bulk.errors import LoadError
from target_duckdb_bulk.target import TargetDuckDbBulk


def main() -> None:
    """Run `target-duckdb-bulk`."""
    try:
        TargetDuckDbBulk.cli()
    except (LoadError, SingerSDKError) as error:
        _end(str(error))
    except OSError as error:
        _end(f"The load failed: {error.strerror or error}{f' ({error.filename})' if error.filename else ''}.")
    except duckdb.Error as error:
        _end(f"The load failed: {str(error).partition(chr(10))[0]}")


def _end(why: str) -> None:
    TargetDuckDbBulk.logger.error("%s Committed rows stay; no state was emitted for the others.", why)
    sys.exit(1)


if __name__ == "__main__":
    main()
