"""Watching: all visits of a block walk through their videos in step, one stretch of playing at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingestion.simulator import randomness as rnd
from ingestion.simulator.audience import DAY, Visits
from ingestion.simulator.randomness import Integers, Keys
from ingestion.simulator.records import Recorder
from ingestion.simulator.settings import Settings
from ingestion.simulator.world import KIND, NEVER, Flags, World

MAX_NODES = 7
"""Node visits in one view, replays included."""

MAX_STRETCHES = 7
"""Stretches of playing in one node visit; the last one is never interrupted."""

HEARTBEAT = 10_000
DROP_OFF_NODE, DROP_OFF_AT = "autumn-launch", 31_000
_MEAN_UNINTERRUPTED = 52_000
_END, _LEAVE, _INTERRUPT, _STOP = range(4)
_PAUSE, _FORWARD, _BACK, _BUFFER, _RATE, _SCREEN, _PAUSED_SEEK = range(7)
_INTERRUPTIONS = (42, 12, 12, 14, 7, 6, 7)
_FASTER = np.array([125, 150, 200, 100, 100], dtype=np.int64)


@dataclass(frozen=True)
class Stretches:
    """Uninterrupted playing: columns of one length. Media and wall times in milliseconds, rate in percent."""

    visit: Integers
    node: Integers
    number: Integers  # rising within a visit
    begin: Integers  # media
    end: Integers  # media
    wall: Integers  # since the epoch
    rate: Integers
    is_silent_end: Flags  # the tab was closed here and no event tells

    @classmethod
    def joined(cls, parts: list[Stretches]) -> Stretches:
        """All stretches of the parts, in their order; none where nobody played."""
        whole = np.empty(0, dtype=np.int64)
        none = cls(whole, whole, whole, whole, whole, whole, whole, np.empty(0, dtype=np.bool_))
        return cls(*(np.concatenate([getattr(part, name) for part in parts or [none]]) for name in cls.__dataclass_fields__))

    @property
    def wall_length(self) -> Integers:
        """Milliseconds of wall time of each stretch."""
        return (self.end - self.begin) * 100 // self.rate


@dataclass
class _Walk:
    """Visits still watching: one row each."""

    visit: Integers
    node: Integers
    wall: Integers
    position: Integers
    rate: Integers

    def take(self, rows: Flags | Integers) -> _Walk:
        """The given rows (mask or numbers)."""
        return _Walk(**{name: column[rows] for name, column in vars(self).items()})


@dataclass
class Player:
    """Walks visits through the world and records what their players report."""

    settings: Settings
    world: World
    visits: Visits
    recorder: Recorder

    def play(self) -> Stretches:
        """Records everything from impression to exit, heartbeats included; returns what was really watched."""
        visits, world = self.visits, self.world
        everyone = np.arange(len(visits.key), dtype=np.int64)
        node = world.video_start[visits.video]
        self.recorder.add(everyone, visits.start, KIND["impression"], node=node)
        plays = rnd.chance(visits.key, "plays", self.settings.rates.played) & ~visits.is_bot
        plays |= visits.is_resumed
        row = everyone[plays]
        wall = visits.start[row] + rnd.between(visits.key[row], "start-up", 300, 2500)
        walk = _Walk(row, node[row], wall, np.zeros_like(row), np.full_like(row, 100))
        found: list[Stretches] = []
        for hop in range(MAX_NODES):
            if not len(walk.visit):
                break
            walk = self._watch_node(walk, hop, found)
        stretches = Stretches.joined(found)
        self._heartbeats(stretches)
        return stretches

    def _watch_node(self, walk: _Walk, hop: int, found: list[Stretches]) -> _Walk:
        """One node visit of each walk; returns those who go on to another node (or again), standing at its start."""
        world, keys = self.world, self.visits.key[walk.visit]
        step = hop * 16
        add = self.recorder.add
        add(walk.visit, walk.wall, KIND["play"], node=walk.node, position=0, rate=_told(walk.rate))
        duration = world.duration[walk.node]
        branches = world.default_edge[walk.node] >= 0
        chosen = branches & rnd.chance(keys, "chosen", self.settings.rates.chosen, step)
        goal = duration - np.where(chosen, rnd.between(keys, "choice", 0, 7000, step), 0)
        finished: list[_Walk] = []
        done_rows: list[Integers] = []
        rows = np.arange(len(walk.visit), dtype=np.int64)
        for turn in range(MAX_STRETCHES):
            if not len(rows):
                break
            outcome, end = self._next_stop(walk, goal[rows], step + turn)
            stretch_wall = walk.wall
            walk.wall = walk.wall + (end - walk.position) * 100 // walk.rate
            leaves = outcome == _LEAVE
            silent = leaves & rnd.chance(self.visits.key[walk.visit], "silent", self.settings.rates.silent_exit, step + turn)
            found.append(Stretches(walk.visit, walk.node, np.full_like(rows, step + turn), walk.position, end,
                                   stretch_wall, walk.rate, silent))  # fmt: skip
            walk.position = end
            tells = leaves & ~silent
            self._exit(walk.take(tells), turn == 0 and hop == 0)
            ended = outcome == _END
            finished.append(walk.take(ended))
            done_rows.append(rows[ended])
            stays = (outcome == _INTERRUPT) | (outcome == _STOP)
            rows, outcome, walk = rows[stays], outcome[stays], walk.take(stays)
            walk = self._interruption(walk, outcome == _INTERRUPT, goal[rows], step + turn)
            walk = self._answer(walk, outcome == _STOP, step + turn)
        arrived = _Walk(*(np.concatenate([getattr(part, name) for part in finished])
                          for name in _Walk.__dataclass_fields__))  # fmt: skip
        return self._leave_node(arrived, chosen[np.concatenate(done_rows)], hop)

    def _next_stop(self, walk: _Walk, goal: Integers, step: int) -> tuple[Integers, Integers]:
        """What ends the stretch that begins at each walk's position, and at which media time."""
        world, visits, rates = self.world, self.visits, self.settings.rates
        keys = visits.key[walk.visit]
        ahead = world.stop_at[walk.node]
        stop = np.where(ahead > walk.position[:, None], ahead, NEVER).min(axis=1)
        pause = walk.position + np.maximum(rnd.exponential(keys, "interrupted", _MEAN_UNINTERRUPTED, step), 500)
        if step % 16 == MAX_STRETCHES - 1:
            pause = np.full_like(pause, NEVER)
        leave = walk.position + np.maximum(rnd.exponential(keys, "leave", world.patience[walk.node], step), 300)
        if rates.drop_off:
            passes = (walk.node == world.node(DROP_OFF_NODE)) & (walk.position < DROP_OFF_AT)
            passes &= rnd.chance(keys, "drop-off", rates.drop_off, step)
            leave = np.where(passes, np.minimum(leave, DROP_OFF_AT + rnd.between(keys, "drop-at", 0, 1000, step)), leave)
        if step == 0:
            halfway = visits.is_resumed[walk.visit]
            leave = np.where(halfway, NEVER, leave)
            stop = np.where(halfway, NEVER, stop)
            pause = np.where(halfway, np.minimum(pause, goal // 2), pause)
        end = np.minimum(np.minimum(goal, leave), np.minimum(pause, stop))
        outcome = np.where(end == goal, _END, np.where(end == leave, _LEAVE, np.where(end == stop, _STOP, _INTERRUPT)))
        return outcome, end

    def _exit(self, walk: _Walk, is_first_stretch: bool) -> None:
        """Exit events; some of those who watched one stretch only declare what they covered."""
        declares = np.zeros(len(walk.visit), dtype=bool)
        if is_first_stretch:
            declares = rnd.chance(self.visits.key[walk.visit], "declares", self.settings.rates.declares_ranges)
        self.recorder.add(walk.visit, walk.wall, KIND["exit"], node=walk.node, position=walk.position,
                          covered=np.where(declares, walk.position, -1))  # fmt: skip

    def _interruption(self, walk: _Walk, interrupted: Flags, goal: Integers, step: int) -> _Walk:
        """Pauses, seeks, buffering and rate changes of the interrupted; the others pass through unchanged."""
        add, keys = self.recorder.add, self.visits.key[walk.visit]
        kind = np.where(interrupted, rnd.pick(keys, "interruption", _INTERRUPTIONS, step), -1)
        resumed = np.zeros_like(interrupted)
        if step == 0:
            resumed = interrupted & self.visits.is_resumed[walk.visit]
            kind = np.where(resumed, _PAUSE, kind)

        length = 1000 + rnd.exponential(keys, "pause", 15_000, step)
        length += np.where(rnd.chance(keys, "lunch", 10_000, step), rnd.between(keys, "long", 1_200_000, 2_400_000, step), 0)
        days_later = rnd.between(keys, "resumed-after", 1, 6) * DAY + rnd.between(keys, "resumed-at", 0, DAY // 3)
        length = np.where(resumed, days_later, length)
        pause = (kind == _PAUSE) | (kind == _PAUSED_SEEK)
        self._say(walk, pause, "pause")

        jump = rnd.between(keys, "jump", 5_000, 30_000, step)
        target = np.where(kind == _FORWARD, walk.position + jump, walk.position - jump)
        target = np.where(target > goal - 1000, walk.position - jump, target)
        target = np.maximum(target, 0)
        seek = (kind == _FORWARD) | (kind == _BACK) | (kind == _PAUSED_SEEK)
        origin = walk.position
        add(walk.visit[seek], walk.wall[seek] + np.where(pause, length // 2, 0)[seek], KIND["seek"],
            node=walk.node[seek], position=target[seek], seek_from=origin[seek])  # fmt: skip
        walk.position = np.where(seek, target, walk.position)
        walk.wall = walk.wall + np.where(pause, length, 0)
        self._say(walk, pause, "resume")

        buffers = kind == _BUFFER
        self._say(walk, buffers, "buffer_start")
        walk.wall = walk.wall + np.where(buffers, 200 + rnd.exponential(keys, "buffer", 1800, step), 0)
        self._say(walk, buffers, "buffer_end")

        faster = _FASTER[rnd.between(keys, "rate", 0, len(_FASTER), step)]
        walk.rate = np.where(kind == _RATE, faster, walk.rate)
        changes = kind == _RATE
        add(walk.visit[changes], walk.wall[changes], KIND["rate_change"], node=walk.node[changes],
            position=walk.position[changes], rate=walk.rate[changes])  # fmt: skip
        screen = kind == _SCREEN
        self._say(walk, screen & (length % 2 == 0), "fullscreen_change")
        self._say(walk, screen & (length % 2 == 1), "volume_change")
        return walk

    def _answer(self, walk: _Walk, stopped: Flags, step: int) -> _Walk:
        """Questions, polls, surveys and forms: shown while paused, answered or skipped, then playback goes on."""
        world, rates, add = self.world, self.settings.rates, self.recorder.add
        part = walk.take(stopped)
        if not len(part.visit):
            return walk
        keys = self.visits.key[part.visit]
        place = (world.stop_at[part.node] == part.position[:, None]).argmax(axis=1)
        element = world.stops[part.node, place]
        shown = {"node": part.node, "position": part.position, "element": element}
        self._say(part, np.ones(len(part.visit), dtype=bool), "pause")
        add(part.visit, part.wall, world.shown_kind[element], **shown)
        answered_at = part.wall + 1500 + rnd.exponential(keys, "thinking", 9000, step)
        is_form = world.answer_kind[element] == KIND["form_submit"]
        skips = rnd.chance(keys, "skips", np.where(is_form, 1_000_000 - rates.submit_form, rates.skip_question), step)
        # An able viewer knows more: 30 points between the least and the most able.
        known = world.mastery[element] + (self.visits.ability[part.visit] - 500_000) * 3 // 10
        knows = rnd.chance(keys, "knows", np.clip(known, 20_000, 980_000), step)
        graded = world.mastery[element] > 0
        first = world.option_first[element]
        guess = first.copy()
        uniform = rnd.draw(keys, "guess", step)
        for further in range(int(world.option_count.max()) - 1):
            inside = further < world.option_count[element] - 1
            share = world.option_share[np.where(inside, first + further, 0)]
            guess += inside & (uniform >= share)
        option = np.where(is_form, -1, np.where(graded & knows, first, guess))
        add(part.visit[skips], answered_at[skips], world.skip_kind[element][skips],
            **{name: column[skips] for name, column in shown.items()})  # fmt: skip
        answers = ~skips
        add(part.visit[answers], answered_at[answers], world.answer_kind[element][answers], option=option[answers],
            **{name: column[answers] for name, column in shown.items()})  # fmt: skip
        submits = answers & is_form
        add(part.visit[submits], answered_at[submits] + 350, KIND["identify"])
        part.wall = answered_at + 600
        self._say(part, np.ones(len(part.visit), dtype=bool), "resume")
        walk.wall = walk.wall.copy()
        walk.wall[stopped] = part.wall
        return walk

    def _leave_node(self, walk: _Walk, chosen: Flags, hop: int) -> _Walk:
        """At the end of a node: choose a branch, or end and perhaps watch again."""
        world, add = self.world, self.recorder.add
        keys: Keys = self.visits.key[walk.visit]
        branches = world.default_edge[walk.node] >= 0
        ended = ~branches
        self._say(walk, ended, "ended")
        again = ended & rnd.chance(keys, "again", 40_000, hop)
        closes = ended & ~again & rnd.chance(keys, "closes", 700_000, hop)
        later = walk.take(closes)
        later.wall = later.wall + 400 + rnd.exponential(keys[closes], "credits", 4000, hop)
        self._say(later, np.ones(len(later.visit), dtype=bool), "exit")
        if hop == MAX_NODES - 1:
            self._say(walk, branches, "exit")
            return walk.take(np.zeros(len(walk.visit), dtype=bool))
        place = (world.edge_share[walk.node] <= rnd.draw(keys, "edge", hop)[:, None]).sum(axis=1)
        width = world.edge_number.shape[1] - 1
        edge = np.where(chosen, world.edge_number[walk.node, np.minimum(place, width)], world.default_edge[walk.node])
        to_node = np.where(branches, world.edge_to[edge], walk.node)
        add(walk.visit[branches], walk.wall[branches], KIND["branch_choice"], node=walk.node[branches],
            position=walk.position[branches], to_node=to_node[branches],
            element=np.where(chosen, world.edge_element[edge], -1)[branches])  # fmt: skip
        add(walk.visit[branches], walk.wall[branches], KIND["node_enter"], node=to_node[branches], position=0)
        goes_on = branches | again
        pause = np.where(again, rnd.between(keys, "again-after", 2_000, 20_000, hop), 120)
        zero = np.zeros_like(walk.position)
        return _Walk(walk.visit, to_node, walk.wall + pause, zero, walk.rate).take(goes_on)

    def _say(self, walk: _Walk, rows: Flags, kind: str) -> None:
        self.recorder.add(walk.visit[rows], walk.wall[rows], KIND[kind], node=walk.node[rows],
                          position=walk.position[rows])  # fmt: skip

    def _heartbeats(self, stretches: Stretches) -> None:
        """One event for each ten seconds of playing inside a stretch."""
        beats = np.maximum(stretches.wall_length - 1, 0) // HEARTBEAT
        row = np.repeat(np.arange(len(beats)), beats)
        number = np.arange(len(row)) - np.repeat(np.cumsum(beats) - beats, beats) + 1
        media = number * HEARTBEAT * stretches.rate[row] // 100
        self.recorder.add(stretches.visit[row], stretches.wall[row] + number * HEARTBEAT, KIND["heartbeat"],
                          node=stretches.node[row], position=stretches.begin[row] + media,
                          rate=_told(stretches.rate[row]))  # fmt: skip


def _told(rate: Integers) -> Integers:
    """The rate as players report it: only when it is not 1."""
    return np.where(rate == 100, -1, rate)
