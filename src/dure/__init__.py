"""Dure (두레) carries a change round the whole DevOps loop."""
