"""Rows: the only package that speaks SQL, and the only one that holds the keys templates are sealed with."""
