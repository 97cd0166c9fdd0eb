"""The console's pages about rules: what is in force, what it says to a request, and changing it on record."""
