"""accept(): an event is taken once and for good, also when Redis is away."""
