"""The kernel of an operator that ours lack, on the first runtime that takes it."""

from __future__ import annotations

from hashlib import sha256

from mendlite.errors import UnsupportedModelError
from mendlite.model.rounding import KernelProfile
from mendlite.replay.operators.kernel import InterpretedOperator
from mendlite.replay.operators.remote import RemoteOperator, RuntimeRefusedError
from mendlite.replay.operators.runtime_choice import candidates
from mendlite.replay.operators.shapes import require_shapes
from mendlite.replay.operators.site import OperatorSite
from mendlite.replay.runtimes import Runtime, how_to_get_one
from mendlite.replay.worker_process import DiedError
from mendlite.tflite.one_operator import OneOperator

_CHOSEN: dict[tuple[str, str], Runtime] = {}
"""The runtime of an operator by its file's digest and the profile: a repair opens it many times."""

MOST_REMEMBERED = 4096


def interpreted(site: OperatorSite, profile: KernelProfile, why: str) -> InterpretedOperator:
    """The kernel of an operator on the first runtime that takes it.

    ``why`` states what mendlite's kernels lack. Raises UnsupportedModelError, with the words of
    each runtime, where none does, and MalformedModelError where it writes other shapes than the
    file states.
    """
    file = site.cut()
    key = sha256(file.data).hexdigest(), profile.value
    if key not in _CHOSEN:
        if len(_CHOSEN) >= MOST_REMEMBERED:
            _CHOSEN.clear()
        _CHOSEN[key] = _choose(site, file, profile, why)
    runtime = _CHOSEN[key]
    return InterpretedOperator(
        site=site,
        runtime=runtime,
        alone=_remote(site, file, runtime),
        together={} if site.may_batch else None,
    )


def _remote(site: OperatorSite, file: OneOperator, runtime: Runtime) -> RemoteOperator:
    return RemoteOperator(runtime=runtime, file=file, arena=site.arena(1))


def _choose(site: OperatorSite, file: OneOperator, profile: KernelProfile, why: str) -> Runtime:
    """The first runtime that opens it and runs it on zeros; else the first that opens it.

    Some operators take no zeros.
    """
    opened: list[Runtime] = []
    words: list[str] = []
    for runtime in candidates(profile):
        remote = _remote(site, file, runtime)
        try:
            require_shapes(site, runtime, remote.open(), file)
            opened.append(runtime)
            inputs = site.zeros(file)
            remote.run(1, inputs, (True,) * len(inputs), reset=site.resets, seconds=site.seconds())
        except (RuntimeRefusedError, DiedError) as error:
            words.append(f"{runtime.kernels}: {error}")
        else:
            return runtime
    if opened:
        return opened[0]
    said = "; ".join(words) or how_to_get_one()
    raise UnsupportedModelError(f"{site.place}: {why}, and no interpreter runs it: {said}")
