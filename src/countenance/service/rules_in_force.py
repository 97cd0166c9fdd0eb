"""The rules in force: packs switched on, the operator's list, listed keys, attested facts, certificates.

Rules kept here:

- What is stored is read again whenever its revision has grown; a process works with no older state than that.
- A pack that is new with a version of this software is as it was shipped until the operator switches it.
- A stored list, key, law or certificate that cannot be read any more is an error or does not count; it never widens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countenance.policy.envelope import EnvelopeFault
from countenance.policy.fitness import Fitness, InUse, TrustedEvaluator, measured_fitness
from countenance.policy.permits import OperatorList, default_operator_text, parse_operator_list
from countenance.policy.policy_set import PolicySet, build_policy_set
from countenance.policy.rule_packs import Pack
from countenance.policy.statements import AttestedFact, FederalLaw, facts_in_force, federal_law_id, read_federal_law
from countenance.policy.terms import DeploymentFact
from countenance.service.policy_port import PolicyState, PolicyStore, StatedFact

EVALUATOR, OPERATOR = "evaluator", "operator"


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """The stored state with everything made of it.

    Attributes:
        state: As stored.
        policies: Packs and the operator's list, ready to be consulted.
        evaluators: Keys of evaluators the operator has listed.
        law: The federal law entered, why the entry does not count, or None.
        facts: Facts attested, in force or not.
    """

    state: PolicyState
    policies: PolicySet
    evaluators: tuple[TrustedEvaluator, ...]
    law: FederalLaw | EnvelopeFault | None
    facts: tuple[AttestedFact, ...]
    _fitness: dict[object, tuple[Fitness, str]] = field(default_factory=dict, repr=False)

    @property
    def packs_disabled(self) -> tuple[str, ...]:
        """Return the packs that are shipped switched on and that the operator has switched off, by name."""
        return tuple(
            sorted(
                pack.name for pack in self.policies.packs if pack.default_on and pack.name not in self.policies.enabled
            )
        )

    def federal_law_id(self, now: datetime) -> str:
        """Return the citation of the signed entry that has taken effect, else an empty text."""
        return federal_law_id(self.law, now.date())

    def facts_on(self, now: datetime) -> frozenset[DeploymentFact]:
        """Return the facts to be taken as true at a moment."""
        return facts_in_force(self.facts, now.date())

    def everywhere(self) -> tuple[str, ...]:
        """Return every place that a pack switched on looks at by name, sorted.

        What stands in for "nobody has said where this is": the rules of all of them are asked.
        """
        return tuple(sorted(code for code in self.policies.covers if not code.endswith("-*")))

    def fitness(self, in_use: InUse, now: datetime) -> tuple[Fitness, str]:
        """Return what the loaded certificates say about what is in use, and the digest of the one that counts.

        Certificates about the model in use are asked, newest first; the first that holds counts. If none does, the
        newest says why not. Without any, the newest certificate about anything does.
        """
        key = (
            in_use.model.digest, in_use.threshold, in_use.gallery_source, in_use.gallery_subjects, now.date()
        )  # fmt: skip
        known = self._fitness.get(key)
        if known is None:
            known = self._measure(in_use, now)
            if len(self._fitness) >= _FITNESS_KEPT:
                self._fitness.clear()
            self._fitness[key] = known
        return known

    def _measure(self, in_use: InUse, now: datetime) -> tuple[Fitness, str]:
        loaded = self.state.certificates
        about = [item for item in loaded if item.model_digest == in_use.model.digest] or list(loaded[:1])
        found = [(measured_fitness(item.envelope, in_use, self.evaluators, now), item.sha256) for item in about]
        for fitness, sha256 in found:
            if fitness.eval_certificate == "valid":
                return fitness, sha256
        return found[0] if found else (measured_fitness(None, in_use, self.evaluators, now), "")


#: Answers about fitness kept; one a gallery size and threshold in use.
_FITNESS_KEPT = 256


class RulesInForce:
    """Reads the rules when their revision has grown and keeps what was made of them."""

    def __init__(self, store: PolicyStore, packs: Callable[[], tuple[Pack, ...]]) -> None:
        """Take the stored state, and where the shipped packs come from (they are loaded once, when first needed)."""
        self._store = store
        self._load_packs = packs
        self._packs: tuple[Pack, ...] | None = None
        self._rules: Rules | None = None

    @property
    def packs(self) -> tuple[Pack, ...]:
        """Return all packs known, on or off, in shipping order."""
        if self._packs is None:
            self._packs = self._load_packs()
        return self._packs

    def current(self) -> Rules:
        """Return the rules as they are stored now.

        Raises:
            PolicyPackInvalid: The stored operator's list or a shipped pack cannot be read.
        """
        rules = self._rules
        if rules is None or rules.state.revision != self._store.revision():
            rules = self.of(self._store.state())
            self._rules = rules
        return rules

    def of(self, state: PolicyState) -> Rules:
        """Return what a stored state comes to."""
        return Rules(
            state=state,
            policies=build_policy_set(self.packs, enabled_packs(self.packs, state.switched), operator_list(state)),
            evaluators=tuple(
                TrustedEvaluator(key.name, Ed25519PublicKey.from_public_bytes(key.public_key), key.independent)
                for key in state.keys
                if key.use == EVALUATOR
            ),
            law=read_federal_law(state.federal_law, law_keys(state)),
            facts=tuple(map(attested, state.facts)),
        )


def enabled_packs(packs: tuple[Pack, ...], switched: Mapping[str, bool]) -> frozenset[str]:
    """Return the names of the packs that are on: as switched, else as shipped."""
    return frozenset(pack.name for pack in packs if switched.get(pack.name, pack.default_on))


def operator_list(state: PolicyState) -> OperatorList:
    """Return the operator's list in force.

    Raises:
        PolicyPackInvalid: The stored one cannot be read.
    """
    return parse_operator_list(default_operator_text() if state.operator_list is None else state.operator_list)


def law_keys(state: PolicyState) -> dict[str, Ed25519PublicKey]:
    """Return the keys that may enter a federal law."""
    return {key.key_id: Ed25519PublicKey.from_public_bytes(key.public_key) for key in state.keys if key.use == OPERATOR}


def attested(fact: StatedFact) -> AttestedFact:
    """Return a stored fact as rules read it."""
    return AttestedFact(DeploymentFact(fact.word), fact.attested_by, fact.attested_on, fact.valid_until, fact.reference)
