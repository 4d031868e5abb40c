"""An export as a DuckDB database of views, and questions to it: python examples/files/record.py RECORD growth.sql"""

import glob
import json
import sys
from pathlib import Path

import duckdb

READ = {"parquet": "read_parquet('{}', hive_partitioning = false)", "csv": "read_csv('{}', hive_partitioning = false)"}


def opened(record: Path) -> duckdb.DuckDBPyConnection:
    """Every table of the export under its own name; nothing is copied."""
    if not (record / "manifest.json").is_file():
        raise SystemExit(f"{record} has no manifest.json: name a folder that `aquamind export` has written")
    told = json.loads((record / "manifest.json").read_text("utf-8"))
    if told["format"] not in READ:
        raise SystemExit(f"DuckDB reads no {told['format']} files: export with --format parquet")
    connection = duckdb.connect()
    for table, entry in told["tables"].items():
        files = f"{glob.escape(str(record))}/{entry['files']}".replace("'", "''")
        name = table.rpartition(".")[2]
        connection.execute(f'CREATE VIEW "{name}" AS FROM {READ[told["format"]].format(files)}')
    return connection


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    record, *questions = map(Path, sys.argv[1:])
    connection = opened(record)
    for question in questions:
        print(connection.sql(question.read_text("utf-8")))
