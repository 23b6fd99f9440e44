"""What runs moves: context, statistics, acceptance, patches in pieces, the curve."""
