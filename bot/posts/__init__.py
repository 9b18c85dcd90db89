"""What organisations publish: written once, approved, on their pages and on Zalo; the comments answered."""
