"""`on:`, what starts a workflow and what it takes and gives then."""
