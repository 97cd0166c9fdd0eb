"""Answering for what was done: the report for a period, a search's dossier, a packet for disclosure, exceptions."""
