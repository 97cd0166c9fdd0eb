"""The audit workbench: labelled photos or scores → one result document, and what is made of it."""
