"""The console: server-rendered pages for the people who search, review, own, audit and account for it."""
