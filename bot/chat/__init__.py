"""The web chat's side of the house: the page, its API, the widget and the feed that both read."""
