#!/usr/bin/env bash
# Two days of CloudTrail become a log. Who used the key? The same question in DuckDB. And was anything changed since?
#
#   examples/audit.sh [FOLDER]        the log goes to FOLDER, or to a new one below the temporary folder
#
# WARDBOOK names the binary; without it, cargo builds and runs it. DuckDB comes from PyPI into a virtual environment in
# FOLDER, unless WARDBOOK_PYTHON names a Python that has it.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="${1:-$(mktemp -d)}"
mkdir -p "$folder"
key=arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab

wardbook() {
    if [ -n "${WARDBOOK:-}" ]; then "$WARDBOOK" "$@"; else cargo run --quiet --release -- "$@"; fi
}

echo "# audit import"
wardbook audit import examples/cloudtrail --to "$folder/log" --signing-key "$folder/signing.key"

echo "# audit query used-by"
wardbook audit query used-by "$folder/log" --key "$key" --format csv

echo "# audit verify"
wardbook audit verify "$folder/log" --signing-key "$folder/signing.key"

python="${WARDBOOK_PYTHON:-}"
if [ -z "$python" ]; then
    if ! python3 -m venv "$folder/venv" || ! "$folder/venv/bin/pip" install --quiet --retries 1 duckdb pytz; then
        echo "skipped: DuckDB needs python3 with venv, and PyPI" >&2
        exit 0
    fi
    python="$folder/venv/bin/python"
fi

echo "# DuckDB"
wardbook audit schema --engine duckdb "$folder/log" >"$folder/events.sql"
"$python" - "$folder/events.sql" "$key" <<'PYTHON'
import csv, sys, duckdb

database = duckdb.connect()
database.execute(open(sys.argv[1]).read())
answer = database.execute(
    """SELECT principal_arn, event_name, count(*) AS count,
         strftime(min(event_time) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS first_seen,
         strftime(max(event_time) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS last_seen
       FROM events
       WHERE kms_key_arn = ? AND error_code IS NULL AND event_name IN ('Decrypt', 'Encrypt', 'GenerateDataKey')
       GROUP BY ALL ORDER BY ALL""",
    [sys.argv[2]],
)
lines = csv.writer(sys.stdout)
lines.writerow([column[0] for column in answer.description])
lines.writerows(answer.fetchall())
PYTHON
