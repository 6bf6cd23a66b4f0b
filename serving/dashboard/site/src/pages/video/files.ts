import type { Dataset } from "../../data/types";

/** Everything of a video over all dates; counts are null where `is_withheld`. */
export interface VideoTotals {
  first_date: number;
  last_date: number;
  is_withheld: boolean;
  plays: number | null;
  viewers: number | null;
  completed_viewers: number | null;
  path_count: number;
}

export interface NodeRow {
  node_id: string;
  file_key: string;
  title: string;
  duration_seconds: number | null;
  /** Edges from the start (rule 57); null where no way leads to it. */
  level: number | null;
  is_start: boolean;
  is_ending: boolean;
  is_in_catalog: boolean;
  is_unvisited: boolean;
  is_withheld: boolean;
  visits: number | null;
  plays: number | null;
  unique_views: number | null;
  unique_viewers: number | null;
  average_dwell_seconds: number | null;
  completion_rate: number | null;
  drop_off_rate: number | null;
  exits: number | null;
}

/** A step between two nodes (rule 54); no `from_node_id`: entries, no `to_node_id`: exits. */
export interface Transition {
  from_node_id: string | null;
  to_node_id: string | null;
  is_default: boolean;
  is_withheld: boolean;
  transition_count: number | null;
  viewer_count: number | null;
  share_of_departures: number | null;
  chosen_count: number | null;
  default_count: number | null;
  jump_count: number | null;
  unknown_count: number | null;
}

/** How many views were at a node as the `step`-th of their path, and went on to the next; null: they ended there. */
export interface Step {
  step: number;
  node_id: string;
  next_node_id: string | null;
  view_count: number;
  viewer_count: number;
}

export interface PathRow {
  /** Node ids joined by ` > `. */
  path: string;
  loop_count: number;
  view_count: number;
  viewer_count: number;
  share_of_views: number;
  completion_rate: number;
  average_watch_seconds: number;
}

/** Seconds that lose viewers (rule 59). */
export interface DropOff {
  node_id: string;
  second: number;
  first_second: number;
  last_second: number;
  views_lost: number;
  viewers_lost: number;
  share_lost: number;
  baseline_hazard: number;
  p_value: number;
  element_name: string | null;
  elements_on_screen: number;
}

/** The file `video/video/<workspace>/<video>.json`. */
export interface VideoFile {
  totals: Dataset<VideoTotals>;
  nodes: Dataset<NodeRow>;
  transitions: Dataset<Transition>;
  steps: Dataset<Step>;
  paths: Dataset<PathRow>;
  drop_offs: Dataset<DropOff>;
}

export interface SecondRow {
  second: number;
  is_withheld: boolean;
  views: number | null;
  viewers: number | null;
  replays: number | null;
  watching: number | null;
  started: number | null;
  retention: number | null;
}

/** The file `video/node/<workspace>/<video>/<node>.json`. */
export interface SecondsFile {
  seconds: Dataset<SecondRow>;
}
