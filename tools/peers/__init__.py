"""Other quantizers, each run in its own environment; see tools/bench_peers.py."""
