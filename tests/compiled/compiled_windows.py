"""Windows of any geometry that fits their input."""

from hypothesis import assume
from hypothesis import strategies as st

from mendlite.arith.geometry import make_transposed_window, make_window


@st.composite
def windows(draw):
    """(input's height, width; window) with any padding, stride and dilation that fits."""
    spatial = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    size = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    stride = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    if draw(st.booleans()):
        output = tuple((n - 1) * s + k - draw(st.integers(0, 1)) for n, s, k in
                       zip(spatial, stride, size, strict=True))  # fmt: skip
        assume(min(output) > 0)
        return spatial, make_transposed_window(spatial, size, (1, 1), output, "VALID")
    dilation = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    try:
        window = make_window(
            spatial, size, stride, dilation, draw(st.sampled_from(["SAME", "VALID"]))
        )
    except ValueError:
        assume(False)
    return spatial, window
