"""Tests of the Zalo and Facebook connectors: recorded payloads, signatures, rendering, clients."""
