import { intervalOption, isNarrow, rowsHeight } from "../../charts/intervals";
import type { Palette } from "../../charts/palette";
import { unlessWithheld } from "../../data/types";
import { formatProbability, formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import type { ResultRow } from "./files";
import { formatOutcome, liftText, metricName, variantName, verdictText } from "./verdict";

interface OutcomesProps {
  rows: readonly ResultRow[];
  unit: string;
  minimumViewers: number;
}

/** The lift of every variant on every metric as a forest plot, and all numbers behind it. */
export function Outcomes({ rows, unit, minimumViewers }: OutcomesProps) {
  const compared = rows.filter(({ is_control }) => !is_control);
  const controlOf = (row: ResultRow) => rows.find((other) => other.is_control && other.metric === row.metric);
  const hasVariants = new Set(compared.map(({ variant_id }) => variant_id)).size > 1;
  const label = (row: ResultRow) => `${hasVariants ? `${row.variant_id}: ` : ""}${metricName(row.metric)}${row.is_primary ? " (primary)" : ""}`;
  const columns: Column<ResultRow>[] = [
    { label: "Metric", value: (row) => metricName(row.metric), text: (row) => `${metricName(row.metric)}${row.is_primary ? " (primary)" : ""}` },
    { label: "Variant", value: (row) => row.variant_id, text: variantName },
    { label: capital(unit), kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.units) },
    {
      label: "Outcome",
      kind: "percent",
      value: (row) => unlessWithheld(row.is_withheld, row.outcome),
      text: (row) => (row.is_withheld ? "withheld" : formatOutcome(row, row.outcome)),
    },
    { label: "95% interval", value: (row) => (row.is_withheld ? "withheld" : row.outcome_low === null ? "–" : `${formatOutcome(row, row.outcome_low)} to ${formatOutcome(row, row.outcome_high)}`) },
    { label: "Lift", value: (row) => (row.is_control ? "–" : row.is_comparison_withheld ? "withheld" : liftText(row) || "–") },
    { label: "Adjusted p", kind: "decimal", value: (row) => (row.is_control ? null : unlessWithheld(row.is_comparison_withheld, row.adjusted_p_value)), text: probability },
    { label: "Needed", kind: "count", value: (row) => row.needed_units },
    { label: "Verdict", value: (row) => (row.is_control ? "–" : row.is_comparison_withheld ? "withheld" : (row.verdict ?? "–")) },
  ];
  const ends = endsOf(compared);
  return (
    <>
      <Chart
        title="Lift over the control"
        summary={`Lift over the control. ${compared.map((row) => verdictText(row, controlOf(row), unit, minimumViewers)).join(". ")}.`}
        kinds={["scatter", "custom"]}
        drawn={compared.map((row) => `${row.experiment_id}${row.variant_id}${row.metric}${row.relative_lift}`).join()}
        option={(palette) =>
          intervalOption(palette, {
            kind: "percent",
            shape: "point",
            room: isNarrow() ? 12 : 130,
            ...ends,
            rows: compared.map((row) => ({
              label: isNarrow() ? `${label(row)}\n${liftText(row)}` : label(row),
              value: row.relative_lift === null ? null : Math.min(ends.max, row.relative_lift),
              low: row.relative_lift_low,
              high: row.relative_lift_high,
              colour: colourOf(palette, row),
              text: isNarrow() ? "" : liftText(row),
              tip: verdictText(row, controlOf(row), unit, minimumViewers),
            })),
          })
        }
        height={rowsHeight(compared.length)}
        table={{ caption: "Lift over the control", columns: [columns[0]!, columns[1]!, columns[5]!, columns[8]!], rows: compared, file: "audience-experiment-lift" }}
      />
      <section class="card">
        <h2>All metrics</h2>
        <DataTable caption="Metrics by variant" columns={columns} rows={rows} file="audience-experiment" />
        <p class="aside">{assignedText(rows, unit)}</p>
      </section>
    </>
  );
}

// Of the first metric's rows: who was assigned is the same for all of them.
function assignedText(rows: readonly ResultRow[], unit: string): string {
  const own = rows.filter(({ metric }) => metric === rows[0]?.metric);
  const crossed = own.reduce((sum, row) => sum + (row.crossover_units ?? 0), 0);
  const parts = own.map((row) => `${variantName(row)} ${formatValue(unlessWithheld(row.is_withheld, row.assigned_units), "count")}`);
  const crossing = crossed === 0 ? "None was shown another variant later." : `${formatValue(crossed, "count")} were shown another variant later and count for their first.`;
  return `${capital(unit)} assigned: ${parts.join(", ")}. ${crossing} A metric counts those of whom it is known.`;
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function probability(row: ResultRow): string {
  if (row.is_control) return "–";
  if (row.is_comparison_withheld) return "withheld";
  return row.adjusted_p_value === null ? "–" : formatProbability(row.adjusted_p_value);
}

function colourOf(palette: Palette, row: ResultRow): string {
  if (row.verdict === "better") return palette.good;
  if (row.verdict === "worse") return palette.bad;
  return palette.accent;
}

// A rare outcome's interval may reach to many times the control: the axis ends where the others still can be read.
function endsOf(rows: readonly ResultRow[]): { min: number; max: number } {
  const highs = rows.flatMap((row) => row.relative_lift_high ?? row.relative_lift ?? []);
  const lows = rows.flatMap((row) => row.relative_lift_low ?? row.relative_lift ?? []);
  const max = Math.min(2, Math.max(0.2, ...highs));
  return { min: Math.max(-1, Math.floor(Math.min(-0.2, ...lows) * 5) / 5), max: Math.ceil(max * 5) / 5 };
}
