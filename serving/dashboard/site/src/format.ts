import { isKnown, UNCOUNTED, WITHHELD, type Value } from "./data/types";

/** How a measure is written. */
export type Kind = "count" | "decimal" | "percent" | "minutes" | "seconds";

const LOCALE = "en-GB";
const counts = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const decimals = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(LOCALE, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const wholePercents = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const amounts = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const compacts = new Intl.NumberFormat(LOCALE, { notation: "compact", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const shortDays = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", timeZone: "UTC" });
const weekdays = new Intl.DateTimeFormat(LOCALE, { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const months = new Intl.DateTimeFormat(LOCALE, { month: "short", year: "numeric", timeZone: "UTC" });

const NOTHING = "–";

/** A duration in seconds as a person says it: `48 s`, `3:07`, `2 h 05 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  const minutes = Math.round(whole / 60);
  return `${counts.format(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A measure; – where there is nothing to say, and a word where it is kept back. */
export function formatValue(value: Value | undefined, kind: Kind): string {
  if (value === WITHHELD) return "withheld";
  if (value === UNCOUNTED) return "not counted";
  if (value === null || value === undefined) return NOTHING;
  if (kind === "percent") return percents.format(value).replace("-", "−");
  if (kind === "seconds") return formatSeconds(value);
  if (kind === "decimal") return decimals.format(value);
  return counts.format(value);
}

/** A measure at an axis, where there is little room. */
export function formatTick(value: number, kind: Kind): string {
  if (kind === "percent") return `${Math.round(value * 100)}%`.replace("-", "−");
  if (kind === "seconds") return formatSeconds(value);
  return compacts.format(value);
}

/** How much a measure changed, with its sign: a share of the earlier value, or percentage points between two rates. */
export function formatChange(now: number, before: number, kind: Kind): string {
  const sign = (difference: number) => (difference > 0 ? "+" : difference < 0 ? "−" : "±");
  if (kind === "percent") {
    const points = Math.round((now - before) * 1000) / 10;
    return `${sign(points)}${decimals.format(Math.abs(points))} points`;
  }
  if (before === 0) return now === 0 ? "±0%" : "from none";
  const share = Math.round(((now - before) / before) * 1000) / 1000;
  return `${sign(share)}${percents.format(Math.abs(share))}`;
}

/** A share of change with its sign: `+48%`, `−1.0%`. */
export function formatSigned(share: number): string {
  const digits = Math.abs(share) < 0.1 ? 1 : 0;
  const text = (digits ? percents : wholePercents).format(Math.abs(share));
  return `${share > 0 ? "+" : share < 0 ? "−" : "±"}${text}`;
}

/** A probability: `0.042`, `below 0.001`. */
export function formatProbability(value: number): string {
  return value < 0.001 ? "below 0.001" : value.toFixed(value < 0.1 ? 3 : 2);
}

/** An amount in its currency, as far as that is known. */
export function formatMoney(value: Value | undefined, currency: string | null): string {
  if (!isKnown(value)) return formatValue(value, "decimal");
  const amount = amounts.format(value).replace("-", "−");
  return currency ? `${amount} ${currency}` : amount;
}

/** A code of the data as words: `cta_click` is `cta click`. */
export const wordsOf = (code: string): string => code.replaceAll("_", " ");

const MILLISECONDS = 86_400_000;

/** A day number (days since 1970-01-01) as a date at midnight UTC. */
export function dateOf(day: number): Date {
  return new Date(day * MILLISECONDS);
}

/** `2026-10-01`, as in addresses, date fields and CSV. */
export function isoDay(day: number): string {
  return dateOf(day).toISOString().slice(0, 10);
}

/** The day number of `2026-10-01`; null where the text is none. */
export function parseDay(text: string | undefined): number | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const time = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(time) ? null : time / MILLISECONDS;
}

export const formatDay = (day: number): string => days.format(dateOf(day));
export const formatShortDay = (day: number): string => shortDays.format(dateOf(day));
export const formatWeekday = (day: number): string => weekdays.format(dateOf(day));
export const formatMonth = (day: number): string => months.format(dateOf(day));

/** `1 Oct – 14 Oct 2026`. */
export function formatDays(from: number, to: number): string {
  if (from === to) return formatDay(from);
  const isSameYear = dateOf(from).getUTCFullYear() === dateOf(to).getUTCFullYear();
  return `${isSameYear ? formatShortDay(from) : formatDay(from)} – ${formatDay(to)}`;
}
