"""The tree, the requests of a search, the drivers that answer them, budget and ledger."""
