"""Stand-ins for Zalo and Facebook over real HTTP, and a phone-like page to talk through them."""
