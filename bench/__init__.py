"""One script for each number that Dure claims: `python -m bench.ledger_writes` prints one JSON line."""
