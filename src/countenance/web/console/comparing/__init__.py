"""Pages that compare two photos and say what the score means."""
