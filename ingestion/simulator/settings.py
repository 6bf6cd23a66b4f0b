"""What a simulation is asked for: size, period, seed, what is planted and at which rates."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta

EVENTS_PER_VISIT = 20.65
"""Lines written per visit with everything planted, measured over 2 million lines."""

AUDIENCE_WEIGHTS = (50, 25, 13, 12)
"""How often a device belongs to each of `catalog.AUDIENCES`."""

PLANTS: dict[str, str] = {
    "drop_off": "a second of autumn-launch at which many leave",
    "unmarked_object": "something in tour-home that is clicked although no element lies there",
    "better_variant": "the treatment of spring-cta is clicked more often than the control",
    "hard_question": "ladder-angle is answered wrongly by most",
    "unvisited_node": "nobody takes the branch to tour-archive",
    "bots": "visitors with hundreds of clicks and no watching",
    "duplicates": "records that are sent twice",
    "late": "visits whose tail is delivered one or two days later",
    "malformed": "lines that are no record",
    "resumed": "playbacks that go on one to five days later",
    "disorder": "skewed clocks, unknown event types and fields, numbers as text, tabs closed without an exit event",
}
"""The truths that can be planted, and what each one is."""


@dataclass(frozen=True)
class Rates:
    """Probabilities in millionths. A rate whose plant is switched off is 0 (variants: equal)."""

    returning: int = 450_000  # visits by a device first seen 1 to 13 days before
    second_view: int = 250_000  # visits that follow another one of the same device within 15 minutes (at most)
    two_devices: int = 80_000  # devices whose owner has another one
    shared_devices: int = 30_000  # devices used by a second person
    played: int = 780_000  # visits that press play
    silent_exit: int = 40_000  # exits without an exit event
    declares_ranges: int = 20_000  # eligible exits that declare played_ranges
    chosen: int = 780_000  # branch choices made by a person
    skip_question: int = 70_000
    submit_form: int = 220_000
    surface_click: int = 25_000  # per 10 s played
    page_view: int = 600_000  # CTA clicks that reach the page
    conversion: int = 200_000  # CTA clicks that convert
    add_to_cart: int = 300_000  # product clicks
    cart_conversion: int = 400_000  # carts that convert
    error: int = 2_000  # played visits
    control_click: int = 80_000  # CTA of spring-offer, per full exposure
    treatment_click: int = 120_000
    drop_off: int = 200_000  # of those who pass the second
    unmarked_click: int = 90_000  # per full exposure to the object
    bots: int = 1_000  # devices
    duplicates: int = 10_000  # records
    late_visits: int = 24_000  # visits; about half of each one's records are late
    slow_buyers: int = 30_000  # visits whose conversion comes 1 to 3 days later
    malformed: int = 500  # lines beside the records
    resumed: int = 20_000  # visits
    skewed_clocks: int = 10_000  # devices
    unknown_types: int = 1_000  # records beside the others
    unknown_fields: int = 5_000  # records
    text_numbers: int = 500  # records


_SWITCHES: dict[str, tuple[str, ...]] = {
    "drop_off": ("drop_off",),
    "unmarked_object": ("unmarked_click",),
    "bots": ("bots",),
    "duplicates": ("duplicates",),
    "late": ("late_visits",),
    "malformed": ("malformed",),
    "resumed": ("resumed",),
    "disorder": ("skewed_clocks", "unknown_types", "unknown_fields", "text_numbers", "silent_exit"),
}


@dataclass(frozen=True)
class Settings:
    """One simulation. The same settings give the same bytes on every machine."""

    events: int
    days: int = 30
    start: date = date(2026, 10, 1)
    seed: int = 7
    workspaces: int = 1
    plant: frozenset[str] = field(default_factory=lambda: frozenset(PLANTS))
    audience_weights: tuple[int, int, int, int] = AUDIENCE_WEIGHTS
    events_per_file: int = 300_000
    rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        if self.events < 1 or self.days < 1 or self.workspaces < 1:
            raise ValueError("events, days and workspaces must be at least 1.")
        if unknown := self.plant - PLANTS.keys():
            raise ValueError(f"Unknown truth {', '.join(sorted(unknown))}; choose from {', '.join(PLANTS)}.")
        off: dict[str, int] = {rate: 0 for plant in PLANTS.keys() - self.plant for rate in _SWITCHES.get(plant, ())}
        if "better_variant" not in self.plant:
            off["treatment_click"] = Rates.control_click
        object.__setattr__(self, "rates", replace(Rates(), **off))

    @property
    def first_day(self) -> int:
        """Days since the epoch."""
        return (self.start - date(1970, 1, 1)).days

    @property
    def visits_per_day(self) -> int:
        """Visits of an average day."""
        return max(round(self.events / self.days / EVENTS_PER_VISIT), 1)

    @property
    def files_per_day(self) -> int:
        """Files a day is cut into."""
        return max(-(-round(self.events / self.days) // self.events_per_file), 1)

    @property
    def change_day(self) -> int:
        """The day (since the epoch) from which a new version of the catalog holds: the middle, at most the sixteenth."""
        return self.first_day + min(15, self.days // 2)

    @property
    def change_date(self) -> date:
        """`change_day` as a date."""
        return date(1970, 1, 1) + timedelta(days=self.change_day)

    def described(self) -> dict[str, object]:
        """Plain values for the sealed truths."""
        return {
            "events": self.events, "days": self.days, "start": self.start.isoformat(), "seed": self.seed,
            "workspaces": self.workspaces, "plant": sorted(self.plant), "audience_weights": self.audience_weights,
            "rates_in_millionths": asdict(self.rates),
        }  # fmt: skip
