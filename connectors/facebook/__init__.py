"""The Facebook page channel: Messenger's Send API out, signed webhooks (messages and page feed) in."""
