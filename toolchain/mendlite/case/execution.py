"""How a case is computed: on which kernels, by how many workers, and where progress goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mendlite.case.replay_cache import RecordedRunner, Recordings
from mendlite.model.graph import Model
from mendlite.model.progress import Progress, no_progress
from mendlite.model.rounding import Profile
from mendlite.replay.device.board import ConnectedBoard
from mendlite.replay.device.runner import DeviceRunner
from mendlite.replay.registry import make_runner
from mendlite.replay.runner import Runner
from mendlite.replay.spread import SpreadRunner
from mendlite.workers.workers import Workers


def no_checkpoint() -> None:
    """Nothing ends the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Kernels, workers and progress.

    ``runner`` names the kernels that evaluate models (``reference``, ``interpreter``, ``tflm``);
    the repair itself computes on the reference kernels with the same rounding ``profile``. Where
    there are ``boards``, they evaluate instead, and spectra and the layers' inputs come from them.
    ``jobs`` is the number of worker processes of a solver. ``checkpoint`` is called between parts
    of long work and raises what ends it. ``cluster`` are workers that replay on the reference
    kernels and solve instead of this machine; None: this machine does.
    """

    runner: str = "reference"
    profile: Profile = Profile.TFLM
    boards: tuple[ConnectedBoard, ...] = ()
    jobs: int = 1
    progress: Progress = no_progress
    checkpoint: Callable[[], None] = no_checkpoint
    recordings: Recordings = field(default_factory=Recordings)
    cluster: Workers | None = None

    @property
    def on_host_kernels(self) -> bool:
        """Whether our own kernels evaluate models."""
        return self.runner == "reference" and not self.boards

    def evaluation_runner(self, model: Model) -> Runner:
        """The kernels that evaluate a quantized model: the boards', or the runner's."""
        if self.boards:
            return self.replay_runner(model)
        if self.runner == "reference":
            return self.reference_runner(model)
        return make_runner(self.runner, model, self.profile)

    def reference_runner(self, model: Model) -> Runner:
        """Our kernels for a model, on the cluster where there is one."""
        if self.cluster is None:
            return make_runner("reference", model, self.profile)
        return SpreadRunner(model=model, profile=self.profile, workers=self.cluster)

    def replay_runner(self, model: Model) -> Runner:
        """The kernels that a quantized model's tensors are taken from."""
        if not self.boards:
            return self.reference_runner(model)
        device = DeviceRunner(model=model, profile=self.profile, boards=self.boards)
        return RecordedRunner(runner=device, model=model, recordings=self.recordings)
