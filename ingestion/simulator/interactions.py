"""Clicking: what viewers do with the picture while a stretch plays, what follows from it, and what bots do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.simulator import randomness as rnd
from ingestion.simulator.audience import DAY, Visits
from ingestion.simulator.playback import Stretches
from ingestion.simulator.randomness import Integers, Keys
from ingestion.simulator.records import Recorder
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import KIND, Flags, World

UNMARKED_NODE, UNMARKED_FROM, UNMARKED_TO, UNMARKED_X, UNMARKED_Y = "tour-home", 20_000, 34_000, 7200, 2800
UNMARKED_REACH = 350
EXPERIMENT_ELEMENT = "offer-cta"


@dataclass
class Clicker:
    """Records interactions on what was watched."""

    settings: Settings
    world: World
    visits: Visits
    stretches: Stretches
    recorder: Recorder

    def click(self) -> None:
        """Records exposures, clicks, their consequences, clicks on nothing, errors and bots."""
        self._windows()
        self._surface()
        self._unmarked_object()
        self._errors()
        self._bots()

    def _at(self, row: Integers, media: Integers) -> Integers:
        s = self.stretches
        return s.wall[row] + (media - s.begin[row]) * 100 // s.rate[row]

    def _windows(self) -> None:
        """element_shown when playback crosses a window's begin; a click inside it now and then."""
        world, s, visits = self.world, self.stretches, self.visits
        count = world.window_count[s.node]
        row = np.repeat(np.arange(len(count)), count)
        place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        element = world.window_element[world.window_first[s.node[row]] + place]
        keys = visits.key[s.visit[row]]
        step = s.number[row] * 8 + place
        begin, end = world.element_start[element], world.element_end[element]
        shows = (s.begin[row] <= begin) & (begin < s.end[row])
        self.recorder.add(
            s.visit[row][shows], self._at(row, begin)[shows], world.shown_kind[element][shows],
            node=s.node[row][shows], position=begin[shows], element=element[shows],
        )  # fmt: skip
        low, high = np.maximum(s.begin[row], begin), np.minimum(s.end[row], end)
        attraction = world.attraction[element]
        tested = element == world.element(EXPERIMENT_ELEMENT)
        rates = self.settings.rates
        by_variant = np.where(visits.variant[s.visit[row]] == 1, rates.treatment_click, rates.control_click)
        attraction = np.where(tested, by_variant, attraction)
        full = attraction * np.maximum(high - low, 0) // (end - begin)
        clicks = np.flatnonzero(rnd.chance(keys, "click", full, step))
        row, element, keys, step = row[clicks], element[clicks], keys[clicks], step[clicks]
        media = rnd.between(keys, "click-at", low[clicks], high[clicks], step)
        at = self._at(row, media)
        x, y = self._inside(element, keys, step, visits.day[s.visit[row]] >= self.settings.change_day)
        self.recorder.add(s.visit[row], at, world.click_kind[element], node=s.node[row], position=media,
                          element=element, x=x, y=y)  # fmt: skip
        self._consequences(s.visit[row], at, element, world.click_kind[element], keys, step)

    def _inside(self, element: Integers, keys: Keys, step: Integers, is_moved: Flags) -> tuple[Integers, Integers]:
        """Where in the element's box (as it lay that day) a click falls: nearer its middle than its rim."""
        box = np.where(is_moved[:, None], self.world.element_moved_box[element], self.world.element_box[element])
        x, y, width, height = box.T
        across = rnd.between(keys, "x1", 0, width, step) + rnd.between(keys, "x2", 0, width, step)
        down = rnd.between(keys, "y1", 0, height, step) + rnd.between(keys, "y2", 0, height, step)
        return x + across // 2, y + down // 2

    def _consequences(self, visit: Integers, at: Integers, element: Integers, kind: Integers, keys: Keys, step: Integers) -> None:
        """Pages reached, carts filled and conversions, within hours or (slow buyers) one to three days later."""
        rates, add = self.settings.rates, self.recorder.add
        cta = kind == KIND["cta_click"]
        lands = cta & rnd.chance(keys, "lands", rates.page_view, step)
        add(visit[lands], at[lands] + 1400, KIND["page_view"], element=element[lands])
        cart = (kind == KIND["product_click"]) & rnd.chance(keys, "cart", rates.add_to_cart, step)
        carted = at + 3000 + rnd.exponential(keys, "cart-after", 8000, step)
        add(visit[cart], carted[cart], KIND["add_to_cart"], element=element[cart])
        converts = cta & rnd.chance(keys, "converts", rates.conversion, step)
        converts |= cart & rnd.chance(keys, "converts", rates.cart_conversion, step)
        wait = 60_000 + rnd.exponential(keys, "buys-after", 900_000, step)
        days = rnd.between(keys, "buys-days", DAY, 3 * DAY, step)
        wait = np.where(self.visits.is_slow_buyer[visit], days, wait)
        cents = 900 + rnd.exponential(keys, "spends", 4000, step)
        add(visit[converts], at[converts] + wait[converts], KIND["conversion"], cents=cents[converts])

    def _surface(self) -> None:
        """Idle clicks anywhere on the picture, whatever lies there."""
        s = self.stretches
        keys = self.visits.key[s.visit]
        rate = self.settings.rates.surface_click * (s.end - s.begin) // 10_000
        row = np.flatnonzero(rnd.chance(keys, "surface", np.minimum(rate, 1_000_000), s.number))
        keys, step = keys[row], s.number[row]
        media = rnd.between(keys, "surface-at", s.begin[row], s.end[row], step)
        self.recorder.add(
            s.visit[row], self._at(row, media), KIND["surface_click"], node=s.node[row], position=media,
            x=rnd.between(keys, "surface-x", 0, 10_000, step), y=rnd.between(keys, "surface-y", 0, 10_000, step),
        )  # fmt: skip

    def _unmarked_object(self) -> None:
        """The planted object that looks clickable and has no element."""
        s, rates = self.stretches, self.settings.rates
        low, high = np.maximum(s.begin, UNMARKED_FROM), np.minimum(s.end, UNMARKED_TO)
        seen = (s.node == self.world.node(UNMARKED_NODE)) & (low < high)
        row = np.flatnonzero(seen)
        keys, step = self.visits.key[s.visit[row]], s.number[row]
        full = rates.unmarked_click * (high - low)[row] // (UNMARKED_TO - UNMARKED_FROM)
        clicks = rnd.chance(keys, "unmarked", full, step)
        row, keys, step = row[clicks], keys[clicks], step[clicks]
        media = rnd.between(keys, "unmarked-at", low[row], high[row], step)

        def near(centre: int, axis: str) -> Integers:
            offset = rnd.between(keys, axis, 0, UNMARKED_REACH, step) - rnd.between(keys, axis + "'", 0, UNMARKED_REACH, step)
            return centre + offset

        self.recorder.add(
            s.visit[row], self._at(row, media), KIND["surface_click"], node=s.node[row], position=media,
            x=near(UNMARKED_X, "unmarked-x"), y=near(UNMARKED_Y, "unmarked-y"),
        )  # fmt: skip

    def _errors(self) -> None:
        """A decoder error here and there; playback goes on from the next evidence."""
        s = self.stretches
        keys = self.visits.key[s.visit]
        broken = (s.number == 0) & rnd.chance(keys, "error", self.settings.rates.error)
        row = np.flatnonzero(broken)
        # Half a second before the player started: an error that costs no watching.
        self.recorder.add(s.visit[row], s.wall[row] - 150, KIND["error"], node=s.node[row])

    def _bots(self) -> None:
        """Hundreds of clicks in a row, and no playing."""
        visits = self.visits
        bot = np.flatnonzero(visits.is_bot)
        count = rnd.between(visits.key[bot], "bot-clicks", 150, 400)
        visit = np.repeat(bot, count)
        number = np.arange(len(visit)) - np.repeat(np.cumsum(count) - count, count)
        keys = visits.key[visit]
        self.recorder.add(
            visit, visits.start[visit] + 500 + number * 90, KIND["surface_click"],
            node=self.world.video_start[visits.video[visit]], position=0,
            x=rnd.between(keys, "bot-x", 0, 10_000, number), y=rnd.between(keys, "bot-y", 0, 10_000, number),
        )  # fmt: skip
