"""A model as a verification network: exact affine sums, rounding noise, clamps."""
