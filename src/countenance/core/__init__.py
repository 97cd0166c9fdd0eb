"""The field's words, the one score, the one threshold rule, the errors. Five files, closed: a sixth needs an ADR."""
