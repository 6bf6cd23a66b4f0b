import { isKnown, rowsOf, UNCOUNTED, WITHHELD, type Value } from "../../data/types";
import type { Kind } from "../../format";
import type { Counted, OverviewFile, SliceDay, ViewerPeriod, ViewerReturn } from "./files";

/** Days from and to, both included. */
export interface Span {
  from: number;
  to: number;
}

/** All that is known of one slice. */
export interface SliceData {
  days: readonly SliceDay[];
  returns: readonly ViewerReturn[];
  periods: readonly ViewerPeriod[];
}

/** What was measured over a span. */
export interface Totals {
  impressions: Value;
  plays: Value;
  minutes: Value;
  viewers: Value;
  engaged: Value;
  completed: Value;
  /** Days that are in none of the sums, since their groups were too small. */
  withheldDays: number;
}

export interface Metric {
  name: string;
  label: string;
  kind: Kind;
  /** One sentence: what it counts. */
  meaning: string;
  of: (totals: Totals) => Value;
}

export const METRICS: readonly Metric[] = [
  { name: "impressions", label: "Player impressions", kind: "count", meaning: "Times the player was loaded on a page.", of: (totals) => totals.impressions },
  { name: "plays", label: "Plays", kind: "count", meaning: "Views in which playback began.", of: (totals) => totals.plays },
  { name: "viewers", label: "Unique viewers", kind: "count", meaning: "Different viewers who played, each counted once in the dates.", of: (totals) => totals.viewers },
  { name: "minutes", label: "Minutes viewed", kind: "count", meaning: "Video time that was watched, repeats included.", of: (totals) => totals.minutes },
  { name: "engagement", label: "Engagement rate", kind: "percent", meaning: "Share of unique viewers who interacted.", of: (totals) => ratio(totals.engaged, totals.viewers) },
  { name: "completion", label: "Completion rate", kind: "percent", meaning: "Share of unique viewers who completed a video.", of: (totals) => ratio(totals.completed, totals.viewers) },
];

/** A share; withheld where either side is, null without a denominator. */
export function ratio(part: Value, whole: Value): Value {
  if (!isKnown(part)) return part;
  if (!isKnown(whole)) return whole;
  return whole === 0 ? null : part / whole;
}

/** A file's slices by value, each row handed out once. */
export function slicesOf(file: OverviewFile): Map<string, SliceData> {
  const slices = new Map<string, { days: SliceDay[]; returns: ViewerReturn[]; periods: ViewerPeriod[] }>();
  const slice = (value: string) => {
    let found = slices.get(value);
    if (!found) slices.set(value, (found = { days: [], returns: [], periods: [] }));
    return found;
  };
  for (const row of rowsOf(file.slice_day)) slice(row.slice_value).days.push(row);
  for (const row of rowsOf(file.viewer_return)) slice(row.slice_value).returns.push(row);
  for (const row of rowsOf(file.viewer_period)) slice(row.slice_value).periods.push(row);
  return slices;
}

export const NO_SLICE: SliceData = { days: [], returns: [], periods: [] };

/** What a slice measured over a span; additive measures are added up, distinct viewers are counted. */
export function totalsOf(slice: SliceData, span: Span, isWithholding: boolean): Totals {
  const days = slice.days.filter((day) => day.date_day >= span.from && day.date_day <= span.to);
  const known = days.filter((day) => !day.is_withheld);
  const isAllWithheld = days.length > 0 && known.length === 0;
  const sum = (measure: (day: SliceDay) => number | null): Value =>
    isAllWithheld ? WITHHELD : known.reduce((total, day) => total + (measure(day) ?? 0), 0);
  const distinct = isWithholding ? publishedViewers(slice, span, days) : countedViewers(slice.returns, span);
  const seconds = sum((day) => day.watch_seconds);
  return {
    impressions: sum((day) => day.impressions),
    plays: sum((day) => day.plays),
    minutes: isKnown(seconds) ? seconds / 60 : seconds,
    ...distinct,
    withheldDays: days.length - known.length,
  };
}

type Distinct = Pick<Totals, "viewers" | "engaged" | "completed">;

/** Distinct viewers of any span (rule 82): whoever was active in it counts on the first of their dates in it. */
function countedViewers(returns: readonly ViewerReturn[], span: Span): Distinct {
  const counts: Record<Counted, number> = { viewers: 0, engaged: 0, completed: 0 };
  for (const row of returns) {
    if (row.active_date < span.from || row.active_date > span.to) continue;
    if (row.previous_active_date === null || row.previous_active_date < span.from) counts[row.measure] += row.viewer_count;
  }
  return counts;
}

/** With a threshold only days and published periods are counted; a span that is neither cannot be put together from them. */
function publishedViewers(slice: SliceData, span: Span, days: readonly SliceDay[]): Distinct {
  const day = span.from === span.to ? days[0] : undefined;
  const period = day ?? slice.periods.find((candidate) => candidate.from_date === span.from && candidate.to_date === span.to);
  if (!period) {
    const value = days.length === 0 ? 0 : UNCOUNTED;
    return { viewers: value, engaged: value, completed: value };
  }
  if (period.is_withheld) return { viewers: WITHHELD, engaged: WITHHELD, completed: WITHHELD };
  return { viewers: period.viewers, engaged: period.engaged_viewers, completed: period.completed_viewers };
}
