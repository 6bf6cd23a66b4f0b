import type { Dataset } from "../../data/types";

/** The file `questions/workspace/<workspace>.json`; all numbers are over all dates. */
export interface QuestionsFile {
  quizzes: Dataset<QuizRow>;
  polls: Dataset<PollRow>;
  surveys: Dataset<SurveyRow>;
  choices: Dataset<ChoiceRow>;
  other_answers: Dataset<OtherAnswersRow>;
}

export type QuestionKind = "quiz" | "poll" | "survey";

/** A question of any kind, as it is chosen in the address. */
export interface QuestionRow {
  video_id: string | null;
  question_id: string;
  text: string;
  is_withheld: boolean;
  answered_viewers: number | null;
}

export interface QuizRow extends QuestionRow {
  is_outcome_withheld: boolean;
  median_seconds: number | null;
  share_correct: number | null;
  share_correct_low: number | null;
  share_correct_high: number | null;
  share_correct_last: number | null;
  difficulty: number | null;
  discrimination: number | null;
}

export type PollRow = QuestionRow;

export interface SurveyRow extends QuestionRow {
  scale: string | null;
  exposed_viewers: number;
  is_score_withheld: boolean;
  response_rate: number | null;
  rated_viewers: number | null;
  rating_mean: number | null;
  promoters: number | null;
  passives: number | null;
  detractors: number | null;
  nps: number | null;
  csat: number | null;
  csat_low: number | null;
  csat_high: number | null;
}

export interface ChoiceRow {
  kind: QuestionKind;
  video_id: string | null;
  question_id: string;
  label: string;
  rating: number | null;
  is_offered: boolean;
  is_correct: boolean | null;
  is_distractor: boolean | null;
  is_withheld: boolean;
  viewers: number | null;
  share: number | null;
  share_low: number | null;
  share_high: number | null;
}

export interface OtherAnswersRow {
  kind: QuestionKind;
  video_id: string | null;
  question_id: string;
  answer_count: number;
}

/** Whether a row belongs to a question. */
export const isOf = (row: { video_id: string | null; question_id: string }, question: QuestionRow): boolean =>
  row.video_id === question.video_id && row.question_id === question.question_id;

/** What names a question in the address: the same question may be asked in several videos. */
export const keyOf = (question: QuestionRow): string => `${question.video_id ?? ""}/${question.question_id}`;
