"""Where a resident's dossier stands: its sources, the import of the one-stop software's lists, the guard."""
