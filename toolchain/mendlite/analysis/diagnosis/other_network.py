"""A float file that is not the network which the int8 file was made from."""

from __future__ import annotations

from collections.abc import Iterator

from mendlite.analysis.diagnosis.evidence import Evidence
from mendlite.analysis.diagnosis.make_diagnosis import make_diagnosis
from mendlite.model.diagnosis import Diagnosis, Recovery
from mendlite.pairing.verdict import Match, PairingVerdict

KIND = "other-network"


def find(evidence: Evidence) -> Iterator[Diagnosis]:
    """At most one finding, by the verdict of the pairing."""
    pairing = evidence.case.pairing
    if pairing is None:
        return
    if pairing.verdict is PairingVerdict.OTHER:
        layers = pairing.of(Match.OTHER)
        farthest = max(layer.distance for layer in layers)
        yield _finding(
            evidence,
            [layer.number for layer in layers],
            f"the float file is another network: the int8 weights of {len(layers)} of "
            f"{len(pairing.layers)} layers are up to {farthest:.0%} away from its own",
            Recovery.YES,
            "pass the float file that this int8 file was converted from: a repair towards another "
            "network writes its weights into the file",
        )
    elif pairing.verdict is PairingVerdict.HYBRID:
        layers = pairing.of(Match.COPIED)
        yield _finding(
            evidence,
            [layer.number for layer in layers],
            f"the float file was computed back from int8 weights: in {len(layers)} of "
            f"{len(pairing.layers)} layers its weights are those of the int8 file",
            Recovery.NO,
            "pass the float model before quantization (float32, no optimizations in the converter)",
        )


def _finding(
    evidence: Evidence, layers: list[int], sentence: str, recoverable: Recovery, advice: str
) -> Diagnosis:
    return make_diagnosis(
        evidence,
        KIND,
        ", ".join(evidence.layer(evidence.model.layers[number]) for number in layers),
        sentence,
        cost=evidence.cost_of_weights(layers),
        recoverable=recoverable,
        advice=advice,
        layers=layers,
    )
