"""Lines that do to bytes what real ones do."""

import time
from collections.abc import Callable

import numpy as np

from mendlite.replay.device.transport import ClosedLineError, Transport
from waiting import HANG

KINDS = ("drop", "flip", "duplicate")


class Damage:
    """Damages a share of the bytes, each in one of ``kinds``, the same for the same seed."""

    def __init__(self, share: float, seed: int, kinds: tuple[str, ...] = KINDS) -> None:
        self.share, self.kinds = share, kinds
        self.random = np.random.default_rng(seed)
        self.done = 0

    def __call__(self, data: bytes) -> bytes:
        if not self.share:
            return data
        hit = np.flatnonzero(self.random.random(len(data)) < self.share)
        self.done += len(hit)
        pieces, before = [], 0
        for at in map(int, hit):
            kind = self.kinds[self.random.integers(len(self.kinds))]
            flipped = bytes([data[at] ^ (1 << int(self.random.integers(8)))])
            instead = {"drop": b"", "flip": flipped, "duplicate": 2 * data[at : at + 1]}[kind]
            pieces += [data[before:at], instead]
            before = at + 1
        return b"".join([*pieces, data[before:]])


class FaultyLine:
    """A line whose bytes are damaged on the way to the board (``up``) and back (``down``).

    ``delays``: the share of reads of which a part is held back for the next one.
    """

    def __init__(self, inner, *, up=0.01, down=0.01, seed=0, kinds=KINDS, delays=0.0) -> None:
        self.inner: Transport = inner
        self.up, self.down = Damage(up, 2 * seed, kinds), Damage(down, 2 * seed + 1, kinds)
        self.delays, self.random = delays, np.random.default_rng(seed)
        self.held = b""

    def read(self, wait):
        if self.held:
            held, self.held = self.held, b""
            return held
        data = self.down(self.inner.read(wait))
        if data and self.random.random() < self.delays:
            cut = int(self.random.integers(len(data)))
            data, self.held = data[:cut], data[cut:]
        return data

    def write(self, data):
        self.inner.write(self.up(data))

    def close(self):
        self.inner.close()


class RestartingLine:
    """A line whose board loses its power now and then; the line itself stays.

    ``at``: after so many bytes written since the start, in rising order.
    """

    def __init__(self, start: Callable[[], Transport], at: list[int]) -> None:
        self.start, self.at = start, list(at)
        self.inner = start()
        self.written = 0
        self.restarts = 0

    def read(self, wait):
        return self.inner.read(wait)

    def write(self, data):
        while self.at and self.written + len(data) >= self.at[0]:
            cut = self.at.pop(0) - self.written
            self._pass(data[:cut])
            data = data[cut:]
            self.restart()
        self._pass(data)

    def restart(self):
        self.inner.close()
        self.inner = self.start()
        self.restarts += 1

    def _pass(self, data):
        self.written += len(data)
        if data:
            self.inner.write(data)

    def close(self):
        self.inner.close()


class PulledLine:
    """A line whose cable is pulled after so many bytes written."""

    def __init__(self, inner, after: int) -> None:
        self.inner, self.left = inner, after

    def read(self, wait):
        self._check()
        return self.inner.read(wait)

    def write(self, data):
        self.inner.write(data[: max(self.left, 0)])
        self.left -= len(data)
        self._check()

    def _check(self):
        if self.left <= 0:
            raise ClosedLineError("no such device")

    def close(self):
        self.inner.close()


class SlowLine:
    """A line of a real baud rate: ten bits a byte, each way, by a clock of its own.

    The clock (``now``) stands still while the board works, so that a busy computer is no slow line:
    the board is waited for until it has answered every frame, or said nothing for ``patience``
    seconds, as where frames are damaged and not all are answered. Between the two times of
    ``stopped`` the board takes nothing, as at a breakpoint.
    """

    def __init__(self, inner, baud: int, patience: float = HANG, stopped=(0.0, 0.0)) -> None:
        self.inner, self.seconds, self.patience = inner, 10 / baud, patience
        self.outgoing: list[tuple[float, bytes]] = []
        self.incoming: list[tuple[float, bytes]] = []
        self.now = self.up_free = self.down_free = 0.0
        self.asked, self.answered = Frames(), Frames()
        self.stopped = stopped

    def read(self, wait):
        end = self.now + max(wait, 0)
        while not (data := self._arrived()) and self.now < end:
            ahead = [queue[0][0] for queue in (self.outgoing, self.incoming) if queue]
            if self._stands:
                ahead = [self.stopped[1], *(queue[0][0] for queue in [self.incoming] if queue)]
            self.now = min([end, *ahead])
        return data

    @property
    def _stands(self):
        return self.stopped[0] <= self.now < self.stopped[1]

    def _arrived(self):
        while self.outgoing and self.outgoing[0][0] <= self.now and not self._stands:
            data = self.outgoing.pop(0)[1]
            self.asked.count(data)
            self.inner.write(data)
        # The greeting, a text, is there before any answer.
        while self.answered.ended < self.asked.ended + 1 and self.asked.ended:
            if not (found := self.inner.read(self.patience)):
                assert self.patience < HANG, "the board has not answered"
                self.answered.ended = self.asked.ended + 1
            self._hear(found)
        data = b""
        while self.incoming and self.incoming[0][0] <= self.now:
            data += self.incoming.pop(0)[1]
        return data

    def _hear(self, found):
        self.answered.count(found)
        for byte in found:
            self.down_free = max(self.down_free, self.now) + self.seconds
            self.incoming.append((self.down_free, bytes([byte])))

    def write(self, data):
        for byte in data:
            self.up_free = max(self.up_free, self.now) + self.seconds
            self.outgoing.append((self.up_free, bytes([byte])))

    def close(self):
        self.inner.close()


class Frames:
    """Counts what ends in a zero byte and is not empty."""

    def __init__(self) -> None:
        self.ended, self.inside = 0, False

    def count(self, data):
        for byte in data:
            self.ended += byte == 0 and self.inside
            self.inside = byte != 0


class PlayedLine:
    """A board that a function plays: bytes written to it → bytes that it answers.

    It is asked with b"" where the host only listens, so that it may speak unasked.
    """

    def __init__(self, play: Callable[[bytes], bytes]) -> None:
        self.play, self.waiting = play, b""
        self.written = b""
        self.closed = False

    def read(self, wait):
        data, self.waiting = self.waiting or self.play(b""), b""
        if not data:
            time.sleep(max(0.0, min(wait, 0.01)))
        return data

    def write(self, data):
        self.written += data
        self.waiting += self.play(data)

    def close(self):
        self.closed = True


class SpeakingLine:
    """A line whose first read waits until the board speaks, however busy this computer is."""

    def __init__(self, inner) -> None:
        self.inner, self.heard = inner, False

    def read(self, wait):
        data = self.inner.read(wait if self.heard else HANG)
        self.heard = True
        return data

    def write(self, data):
        self.inner.write(data)

    def close(self):
        self.inner.close()


class KeptLine:
    """A line that stays open for whoever comes next."""

    def __init__(self, inner) -> None:
        self.inner = inner

    def read(self, wait):
        return self.inner.read(wait)

    def write(self, data):
        self.inner.write(data)

    def close(self):
        pass


class InterruptedLine:
    """Ctrl-C is pressed while the host reads for the n-th time."""

    def __init__(self, inner, reads: int) -> None:
        self.inner, self.left = inner, reads

    def read(self, wait):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return self.inner.read(wait)

    def write(self, data):
        self.inner.write(data)

    def close(self):
        self.inner.close()
