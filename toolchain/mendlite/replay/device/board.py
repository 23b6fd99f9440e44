"""A board that holds a model: loads it, runs samples on it, begins again after a reset."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import TypeVar

from mendlite.errors import DeviceError
from mendlite.model.device import Device
from mendlite.model.graph import Model
from mendlite.model.rounding import Profile
from mendlite.model.rows import whole_recordings
from mendlite.replay.device.batches import Wait, batch_size, run_batch
from mendlite.replay.device.client import BoardResetError, Client, connect
from mendlite.replay.device.emulator import start
from mendlite.replay.device.loading import open_model, require_runnable
from mendlite.replay.device.transport import Transport, open_serial
from mendlite.tflite.first_subgraph import require_first_subgraph, with_first_subgraph
from mendlite.wire import messages
from mendlite.wire.link import Traffic
from mendlite.wire.messages import (
    Area,
    Capability,
    Hello,
    Loaded,
    ModelSource,
    Request,
    Status,
)

T = TypeVar("T")


@dataclass(slots=True)
class ConnectedBoard:
    """A device with its line open. Used by one thread at a time.

    Another thread may set ``stopped``: what goes on then ends with a DeviceError, until it is
    cleared.
    """

    device: Device
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    open_line: Callable[[Device, Path | None], Transport] | None = None
    stopped: Event = field(default_factory=Event)
    _client: Client | None = None
    _model: Model | None = None
    _profile: Profile = Profile.TFLM
    _loaded: Loaded | None = None
    _flashed: str = ""
    _traffic: Traffic = field(default_factory=Traffic)
    _seconds: float | None = None
    _pace: float = 0.0
    _micros: int = 0
    _folder: TemporaryDirectory[str] | None = None

    @property
    def hello(self) -> Hello:
        """The board's description; opens the line where it is closed."""
        return self._open().hello

    @property
    def shows_tensors(self) -> bool:
        """Whether its engine shows intermediate tensors."""
        return Capability.TENSORS in self.hello.capabilities

    @property
    def can_return_tensors(self) -> bool:
        """Whether intermediate tensors can be had: shown, or as outputs of a copy of the model."""
        return self.shows_tensors or not self.device.in_place or self.device.emulator is not None

    @property
    def traffic(self) -> Traffic:
        """What went over the line so far."""
        return self._traffic

    @property
    def micros(self) -> int:
        """Microseconds of inference on the board's own clock so far."""
        return self._micros

    @property
    def loaded(self) -> Loaded:
        """What the board reported of the model that it holds."""
        if self._loaded is None:
            raise ValueError("no model was loaded")
        return self._loaded

    def load(self, model: Model, profile: Profile) -> Loaded:
        """Bring a model onto the board and open it, unless it is there already.

        Of a file with several signatures what ``bytes_of`` returns. Raises UnsupportedModelError
        where the board does not run it, DeviceError where it does not fit or the board fails.
        """
        model = self._held(model)
        same = self._model is not None and self._model.sha256 == model.sha256
        if self._loaded is None or not same or self._profile is not profile:
            self._model, self._profile, self._loaded = model, profile, None
            self._persist(self._ensure)
        return self.loaded

    def bytes_of(self, model: Model) -> bytes:
        """The bytes of a model as this board is to hold them: its engine runs the first subgraph.

        Of a named signature a copy of the file with that subgraph first; what lies in a flash is
        the file itself. Raises UnsupportedModelError where that begins with another subgraph.
        """
        if self.device.in_place and self.device.emulator is None:
            require_first_subgraph(model, "a board that executes the model in its flash")
            return model.data
        return with_first_subgraph(model)

    def _held(self, model: Model) -> Model:
        """The model with the bytes that this board is to hold."""
        data = self.bytes_of(model)
        if data is model.data:
            return model
        return replace(model, data=data, sha256=sha256(data).hexdigest())

    def run(
        self,
        samples: bytes,
        count: int,
        tensors: Sequence[int],
        result_size: int,
        frames: int = 1,
    ) -> list[bytes]:
        """Run ``count`` samples that lie one after the other; each one's result.

        A result holds the values of ``tensors`` one after the other, ``result_size`` bytes; the
        model's outputs where there are none. Each ``frames`` samples are a recording: the model's
        variables begin again with its first.
        """
        size = len(samples) // count
        results: list[bytes] = []
        while len(results) < count:
            fits = self._batch(size, result_size)
            whole = max(frames, whole_recordings(min(count - len(results), fits), frames))
            part = samples[len(results) * size : (len(results) + whole) * size]

            # All of a recording once more after a reset, which loses the variables.
            def work(part: bytes = part, at_once: int = fits) -> list[bytes]:
                return self._run_recordings(part, size, at_once, tensors, frames)

            results += self._persist(work)
        return results

    def _run_recordings(
        self, part: bytes, size: int, at_once: int, tensors: Sequence[int], frames: int
    ) -> list[bytes]:
        """Whole recordings in one batch, or one recording in several."""
        count = len(part) // size
        if count <= at_once:
            return self._run_batch(part, count, tensors, frames)
        results: list[bytes] = []
        while len(results) < count:
            batch = min(at_once, count - len(results))
            piece = part[len(results) * size : (len(results) + batch) * size]
            results += self._run_batch(piece, batch, tensors, 0 if results else batch)
        return results

    def _batch(self, size: int, result_size: int) -> int:
        """Samples for the next run."""
        self._persist(self._ensure)
        free, address = self.loaded.free, self.device.address
        return batch_size(address, free, size, result_size, self._seconds)

    def _run_batch(
        self, part: bytes, count: int, tensors: Sequence[int], frames: int
    ) -> list[bytes]:
        self._ensure()
        wait = Wait(pause=self.pause, each=self._pace, stopped=self.stopped.is_set)
        ran = run_batch(self._open(), part, count, tensors, wait, frames=frames)
        self._seconds, self._pace = ran.seconds / count, 1e-6 * ran.micros / count
        self._micros += ran.micros
        return ran.results

    def read_model(self) -> bytes:
        """The bytes of the model that the board runs, read back."""

        def read() -> bytes:
            self._ensure()
            if self._model is None:
                raise ValueError("no model was loaded")
            return self._open().download(
                Area.MODEL, 0, len(self._model.data), "reading the model back"
            )

        return self._persist(read)

    def patch(self, model: Model, edits: Sequence[tuple[int, bytes, bytes]]) -> Loaded:
        """Turn the uploaded model into ``model`` by (offset, old, new) edits of its bytes.

        Raises DeviceError where the board holds other bytes, or something else came out.
        """
        client = self._open()
        if Capability.PATCH not in client.hello.capabilities or self.device.in_place:
            raise DeviceError(f"{self.device.address}: its model lies in flash: flash it again")

        def send() -> None:
            self._ensure()
            for offset, old, new in edits:
                request = messages.patch_request(offset, old, new)
                answer = self._open().ask(Request.PATCH, request, "patching the model")
                if answer.status is Status.CONFLICT:
                    raise DeviceError(
                        f"{self.device.address}: byte {offset} of its model is not what the "
                        "delta's base has: another model is on the board"
                    )
                self._open().require(answer, "patching the model")

        try:
            self._persist(send)
        finally:
            # Part of the edits may be on the board: whatever comes next opens its model anew.
            self._loaded = None
        self._model = self._held(model)
        try:
            self._open_model(self._open(), ModelSource.UPLOADED)
        except BoardResetError:
            self._forget_session()
            self._persist(self._ensure)
        return self.loaded

    def ping(self) -> None:
        """Say hello once more, in the open session."""
        client = self._open()
        request = messages.hello_request(client.link.session)
        client.require(client.ask(Request.HELLO, request, "pinging"), "pinging")

    def reset(self) -> None:
        """Reset the board, as its button does."""
        # It may be faster than its own answer.
        with suppress(BoardResetError):
            self._open().ask(Request.RESET, b"", "resetting")
        self._loaded = None
        self._forget_session()

    def release(self) -> Transport:
        """End the session and hand the line over, with whatever model the board holds."""
        client = self._open()
        client.require(client.ask(Request.BYE, b"", "ending the session"), "ending the session")
        self._client, self._loaded = None, None
        return client.transport

    def close(self) -> None:
        """Leave the board usable and close its line."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _persist(self, work: Callable[[], T]) -> T:
        """Do some work; after a reset of the board, begin it again."""
        for _ in range(self.device.resets):
            try:
                return work()
            except BoardResetError:
                self._loaded = None
                self._forget_session()
            except messages.MalformedAnswerError as error:
                raise DeviceError(
                    f"{self.device.address} responds in another protocol: {error}"
                ) from error
        if self._client is not None and self._client.displaced:
            raise DeviceError(
                f"{self.device.address}: another program opens sessions with this board, "
                f"{self.device.resets} times while this one worked; end it, and run this again"
            )
        raise DeviceError(
            f"{self.device.address} was reset {self.device.resets} times in a row: a power supply "
            "that is too weak, or a watchdog?"
        )

    def _forget_session(self) -> None:
        """Say hello again, on the same line."""
        if self._client is not None:
            self._client = self._greet(self._client.transport)

    def _greet(self, transport: Transport) -> Client:
        client = connect(self.device, transport, self.clock, self.stopped)
        # One count for all sessions.
        self._traffic.sent += client.link.traffic.sent
        self._traffic.received += client.link.traffic.received
        self._traffic.resent += client.link.traffic.resent
        self._traffic.damaged += client.link.traffic.damaged
        client.link.traffic = self._traffic
        return client

    def _open(self) -> Client:
        """The session; opens the line where it is closed."""
        if self._client is None:
            line = self.open_line or open_line
            transport = line(self.device, self._model_file())
            try:
                self._client = self._greet(transport)
            except BaseException:
                transport.close()
                raise
        return self._client

    def _model_file(self) -> Path | None:
        """The model as a file, for an emulator that executes it in place."""
        if self.device.emulator is None or not self.device.in_place or self._model is None:
            return None
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="mendlite-")
        path = Path(self._folder.name) / f"{self._model.sha256}.tflite"
        path.write_bytes(self._model.data)
        self._flashed = self._model.sha256
        return path

    def _ensure(self) -> None:
        """Load the required model onto the board where it is not there."""
        if self._loaded is not None or self._model is None:
            return
        if self.device.in_place:
            self._flash()
        client = self._open()
        require_runnable(client, self.device.address, self._model)
        if self.device.in_place:
            self._open_model(client, ModelSource.FLASH)
            return
        client.upload(Area.MODEL, self._model.data, "uploading the model")
        self._open_model(client, ModelSource.UPLOADED)

    def _flash(self) -> None:
        """An emulated flash gets its model when the emulator starts."""
        if self.device.emulator is None or self._model is None:
            return
        if self._client is not None and self._flashed != self._model.sha256:
            self._client.close()
            self._client = None

    def _open_model(self, client: Client, source: ModelSource) -> None:
        if self._model is None:
            raise ValueError("no model was chosen")
        address = self.device.address
        self._loaded = open_model(client, address, self._model, self._profile, source)
        self._seconds = None


def open_line(device: Device, model: Path | None) -> Transport:
    """The line of a device: its emulator's, or a serial port."""
    if device.emulator is not None:
        return start(device, model)
    return open_serial(device.address, device.baud)
