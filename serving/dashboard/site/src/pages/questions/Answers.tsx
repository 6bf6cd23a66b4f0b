import { intervalOption, rowsHeight, type Measured } from "../../charts/intervals";
import type { Palette } from "../../charts/palette";
import { unlessWithheld } from "../../data/types";
import { formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import { SelectField } from "../../parts/fields";
import { isOf, keyOf, type ChoiceRow, type OtherAnswersRow, type QuestionKind, type QuestionRow } from "./files";

export interface AnswersData {
  choices: readonly ChoiceRow[];
  others: readonly OtherAnswersRow[];
}

interface AnswersProps extends AnswersData {
  kind: QuestionKind;
  /** Those to choose from. */
  questions: readonly QuestionRow[];
  question: QuestionRow;
  minimumViewers: number;
  /** Called with the key of another question. */
  choose?: (key: string) => void;
  /** In CSS pixels, to stand beside a higher chart. */
  leastHeight?: number;
}

/** How the answers to one question fall on what could be chosen; what an option is, is said in words. */
export function Answers({ kind, questions, question, choices, others, minimumViewers, choose, leastHeight = 0 }: AnswersProps) {
  const rows = choices.filter((choice) => choice.kind === kind && isOf(choice, question));
  const other = others.find((row) => row.kind === kind && isOf(row, question));
  const answered = question.is_withheld ? `fewer than ${minimumViewers}` : formatValue(question.answered_viewers, "count");
  const basis = `${answered} viewers answered`;
  return (
    <Chart
      title={question.text}
      summary={`${question.text}: ${basis}. ${rows.map((row) => `${named(row)} ${formatValue(unlessWithheld(row.is_withheld, row.share), "percent")}`).join(", ")}.`}
      kinds={["bar", "custom"]}
      drawn={`${kind}|${keyOf(question)}|${rows.map((row) => row.share).join()}`}
      option={(palette) => intervalOption(palette, { rows: rows.map((row) => measured(palette, row)), kind: "percent", shape: "bar", max: topOf(rows) })}
      height={Math.max(rowsHeight(rows.length), leastHeight)}
      table={{ caption: `Answers to ${question.text}`, columns: COLUMNS, rows, file: `audience-answers-${question.question_id}` }}
      note={other ? `${basis}. ${ownWords(other)}` : `${basis}.`}
    >
      {choose && questions.length > 1 && (
        <SelectField
          label="Question"
          value={keyOf(question)}
          options={questions.map((candidate) => ({ value: keyOf(candidate), label: candidate.text }))}
          onChange={choose}
        />
      )}
    </Chart>
  );
}

function ownWords(other: OtherAnswersRow): string {
  const answers = other.answer_count === 1 ? "1 other answer in a viewer's own words is" : `${other.answer_count} other answers in viewers' own words are`;
  return `${answers} not listed: fewer than five gave it.`;
}

const COLUMNS: Column<ChoiceRow>[] = [
  { label: "Answer", value: (row) => row.label },
  { label: "What it is", value: meaning },
  { label: "Viewers", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.viewers) },
  { label: "Share", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.share) },
  { label: "At least", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.share_low) },
  { label: "At most", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.share_high) },
];

function meaning(row: ChoiceRow): string {
  if (row.is_correct) return "right answer";
  if (row.is_distractor) return "wrong, and draws more than its part of the wrong answers";
  if (row.is_correct === false) return "wrong";
  return row.is_offered ? "offered" : "not offered";
}

function named(row: ChoiceRow): string {
  if (row.is_correct) return `${row.label} (right)`;
  if (row.is_distractor) return `${row.label} (distractor)`;
  return row.label;
}

function measured(palette: Palette, row: ChoiceRow): Measured {
  const share = formatValue(unlessWithheld(row.is_withheld, row.share), "percent");
  return {
    label: row.is_withheld ? `${named(row)}: withheld` : named(row),
    value: row.share,
    low: row.share_low,
    high: row.share_high,
    colour: row.is_correct ? palette.good : row.is_distractor ? palette.bad : row.is_correct === false ? palette.earlier : palette.accent,
    tip: `${row.label}: ${meaning(row)}\n${share} of who answered, ${formatValue(unlessWithheld(row.is_withheld, row.viewers), "count")} viewers\n95% interval ${formatValue(row.share_low, "percent")} to ${formatValue(row.share_high, "percent")}`,
  };
}

// The axis ends above the widest interval, so that small shares do not crowd at the left.
function topOf(rows: readonly ChoiceRow[]): number {
  const widest = Math.max(0, ...rows.map((row) => row.share_high ?? row.share ?? 0));
  return [0.1, 0.2, 0.3, 0.4, 0.6, 0.8].find((end) => widest <= end) ?? 1;
}
