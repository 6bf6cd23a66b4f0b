import type { Dataset } from "../../data/types";

/** One version of an element with what adds up over all dates; days of small groups are in no sum. */
export interface ElementRow {
  element_id: string;
  version_number: number;
  name: string;
  element_type: string | null;
  destination: string | null;
  is_in_catalog: boolean;
  is_current: boolean;
  from_seconds: number | null;
  to_seconds: number | null;
  /** Shares of the frame, from its upper left corner. */
  box_x: number | null;
  box_y: number | null;
  box_width: number | null;
  box_height: number | null;
  /** Null: from the beginning, and until further notice. */
  valid_from: number | null;
  valid_to: number | null;
  day_count: number;
  withheld_days: number;
  exposed_views: number;
  clicks: number;
  clicking_views: number;
  answering_views: number;
  skips: number;
}

/** One version of an element on one day, with the day's distinct viewers; null where `is_withheld`. */
export interface ElementDay {
  element_id: string;
  version_number: number;
  date_day: number;
  is_withheld: boolean;
  exposed_views: number | null;
  exposed_viewers: number | null;
  clicks: number | null;
  clicking_views: number | null;
  clicking_viewers: number | null;
  answering_viewers: number | null;
  skips: number | null;
}

/** Clicks in a twentieth by a twentieth of the frame in two seconds; all null in the one row that stands for what is withheld. */
export interface CellRow {
  from_second: number | null;
  cell_x: number | null;
  cell_y: number | null;
  clicks: number | null;
  hits: number | null;
  near_misses: number | null;
  false_clicks: number | null;
  unknown_clicks: number | null;
  /** Of the whole node. */
  withheld_cells: number;
}

/** Where a hotspot is proposed (rule 37). */
export interface Suggestion {
  viewer_rank: number;
  at_seconds: number;
  box_x: number;
  box_y: number;
  box_width: number;
  box_height: number;
  from_seconds: number;
  to_seconds: number;
  viewers: number;
  clicks: number;
  expected_clicks: number;
  p_value: number;
}

/** The file `node/node/<workspace>/<video>/<node>.json`. */
export interface NodeFile {
  elements: Dataset<ElementRow>;
  element_days: Dataset<ElementDay>;
  cells: Dataset<CellRow>;
  suggestions: Dataset<Suggestion>;
}
