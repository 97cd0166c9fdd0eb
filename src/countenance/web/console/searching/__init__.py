"""Pages that search a gallery under a case and show candidates, nobody, or that people have to look first."""
