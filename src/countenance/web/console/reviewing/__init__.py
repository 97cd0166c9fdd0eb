"""Reviews in the console: what waits, looking and voting blindly, the lead, and the overview for records."""
