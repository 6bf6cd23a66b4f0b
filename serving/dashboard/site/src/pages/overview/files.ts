import type { Dataset } from "../../data/types";

/** A kind of slice (rule 81 of the definitions). */
export type SliceKind = "workspace" | "video" | "campaign" | "device_type" | "country";

export interface SliceDay {
  slice_value: string;
  date_day: number;
  is_withheld: boolean;
  impressions: number | null;
  plays: number | null;
  watch_seconds: number | null;
  viewers: number | null;
  engaged_viewers: number | null;
  completed_viewers: number | null;
}

export type Counted = "viewers" | "engaged" | "completed";

export interface ViewerReturn {
  slice_value: string;
  measure: Counted;
  active_date: number;
  previous_active_date: number | null;
  viewer_count: number;
}

export interface ViewerPeriod {
  slice_value: string;
  from_date: number;
  to_date: number;
  is_withheld: boolean;
  viewers: number | null;
  engaged_viewers: number | null;
  completed_viewers: number | null;
}

/** The file `overview/slice/<workspace>/<kind>.json`. */
export interface OverviewFile {
  slice_day: Dataset<SliceDay>;
  viewer_return: Dataset<ViewerReturn>;
  viewer_period: Dataset<ViewerPeriod>;
}
