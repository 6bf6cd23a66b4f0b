import { formatSigned, formatValue, wordsOf } from "../../format";
import type { ResultRow } from "./files";

/** A metric as a person says it. */
export const metricName = (metric: string): string => (metric === "watch_seconds" ? "seconds watched" : wordsOf(metric));

/** A variant, and that it is the control where its name does not say so. */
export const variantName = (row: { variant_id: string; is_control: boolean }): string =>
  row.is_control && row.variant_id.toLowerCase() !== "control" ? `${row.variant_id} (control)` : row.variant_id;

/** An outcome: a rate as a percentage, a mean of seconds with its unit, another mean as a number. */
export function formatOutcome(row: ResultRow, value: number | null): string {
  return formatValue(value, row.metric_kind === "rate" ? "percent" : row.metric === "watch_seconds" ? "seconds" : "decimal");
}

/** `+48% [+26%, +73%]`; nothing where it cannot be said. */
export function liftText(row: ResultRow): string {
  if (row.relative_lift === null) return "";
  if (row.relative_lift_low === null || row.relative_lift_high === null) return formatSigned(row.relative_lift);
  return `${formatSigned(row.relative_lift)} [${formatSigned(row.relative_lift_low)}, ${formatSigned(row.relative_lift_high)}]`;
}

/** How many units per variant are missing before a difference of a fifth would show; null where that cannot be reckoned. */
export function missingUnits(row: ResultRow, control: ResultRow | undefined): number | null {
  if (row.needed_units === null || row.units === null || !control || control.units === null) return null;
  return Math.max(0, row.needed_units - Math.min(row.units, control.units));
}

/** What came out for a variant on a metric, in a sentence that needs no statistics (rule 69). */
export function verdictText(row: ResultRow, control: ResultRow | undefined, unit: string, minimumViewers: number): string {
  const metric = metricName(row.metric);
  if (row.is_comparison_withheld) return `${row.variant_id}: withheld, fewer than ${minimumViewers} ${unit} in it or in the control.`;
  switch (row.verdict) {
    case "better":
      return `${row.variant_id} is better: ${metric} ${liftText(row)}`;
    case "worse":
      return `${row.variant_id} is worse: ${metric} ${liftText(row)}`;
    case "no difference seen":
      return `${row.variant_id}: no difference seen in ${metric}${liftText(row) && `: ${liftText(row)} may be chance`}`;
    case "sample ratio mismatch":
      return `${row.variant_id}: cannot be judged, because the ${unit} were not divided as planned`;
    default:
      return `${row.variant_id}: not enough data on ${metric}${missingText(missingUnits(row, control), unit)}`;
  }
}

function missingText(missing: number | null, unit: string): string {
  if (missing === null) return ": too little has happened yet to say how much more is needed";
  if (missing === 0) return ": too few did it in either variant to compare them";
  return `: about ${formatValue(missing, "count")} more ${unit} per variant needed`;
}
