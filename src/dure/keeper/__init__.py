"""The keeper: the words an operator says on the house's own machine, `dure up` to `dure key rotate`.

In: what the operator types, the settings, the data directory. Out: a running house, a backup, a verdict.
Asks: app for the program put together; the ledger, the vault and the storage directly when the house sleeps.

`__main__.py` loads each word by its name when it is said, so this door hands out nothing.
"""
