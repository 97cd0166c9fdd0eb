"""The console's pages about the ledger: read it, check it, hand it out."""
