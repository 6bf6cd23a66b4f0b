import type { Dataset } from "../../data/types";

/** The file `health/site/all.json`: of all emitters, whatever their workspace. */
export interface HealthFile {
  days: Dataset<HealthDayRow>;
  loads: Dataset<LoadRow>;
  rejections: Dataset<RejectionRow>;
}

/** The file `health/workspace/<workspace>.json`. */
export interface CatalogHealthFile {
  findings: Dataset<FindingRow>;
}

export interface HealthDayRow {
  source: string;
  event_date: number;
  accepted_count: number;
  rejected_by_ingestion_count: number;
  rejected_by_models_count: number;
  duplicate_count: number;
  event_count: number;
  late_event_count: number;
  skew_corrected_count: number;
  clock_replaced_count: number;
  unknown_type_count: number;
  unknown_field_count: number;
  missing_received_at_count: number;
  missing_device_count: number;
  missing_video_count: number;
  implausible_view_count: number;
}

export interface LoadRow {
  source: string;
  loaded_files: number;
  superseded_files: number;
  line_count: number;
  accepted_count: number;
  rejected_count: number;
  blank_count: number;
  erased_count: number;
  last_loaded_on: number | null;
}

export interface RejectionRow {
  source: string;
  rejected_by: string;
  reason: string;
  /** Null: the record was too broken to have a day. */
  event_date: number | null;
  rejected_count: number;
}

export interface FindingRow {
  severity: "error" | "warning";
  finding: string;
  entity: string;
  /** Null: records of people, which are counted and not named. */
  record_key: string | null;
  video_id: string | null;
  advice: string;
  record_count: number;
}
