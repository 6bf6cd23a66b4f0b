import type { Dataset } from "../../data/types";

/** The file `funnels/workspace/<workspace>.json`; all numbers are over all dates. */
export interface FunnelsFile {
  goals: Dataset<GoalRow>;
  /** Of funnels of the whole workspace. */
  steps: Dataset<StepRow>;
}

/** The file `funnels/video/<workspace>/<video>.json`. */
export interface VideoFunnelsFile {
  video_steps: Dataset<StepRow>;
}

export interface GoalRow {
  goal_id: string;
  /** Null: the funnel is of the whole workspace. */
  video_id: string | null;
  name: string;
  is_default: boolean;
  step_count: number;
  is_withheld: boolean;
  entered_viewers: number | null;
  converted_viewers: number | null;
}

export interface StepRow {
  goal_id: string;
  segment_type: string;
  segment_value: string | null;
  position: number;
  step_name: string;
  is_withheld: boolean;
  is_drop_withheld: boolean;
  reached_viewers: number | null;
  share_of_previous: number | null;
  share_of_entered: number | null;
  dropped_viewers: number | null;
  drop_rate: number | null;
  median_seconds_from_previous: number | null;
  next_event_type: string | null;
  next_event_viewers: number | null;
}
