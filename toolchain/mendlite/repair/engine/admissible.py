"""Whether a step's model may be accepted at all, whatever it scores."""

from __future__ import annotations

from mendlite.errors import MalformedModelError, UnsupportedModelError
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.prepare.int32 import wrapping_layers
from mendlite.prepare.model import prepare_model


def refusal(model: Model, profile: Profile) -> str | None:
    """Why no device should get this model; None where nothing is against it.

    An accumulator that may leave int32 wraps, and a file that TFLite's preparation refuses does not
    run. Operators that our kernels lack are no reason: another runner evaluates them.
    """
    wrapping = next(wrapping_layers(model), None)
    if wrapping is not None:
        return wrapping
    try:
        prepare_model(model, profile)
    except UnsupportedModelError:
        return None
    except MalformedModelError as error:
        return str(error)
    return None
