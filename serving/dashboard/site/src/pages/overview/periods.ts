import { dateOf, formatDay, formatMonth, isoDay, parseDay } from "../../format";
import type { Workspace } from "../../data/types";
import type { Route } from "../../shell/route";
import type { Span } from "./measures";

export type Grain = "day" | "month";
export type Comparison = "previous" | "year" | "custom" | "none";

export const PRESETS = [7, 14, 28, 90] as const;

/** What the address says of dates, made whole. */
export interface Choice {
  span: Span;
  /** Null without a comparison, and where the earlier period begins before anything was recorded. */
  earlier: Span | null;
  comparison: Comparison;
  grain: Grain;
}

const COMPARISONS: readonly Comparison[] = ["previous", "year", "custom", "none"];

/** Dates, comparison and grain of a route; what it leaves out or says wrongly is as at first. */
export function choiceOf(route: Route, workspace: Workspace): Choice {
  const { first_date: first, last_date: last } = workspace;
  const within = (day: number) => Math.min(Math.max(day, first), last);
  const from = parseDay(route.parameters["from"]);
  const to = parseDay(route.parameters["to"]);
  const start = within(from ?? (to === null ? last - defaultDays(workspace) + 1 : first));
  const span = { from: start, to: Math.max(start, within(to ?? last)) };
  const named = COMPARISONS.find((candidate) => candidate === route.parameters["compare"]);
  const comparison = named ?? "previous";
  const earlier = earlierSpan(span, comparison, parseDay(route.parameters["compare_from"]));
  return {
    span,
    comparison,
    earlier: earlier && earlier.from >= first ? earlier : null,
    grain: route.parameters["grain"] === "month" ? "month" : "day",
  };
}

/** The longest of the offered spans, four weeks at most, that still has one of its length before it. */
function defaultDays(workspace: Workspace): number {
  const known = workspace.last_date - workspace.first_date + 1;
  const fitting = PRESETS.filter((days) => days <= 28 && 2 * days <= known);
  return fitting.at(-1) ?? known;
}

/** The span that is compared with, whether or not anything is known of it. A year is 364 days: the same weekdays (rule 85). */
export function earlierSpan(span: Span, comparison: Comparison, start: number | null): Span | null {
  const days = span.to - span.from + 1;
  if (comparison === "previous") return { from: span.from - days, to: span.from - 1 };
  if (comparison === "year") return { from: span.from - 364, to: span.to - 364 };
  if (comparison === "custom" && start !== null) return { from: start, to: start + days - 1 };
  return null;
}

/** The days or calendar months of a span; the first and last month end where the span does. */
export function stepsOf(span: Span, grain: Grain): Span[] {
  const steps: Span[] = [];
  for (let from = span.from; from <= span.to; ) {
    const to = grain === "day" ? from : Math.min(endOfMonth(from), span.to);
    steps.push({ from, to });
    from = to + 1;
  }
  return steps;
}

function endOfMonth(day: number): number {
  const date = dateOf(day);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0) / 86_400_000;
}

/** What a step is called; a month that is cut short says so. */
export function stepName(step: Span, grain: Grain): string {
  if (grain === "day") return formatDay(step.from);
  const isWhole = dateOf(step.from).getUTCDate() === 1 && endOfMonth(step.from) === step.to;
  return isWhole ? formatMonth(step.from) : `${formatMonth(step.from)} (from day ${dateOf(step.from).getUTCDate()} to ${dateOf(step.to).getUTCDate()})`;
}

/** The preset that a span is; `all`, or `custom` for any other. */
export function presetOf(span: Span, workspace: Workspace): string {
  if (span.to === workspace.last_date) {
    const days = span.to - span.from + 1;
    if (span.from === workspace.first_date) return "all";
    if (PRESETS.some((preset) => preset === days)) return String(days);
  }
  return "custom";
}

/** The address of a preset's dates. */
export function presetDates(preset: string, workspace: Workspace): { from: string; to: string } {
  const days = Number(preset);
  const from = preset === "all" ? workspace.first_date : Math.max(workspace.first_date, workspace.last_date - days + 1);
  return { from: isoDay(from), to: isoDay(workspace.last_date) };
}
