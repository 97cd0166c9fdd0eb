"""The console's home for those who answer for the record: exceptions first, then figures, each with its list."""
