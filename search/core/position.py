"""Positions: which of the texts that one role writes at one node a request stands for."""

from dataclasses import dataclass, replace

STAGE_OFFSET = 1000
"""Step of the integer encoding: escalation stage ``s`` adds ``STAGE_OFFSET << s`` to the index of the first draft."""
PROBE_INDEX = -1
"""Encoding of the first-token probe; no step has it."""


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a request among those of one role at one node.

    Attributes:
        sibling: Number among the siblings of its group, at least 0: the children of an expansion, the samples of
            best-of-N, the particles of a filter, the tracks of SSR.
        group: Number of the group, at least 0: the subtree in DVTS, the round in LoRID; 0 in all other searches.
        group_size: Siblings in every group, at least 1.
        stages: Escalation stages (positions in ``Rewrite.stages``) that led from the first draft here; () for a draft.
        probe: True for the question about a step's first token, which writes no step.
    """

    sibling: int = 0
    group: int = 0
    group_size: int = 1
    stages: tuple[int, ...] = ()
    probe: bool = False

    @property
    def index(self) -> int:
        """Return the integer encoding, which enters seeds, node keys, recordings and the JSON of trees.

        It must never change: the same seed would no longer grow the same tree. Groups are flattened, so that positions
        of different groupings may share an encoding; one search uses one grouping.
        """
        if self.probe:
            return PROBE_INDEX
        return self.group * self.group_size + self.sibling + sum(STAGE_OFFSET << stage for stage in self.stages)

    @property
    def first(self) -> bool:
        """Tell whether this is the first draft at its node, which ``Sampling.greedy_first`` writes greedily."""
        return self.index == 0

    def rewritten(self, stage: int) -> "Position":
        """Return the position of a rewrite of this one by the ``stage``-th stage of the escalation."""
        return replace(self, stages=(*self.stages, stage))

    @classmethod
    def from_index(cls, index: int) -> "Position":
        """Return a position with this encoding, for trees that are read from a file. Groups stay flattened."""
        if index == PROBE_INDEX:
            return cls(probe=True)
        level, sibling = divmod(index, STAGE_OFFSET)
        return cls(sibling, stages=tuple(stage for stage in range(level.bit_length()) if level >> stage & 1))


FIRST_DRAFT = Position()
"""Position of the first draft at a node, and of every request that has no siblings."""
FIRST_TOKEN = Position(probe=True)
"""Position of the first-token probe."""
