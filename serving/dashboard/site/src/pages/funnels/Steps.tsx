import { intervalOption, isNarrow, rowsHeight } from "../../charts/intervals";
import { unlessWithheld } from "../../data/types";
import { formatValue, wordsOf } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { MetricTile } from "../../parts/MetricTile";
import type { GoalRow, StepRow } from "./files";

export const stepLabel = (step: StepRow): string => `${step.position}. ${wordsOf(step.step_name)}`;

/** What came next of those who went no further, in words. */
export function nextOf(step: StepRow): string {
  if (!step.next_event_type) return "–";
  const words = step.next_event_type === "end_of_session" ? "left" : wordsOf(step.next_event_type);
  return `${words} (${formatValue(step.next_event_viewers, "count")})`;
}

const COLUMNS: Column<StepRow>[] = [
  { label: "Step", value: (row) => row.position, text: stepLabel, csv: stepLabel },
  { label: "Reached", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.reached_viewers) },
  { label: "Of the step before", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.share_of_previous) },
  { label: "Of all who entered", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.share_of_entered) },
  { label: "Went no further", kind: "count", value: (row) => unlessWithheld(row.is_drop_withheld, row.dropped_viewers) },
  { label: "Median time from before", kind: "seconds", value: (row) => unlessWithheld(row.is_withheld, row.median_seconds_from_previous) },
  { label: "What they mostly did next", value: nextOf },
];

/** A funnel's steps from the top down. */
export function Steps({ funnel, steps, minimumViewers }: { funnel: GoalRow; steps: readonly StepRow[]; minimumViewers: number }) {
  const entered = unlessWithheld(funnel.entered_viewers === null, funnel.entered_viewers);
  const converted = unlessWithheld(funnel.is_withheld, funnel.converted_viewers);
  const rate = unlessWithheld(
    funnel.is_withheld || funnel.entered_viewers === null,
    funnel.entered_viewers && funnel.converted_viewers !== null ? funnel.converted_viewers / funnel.entered_viewers : null,
  );
  const worst = worstOf(steps);
  return (
    <>
      <div class="tiles">
        <MetricTile label="Entered" kind="count" value={entered} note="viewers" minimumViewers={minimumViewers} />
        <MetricTile label="Went all the way" kind="count" value={converted} note="viewers" minimumViewers={minimumViewers} />
        <MetricTile label="Conversion rate" kind="percent" value={rate} note="of all who entered" minimumViewers={minimumViewers} />
        {worst && (
          <MetricTile
            label="Most are lost after"
            kind="percent"
            value={worst.drop_rate}
            text={stepLabel(worst)}
            note={`${formatValue(worst.drop_rate, "percent")} went no further`}
            minimumViewers={minimumViewers}
          />
        )}
      </div>
      <Chart
        title={funnel.name}
        summary={`${funnel.name}: ${steps.map((step) => `${stepLabel(step)} reached by ${formatValue(unlessWithheld(step.is_withheld, step.reached_viewers), "count")}`).join(", ")}.`}
        kinds={["bar", "custom"]}
        drawn={`${funnel.goal_id}|${funnel.video_id}|${steps.map((step) => step.reached_viewers).join()}`}
        option={(palette) =>
          intervalOption(palette, {
            kind: "count",
            shape: "bar",
            room: isNarrow() ? 64 : 170,
            rows: steps.map((step) => ({
              label: stepLabel(step),
              value: step.reached_viewers,
              low: null,
              high: null,
              text: endText(step),
              tip: tipOf(step),
            })),
          })
        }
        height={rowsHeight(steps.length)}
        table={{ caption: `${funnel.name}: steps drawn`, columns: COLUMNS.slice(0, 4), rows: steps, file: `audience-funnel-${funnel.goal_id}-steps` }}
      />
      <section class="card">
        <h2>Step by step</h2>
        <DataTable caption="Steps of the funnel" columns={COLUMNS} rows={steps} file={`audience-funnel-${funnel.goal_id}`} />
      </section>
    </>
  );
}

function endText(step: StepRow): string {
  const reached = formatValue(step.reached_viewers, "count");
  return step.share_of_previous === null || isNarrow() ? reached : `${reached}, ${formatValue(step.share_of_previous, "percent")} of before`;
}

function tipOf(step: StepRow): string {
  const lines = [stepLabel(step), `${formatValue(unlessWithheld(step.is_withheld, step.reached_viewers), "count")} reached it`];
  if (step.median_seconds_from_previous !== null) lines.push(`${formatValue(step.median_seconds_from_previous, "seconds")} after the step before (median)`);
  if (step.dropped_viewers) lines.push(`${formatValue(step.dropped_viewers, "count")} went no further; mostly: ${nextOf(step)}`);
  return lines.join("\n");
}

function worstOf(steps: readonly StepRow[]): StepRow | undefined {
  const before = steps.slice(0, -1).filter((step) => step.drop_rate !== null && step.reached_viewers);
  return [...before].sort((one, other) => (other.drop_rate ?? 0) - (one.drop_rate ?? 0))[0];
}
