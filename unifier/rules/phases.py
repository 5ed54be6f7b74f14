"""A journey model of the rules file: its phases, the signals that lead to them, the timers that lead back."""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, model_validator

from unifier.rules.values import DayMs, DurationMs, RuleTable, Words
from unifier.toml_errors import misfit


class Entry(RuleTable):
    """The phase that each signal leads to."""

    touch: str
    interest: str
    preference: str
    purchase: str
    fulfilment: str
    loyal: str


class Lapse(BaseModel):
    """Without a touch for `after_ms` in phase `source`, fall back to `to` ("none": out of all phases).

    Not less than a day, because of the touches between only the first and the last of each day are kept.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=True)

    source: str = Field(alias="from")
    after_ms: DayMs = Field(alias="after")
    to: str


class Ending(RuleTable):
    """The phase of fulfilment ends by time alone: in `loyal` for the loyal, else in `otherwise`."""

    phase: str
    after: DurationMs
    loyal: str
    otherwise: str


class PhaseModel(RuleTable):
    """One journey model."""

    phases: tuple[Words, ...]
    on: Entry
    lapse: tuple[Lapse, ...] = ()
    ends: Ending | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "PhaseModel":
        """Signals lead forward and time leads back, so that every walk comes to rest."""
        place = {phase: index for index, phase in enumerate(self.phases)}
        if len(place) < len(self.phases) or "none" in place:
            raise misfit("phases", 'give each name once, and not "none"')
        for where, phase in self._named():
            if phase not in place:
                raise misfit(where, f"no phase of this model; write one of {', '.join(self.phases)}")
        entries = [place[phase] for phase in self.on.model_dump().values()]
        bought, fulfilled = place[self.on.purchase], place[self.on.fulfilment]
        if entries != sorted(entries) or not place[self.on.preference] < bought < fulfilled:
            raise misfit(
                "on", "put touch, interest, preference before purchase, fulfilment and loyal after it"
            )
        for number, lapse in enumerate(self.lapse):
            if lapse.source in [before.source for before in self.lapse[:number]]:
                raise misfit(f"lapse.{number}.from", "this phase lapses already; take one of the two out")
            if not place.get(lapse.to, -1) < place[lapse.source] < bought:
                raise misfit(f"lapse.{number}", "fall from a phase before that of purchase to an earlier one")
        if (ends := self.ends) and (
            ends.phase != self.on.fulfilment
            or place[ends.loyal] < fulfilled
            or place[ends.otherwise] >= bought
        ):
            raise misfit(
                "ends", "give the phase of fulfilment, end loyal not before it and otherwise before purchase"
            )
        return self

    def _named(self) -> Iterator[tuple[str, str]]:
        """The phases that the rules of this model speak of, and where."""
        for signal, phase in self.on.model_dump().items():
            yield f"on.{signal}", phase
        for number, lapse in enumerate(self.lapse):
            yield f"lapse.{number}.from", lapse.source
            if lapse.to != "none":
                yield f"lapse.{number}.to", lapse.to
        if ends := self.ends:
            yield from (("ends.phase", ends.phase), ("ends.loyal", ends.loyal))
            yield "ends.otherwise", ends.otherwise
