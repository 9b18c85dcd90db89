"""How fast it is, measured on real processes, next to Rasa's own Facebook channel: ``make bench``."""
