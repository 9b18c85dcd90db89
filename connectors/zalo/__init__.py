"""The Zalo Official Account channel: ``openapi.zalo.me`` out, signed webhooks in."""
