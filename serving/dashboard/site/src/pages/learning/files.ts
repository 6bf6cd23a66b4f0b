import type { Dataset } from "../../data/types";

/** The file `learning/workspace/<workspace>.json`. */
export interface LearningFile {
  compliance: Dataset<ComplianceRow>;
  risks: Dataset<RiskRow>;
  topics: Dataset<TopicRow>;
}

/** One training and organisational unit; a learner has one unit per training, so that rows add up to assignments. */
export interface ComplianceRow {
  video_id: string;
  title: string;
  org_unit: string | null;
  is_withheld: boolean;
  next_due_on: number | null;
  data_until: number | null;
  assigned_count: number | null;
  completed_count: number | null;
  failed_count: number | null;
  in_progress_count: number | null;
  not_started_count: number | null;
  overdue_count: number | null;
  late_count: number | null;
  at_risk_count: number | null;
  completion_rate: number | null;
}

export interface RiskRow {
  video_id: string;
  risk_reason: string;
  is_withheld: boolean;
  learners: number | null;
}

export interface TopicRow {
  topic: string;
  question_count: number;
  video_count: number;
  is_withheld: boolean;
  is_gap_withheld: boolean;
  learners: number | null;
  share_correct: number | null;
  share_correct_low: number | null;
  share_correct_high: number | null;
  is_gap: boolean | null;
  judged_learners: number | null;
  gap_learners: number | null;
  gap_rate: number | null;
}
