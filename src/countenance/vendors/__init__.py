"""Recognisers of vendors, asked through the vendors' own client libraries: paid calls, archived and never repeated."""
