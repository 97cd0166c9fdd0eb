"""Steps that bring a database to the present schema, oldest first. A published step is never edited.

To add one: change ``storage/tables.py`` or the ``*_tables.py`` of its subject, write ``versions/vNNNN_what_it_does.py``
by hand with ``down_revision`` set to the step before, and append its number to ``REVISIONS``. Tests compare the outcome
of all steps with those modules on both databases, and this list with the files.
"""

from __future__ import annotations

#: All revisions this code knows, oldest first; the last one is the present schema.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
