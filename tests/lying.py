"""Runners that are wrong on purpose, and a small model for them."""

from dataclasses import dataclass

import numpy as np

from mendlite.replay.reference.execute import prepare, run_operator


@dataclass
class LyingRunner:
    """Our kernels under ``profile``, but for operator ``wrong``, whose outputs are ``off`` higher."""

    model: object
    profile: object
    wrong: int | None = None
    off: float = 1
    kernels: str = "others 1.0"

    def run(self, inputs, tensors):
        program = prepare(self.model, self.profile)
        values = dict(zip(self.model.inputs, inputs, strict=True))
        for operator in self.model.operators:
            found = run_operator(program, operator.index, values)
            if operator.index == self.wrong:
                found = {t: self._moved(x) for t, x in found.items()}
            values |= found
        yield {t: values[t] for t in tensors}

    def _moved(self, x):
        if x.dtype.kind == "f":
            return x + np.float32(self.off)
        return np.clip(x.astype(int) + self.off, -128, 127).astype(x.dtype)
