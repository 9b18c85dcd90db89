"""Text -> Understanding: folding, the Rasa client, the rapidfuzz matcher, the decision bands."""
