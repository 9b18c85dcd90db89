"""HTTP in: verify, parse, accept, 200; nothing else."""
