"""Both networks and their difference over a box: reachability, branching, the integer program."""
