"""The tree, the requests of a search, the drivers that have them handled, budget and ledger."""
