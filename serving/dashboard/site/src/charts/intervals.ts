import type { EChartsCoreOption } from "echarts/core";
import { formatTick, formatValue, type Kind } from "../format";
import { tooltip } from "./options";
import type { Palette } from "./palette";

/** One measure with its 95 % interval; null where there is nothing to draw. */
export interface Measured {
  label: string;
  value: number | null;
  low: number | null;
  high: number | null;
  /** Drawn in this colour instead of the accent. */
  colour?: string;
  /** Written at its end instead of the value. */
  text?: string;
  /** What the tooltip says. */
  tip: string;
}

export interface Intervals {
  rows: readonly Measured[];
  kind: Kind;
  /** Bars from zero, or points: for what may be negative. */
  shape: "bar" | "point";
  /** Kept free at the right end for the words, in CSS pixels. */
  room?: number;
  /** Ends of the axis; left out to fit. */
  min?: number;
  max?: number;
}

/** Whether there is room for one column of text only. */
export const isNarrow = (): boolean => innerWidth < 640;

/** How high a chart of so many rows is, in CSS pixels: names break in three lines where it is narrow. */
export const rowsHeight = (rows: number): number => Math.max(rows, 1) * (isNarrow() ? 54 : 40) + 44;

/** How much room a legend needs above the plot, in CSS pixels: it breaks where it is narrow. */
export const legendRoom = (entries: number): number => (isNarrow() && entries > 2 ? 54 : 32);

const longestLine = (label: string): number => Math.max(...label.split("\n").map((line) => line.length));

// A letter's usual width in CSS pixels, and what the widest of a short name has more.
const LETTER = 7;
const WIDEST = 8;

/** An axis of names down the left side, the first at the top; long names break, and leave room for the bars. */
export function nameAxis(palette: Palette, labels: readonly string[]): Record<string, unknown> {
  const longest = Math.max(...labels.map((label) => longestLine(label)), 1) * LETTER + WIDEST;
  return {
    type: "category",
    inverse: true,
    data: [...labels],
    axisLine: { lineStyle: { color: palette.line } },
    axisTick: { show: false },
    axisLabel: { color: palette.ink, width: Math.min(longest, isNarrow() ? 108 : 190), overflow: "break", lineHeight: 15, interval: 0, margin: 10 },
  };
}

/** Measures from the top down, each with its interval as a whisker and its value in words at the end. */
export function intervalOption(palette: Palette, { rows, kind, shape, room = 64, min, max }: Intervals): EChartsCoreOption {
  const drawn = rows.map((row) => ({ value: row.value, itemStyle: { color: row.colour ?? palette.accent } }));
  return {
    grid: { left: 4, right: room, top: 4, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (marks: { dataIndex: number }[]) => rows[marks[0]?.dataIndex ?? -1]?.tip ?? "",
    },
    xAxis: {
      type: "value",
      min: min ?? (shape === "bar" ? 0 : undefined),
      max,
      // Whole steps to the end of an axis of shares.
      interval: kind === "percent" && shape === "bar" && max ? (max > 0.8 ? 0.25 : max > 0.4 ? 0.2 : 0.1) : undefined,
      splitNumber: 4,
      splitLine: { lineStyle: { color: palette.line } },
      axisLabel: { color: palette.muted, hideOverlap: true, formatter: (value: number) => formatTick(value, kind) },
    },
    yAxis: nameAxis(palette, rows.map(({ label }) => label)),
    series: [
      shape === "bar"
        ? { type: "bar", data: drawn, barWidth: 14 }
        : {
            type: "scatter",
            symbolSize: 11,
            data: drawn.map(({ value, itemStyle }, place) => ({ value: [value, place], itemStyle })),
            markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: palette.muted, type: "solid", width: 1 }, data: [{ xAxis: 0 }] },
          },
      {
        type: "custom",
        silent: true,
        clip: false,
        z: 3,
        encode: { x: [0, 1, 2], y: 3 },
        data: rows.flatMap((row, place) => (row.value === null ? [] : [[row.low ?? row.value, row.value, row.high ?? row.value, place]])),
        renderItem: (_: unknown, api: Renderer) => whisker(palette, rows, kind, min, max, api),
      },
    ],
  };
}

/** What ECharts gives to draw one item with. */
interface Renderer {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

function whisker(palette: Palette, rows: readonly Measured[], kind: Kind, min: number | undefined, max: number | undefined, api: Renderer) {
  const place = api.value(3);
  const row = rows[place];
  const within = (value: number) => Math.min(max ?? value, Math.max(min ?? value, value));
  const [from, y] = api.coord([within(api.value(0)), place]);
  const [to] = api.coord([within(api.value(2)), place]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: "line",
    shape: { x1, y1, x2, y2 },
    style: { stroke: palette.ink, lineWidth: 1.5 },
  });
  const text = {
    type: "text",
    style: { text: row?.text ?? formatValue(api.value(1), kind), x: to + 7, y, fill: palette.ink, fontSize: 12, verticalAlign: "middle" },
  };
  const hasInterval = row?.low !== null && row?.high !== null;
  return { type: "group", children: hasInterval ? [line(from, y, to, y), line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4), text] : [text] };
}
