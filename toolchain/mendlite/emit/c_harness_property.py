"""What the harness asserts, and the two programs it can be: a checker's and one that runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mendlite.emit.c_harness_graph import INPUT, EmittedNetwork
from mendlite.emit.c_harness_text import array

INT8 = np.iinfo(np.int8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassBox:
    """Inputs i8[n] from ``low`` to ``high`` for which the top-1 class is ``top``.

    The top-1 class is the first of the largest logits, as ``argmax`` takes it. ``origin`` states in
    words where the box comes from.
    """

    low: NDArray[np.int8]
    high: NDArray[np.int8]
    top: int
    origin: str

    @staticmethod
    def around(center: NDArray[np.int8], radius: int, top: int, origin: str) -> ClassBox:
        """All inputs within ``radius`` steps of ``center`` in each of its values."""
        values = center.reshape(-1).astype(np.int64)
        low, high = (
            np.clip(values + step, INT8.min, INT8.max).astype(np.int8) for step in (-radius, radius)
        )
        return ClassBox(low=low, high=high, top=top, origin=origin)


RUN = """\
#ifdef MENDLITE_RUN

/* Raw int8 samples on stdin, the bytes of their logits on stdout. */
#include <stdio.h>

int main(void) {{
  size_t count;
  while ((count = fread({entry}, 1, sizeof {entry}, stdin)) == sizeof {entry}) {{
    mendlite_network();
    if (fwrite({output}, 1, sizeof {output}, stdout) != sizeof {output}) {{
      return 1;
    }}
  }}
  return count == 0 ? 0 : 1;
}}

#else

#include <assert.h>

/* A checker lets this return any value; nothing defines it. */
extern unsigned char __VERIFIER_nondet_uchar(void);
"""

ASSUME = """\
#if defined(__CPROVER__)
#define MENDLITE_ASSUME(condition) __CPROVER_assume(condition)
#elif defined(__ESBMC__)
#define MENDLITE_ASSUME(condition) __ESBMC_assume(condition)
#else
#define MENDLITE_ASSUME(condition) \\
  do {                             \\
    if (!(condition)) {            \\
      return 0;                    \\
    }                              \\
  } while (0)
#endif
"""

TOP = """\
/* Whether argmax takes this class: the first of the largest. */
static int mendlite_is_top(const int8_t *logits, int top) {{
  for (int c = 0; c < {classes}; c++) {{
    if (c < top ? logits[c] >= logits[top] : logits[c] > logits[top]) {{
      return 0;
    }}
  }}
  return 1;
}}

#ifdef PROPERTY
#error "the property is MENDLITE_PROPERTY: PROPERTY, its earlier name, would be ignored"
#endif
#ifndef MENDLITE_PROPERTY
#define MENDLITE_PROPERTY(logits) mendlite_is_top(logits, {top})
#endif
"""

HOOK = """\
/* What holds for every input: an expression of the logits, int8_t[{classes}]. */
#ifdef PROPERTY
#error "the property is MENDLITE_PROPERTY: PROPERTY, its earlier name, would be ignored"
#endif
#ifndef MENDLITE_PROPERTY
#define MENDLITE_PROPERTY(logits) 1
#endif
"""

BOXED = """\
    if (mendlite_low[i] == mendlite_high[i]) {
      mendlite_input[i] = mendlite_low[i];
      continue;
    }
"""

ASSUMED = "    MENDLITE_ASSUME(mendlite_low[i] <= value && value <= mendlite_high[i]);\n"

CHECK = """\
int main(void) {{
  for (int i = 0; i < {inputs}; i++) {{
{fixed}    const int value = (int)__VERIFIER_nondet_uchar() - 128;
{assumed}    mendlite_input[i] = (int8_t)value;
  }}
  mendlite_network();
  assert(MENDLITE_PROPERTY({output}));
  return 0;
}}

#endif
"""


def programs(network: EmittedNetwork, box: ClassBox | None) -> str:
    """Both programs; without a box all inputs are allowed and MENDLITE_PROPERTY is the user's.

    Raises ValueError for a box that is not one of the network's.
    """
    run = RUN.format(entry=INPUT, output=network.output)
    check = {"inputs": network.inputs, "output": network.output}
    if box is None:
        hook = HOOK.format(classes=network.outputs)
        checked = CHECK.format(fixed="", assumed="", **check)
        return f"{run}\n{hook}\n{checked}"
    if box.low.size != network.inputs or not 0 <= box.top < network.outputs:
        raise ValueError(f"a box of {box.low.size} values and class {box.top}")
    bounds = array("int8_t", "mendlite_low", box.low)
    bounds += array("int8_t", "mendlite_high", box.high)
    top = TOP.format(classes=network.outputs, top=box.top)
    checked = CHECK.format(fixed=BOXED, assumed=ASSUMED, **check)
    return f"{run}\n{ASSUME}\n{bounds}\n{top}\n{checked}"
