"""What runs moves: context, acceptance, patches in pieces, the curve."""
