"""Searches in the console: their list, refusals included, and each one's dossier with what is handed out of it."""
