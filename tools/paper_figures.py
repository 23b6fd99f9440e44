"""QNNRepair's own figures (Song et al., SEFM 2023, arXiv 2306.13793), to stand beside ours.

Percentages are accuracies on the paper's validation sets: the 10,000 test images of CIFAR-10,
ImageNet for MobileNetV2.
"""

from __future__ import annotations

TABLE2 = (
    ("Conv3", "CIFAR-10", "6", "1.0 M", "66.48", "66.20"),
    ("Conv5", "CIFAR-10", "12", "2.6 M", "72.90", "72.64"),
    ("VGGNet", "CIFAR-10", "45", "9.0 M", "78.67", "78.57"),
    ("ResNet-18", "CIFAR-10", "69", "11.2 M", "79.32", "79.16"),
    ("MobileNetV2", "ImageNet", "156", "3.5 M", "71.80", "65.86"),
)
HEAD2 = ("paper's network", "data", "layers", "parameters", "float, %", "quantized, %")

TABLE3 = (
    ("Conv3 dense-2", "63.43 / 64.74 / 38.90 / -", "66.26 / 66.36 / 62.35 / -", "57.00"),
    ("Conv3 dense-1", "65.23 / 66.31 / - / -", "66.10 / 66.39 / - / -", "66.46"),
    (
        "Conv5 dense-2", "72.49 / 72.55 / 72.52 / 72.52", "72.56 / 72.56 / 72.56 / 72.56", "72.54",
    ),
    ("Conv5 dense-1", "72.51 / 72.52 / - / -", "72.58 / 72.56 / - / -", "72.56"),
    (
        "VGGNet dense-3", "78.13 / 78.44 / 78.20 / 78.38", "78.83 / 78.82 / 78.78 / 78.66", "78.60",
    ),
    (
        "VGGNet dense-2", "78.36 / 78.59 / 78.44 / 78.22", "78.55 / 78.83 / 78.83 / 78.83", "78.83",
    ),
    ("VGGNet dense-1", "78.94 / 67.75 / - / -", "79.29 / 69.04 / - / -", "74.49"),
    ("ResNet-18 dense-1", "78.90 / 78.92 / - / -", "79.08 / 79.20 / - / -", "78.17"),
)  # fmt: skip
HEAD3 = (
    "paper's layer", "random, 1 / 5 / 10 / 100 neurons", "localized, 1 / 5 / 10 / 100", "all",
)  # fmt: skip

TABLE4 = (("MobileNetV2, last layer", "70.75 / 70.46", "70.77 (Euclid) / 70.00", "68.98"),)
HEAD4 = ("paper's layer", "random, 10 / 100 neurons", "localized, 10 / 100", "all")

TABLE5 = (
    ("MobileNetV2", "46.09", "1.64", "70.77", "about 15"),
    ("ResNet-18", "70.70", "0.71", "79.20", "about 9"),
)
HEAD5 = ("paper's network", "SQuant, %", "SQuant, s", "QNNRepair, %", "QNNRepair, hours")

TABLE6 = (("75", "8.98", "5.27", "1.76", "8.98", "9"),)
HEAD6 = (
    "paper, VGGNet dense-2, 512 neurons: ≤ 5 min, %", "5 to 10 min, %", "10 to 30 min, %",
    "30 min to 1 h, %", "unsolved, %", "hours in all",
)  # fmt: skip

TABLE7 = (
    ("MobileNetV2 dense-1", "1000", "70.61", "69.76", "69.73", "69.73", "69.72", "70.70", "69.73",
     "69.56"),
    ("MobileNetV2 dense-1", "500", "68.99", "69.01", "69.05", "69.05", "68.99", "69.46", "69.06",
     "69.00"),
    ("MobileNetV2 dense-1", "100", "69.50", "69.42", "69.46", "69.46", "69.53", "69.98", "69.46",
     "70.12"),
    ("MobileNetV2 dense-1", "10", "70.62", "70.15", "70.12", "70.12", "70.17", "70.73", "70.12",
     "70.18"),
    ("VGGNet dense-3", "1000", "78.64", "78.64", "78.64", "78.64", "78.65", "78.66", "78.66",
     "78.22"),
    ("VGGNet dense-2", "1000", "78.83", "78.83", "78.83", "78.83", "78.83", "78.83", "78.83",
     "78.38"),
    ("Conv3 dense", "1000", "59.50", "59.50", "59.50", "59.50", "59.27", "59.27", "59.27",
     "32.42"),
)  # fmt: skip
"""100 neurons are repaired, 30 of Conv3."""

HEAD7 = (
    "paper's layer", "images", "tarantula", "ochiai", "dstar", "jaccard", "ample", "euclid",
    "wong3", "random",
)  # fmt: skip
