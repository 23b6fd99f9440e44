"""Forms of convolutions (``tiny_models.conv_spec``) that kernels of every type are tried with."""

GEOMETRIES = [
    {},
    {"stride": (2, 3)},
    {"dilation": (2, 2), "padding": 1},
    {"kernel": (1, 1), "per_channel": False},
    {"depthwise": True, "stride": (2, 2)},
    {"depthwise": True, "filters": 6, "activation": 0},
    {"activation": 3, "padding": 1},
]
