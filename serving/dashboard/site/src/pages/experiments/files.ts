import type { Dataset } from "../../data/types";

/** The file `experiments/workspace/<workspace>.json`. */
export interface ExperimentsFile {
  variants: Dataset<VariantRow>;
  results: Dataset<ResultRow>;
}

export interface VariantRow {
  experiment_id: string;
  variant_id: string;
  experiment_name: string;
  video_id: string | null;
  /** device, user or viewer: what was assigned to a variant. */
  unit: string | null;
  starts_on: number | null;
  ends_on: number | null;
  is_control: boolean;
  planned_share: number | null;
  is_in_catalog: boolean;
}

export type Verdict = "sample ratio mismatch" | "not enough data" | "better" | "worse" | "no difference seen";

export interface ResultRow {
  experiment_id: string;
  metric: string;
  metric_kind: "rate" | "mean";
  variant_id: string;
  is_primary: boolean;
  is_control: boolean;
  sample_ratio_p_value: number | null;
  needed_units: number | null;
  is_withheld: boolean;
  is_comparison_withheld: boolean;
  assigned_units: number | null;
  crossover_units: number | null;
  units: number | null;
  outcome: number | null;
  outcome_low: number | null;
  outcome_high: number | null;
  relative_lift: number | null;
  relative_lift_low: number | null;
  relative_lift_high: number | null;
  adjusted_p_value: number | null;
  verdict: Verdict | null;
}
