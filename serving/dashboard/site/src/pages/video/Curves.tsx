import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "preact/hooks";
import { legend, tooltip, valueAxis } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { rowsOf } from "../../data/types";
import { formatSeconds, formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import { onScreen, secondsText } from "./DropOffs";
import type { DropOff, NodeRow, SecondRow, SecondsFile } from "./files";
import { chance, counted, shown } from "./words";

/** When something is on the picture, in seconds of the node. */
export interface Window {
  name: string;
  from: number;
  to: number;
  /** Whether it is a proposal, not an element. */
  isProposed: boolean;
}

interface CurvesProps {
  node: NodeRow;
  file: SecondsFile;
  dropOffs: readonly DropOff[];
  /** Drawn as bars under the retention. */
  windows?: readonly Window[];
  minimumViewers: number;
  name: string;
}

/** Retention and attention of a node, second by second, with the seconds that lose viewers marked. */
export function Curves({ node, file, dropOffs, windows = [], minimumViewers, name }: CurvesProps) {
  const seconds = useMemo(() => rowsOf(file.seconds), [file]);
  const points = dropOffs.filter((point) => point.node_id === node.node_id);
  if (seconds.length === 0) {
    return <p class="card empty">Nobody has watched a second of {node.title} yet.</p>;
  }
  const withheld = seconds.filter((second) => second.is_withheld).length;
  const columns: Column<SecondRow>[] = [
    { label: "Second", value: (row) => String(row.second), text: (row) => formatSeconds(row.second) },
    { label: "Retention", kind: "percent", value: (row) => shown(row, row.retention) },
    { label: "Still watching", kind: "count", value: (row) => shown(row, row.watching) },
    { label: "Viewers", kind: "count", value: (row) => shown(row, row.viewers) },
    { label: "Views", kind: "count", value: (row) => shown(row, row.views) },
    { label: "Replays", kind: "count", value: (row) => shown(row, row.replays) },
    { label: "Drop-off", value: (row) => points.filter((point) => row.second >= point.first_second && row.second <= point.last_second).map(toldPoint).join() },
  ];
  const table = { columns, rows: seconds, file: `${name}-seconds` };
  const drawn = [name, node.node_id, seconds.length, points.length, ...windows.map((window) => `${window.name} ${window.from} ${window.to}`)].join("|");
  return (
    <>
      {withheld > 0 && (
        <p class="note">
          {counted(withheld, "second is", "seconds are")} withheld: fewer than {minimumViewers} viewers.
        </p>
      )}
      <div class={windows.length > 0 ? "stack" : "columns"}>
        <Chart
          title={`Retention of ${node.title}`}
          summary={retentionSummary(node, seconds, points)}
          kinds={windows.length > 0 ? ["line", "bar"] : ["line"]}
          drawn={drawn}
          option={(palette, width) => retentionOption(palette, seconds, points, windows, width)}
          table={{ ...table, caption: `Retention of ${node.title} by second` }}
          height={260 + (windows.length > 0 ? 22 + 24 * windows.length : 0)}
        />
        <Chart
          title={`Attention and replays of ${node.title}`}
          summary={attentionSummary(node, seconds)}
          kinds={["line"]}
          drawn={drawn}
          option={(palette, width) => attentionOption(palette, seconds, windows.length > 0 ? namesWidth(width) : 0)}
          table={{ ...table, caption: `Attention of ${node.title} by second` }}
          height={260}
        />
      </div>
    </>
  );
}

const toldPoint = (point: DropOff): string => `${formatValue(point.share_lost, "percent")} leave`;
const namesWidth = (width: number): number => (width < 600 ? 104 : 150);

/** Round distances of seconds at an axis. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800];

function secondsAxis(palette: Palette, seconds: readonly SecondRow[]): Record<string, unknown> {
  return {
    type: "value",
    min: 0,
    max: (seconds.at(-1)?.second ?? 0) + 1,
    interval: STEPS.find((step) => seconds.length / step <= 8) ?? 3600,
    axisLine: { lineStyle: { color: palette.line }, onZero: false },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { color: palette.muted, hideOverlap: true, margin: 10, formatter: formatSeconds, showMaxLabel: true },
  };
}

function retentionOption(palette: Palette, seconds: readonly SecondRow[], points: readonly DropOff[], windows: readonly Window[], width: number): EChartsCoreOption {
  const left = windows.length > 0 ? namesWidth(width) : 46;
  const bars = windows.length * 24;
  const axis = secondsAxis(palette, seconds);
  const marks = points.map((point) => ({
    xAxis: point.second,
    label: { formatter: `${toldPoint(point)} at ${secondsText(point)}`, position: "end", color: palette.bad, fontSize: 12, align: point.second > (seconds.at(-1)?.second ?? 0) / 2 ? "right" : "left" },
  }));
  return {
    grid: [
      { left, right: 18, top: 30, height: 196 },
      ...(windows.length > 0 ? [{ left, right: 18, top: 274, height: bars }] : []),
    ],
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      formatter: (marks: { axisIndex?: number; seriesIndex: number; dataIndex: number }[]) => retentionTip(seconds, points, marks.find((mark) => mark.seriesIndex === 0)?.dataIndex),
    },
    xAxis: [
      axis,
      ...(windows.length > 0 ? [{ ...axis, gridIndex: 1, axisLabel: { show: false }, axisLine: { show: false }, axisPointer: { show: false } }] : []),
    ],
    yAxis: [
      { ...valueAxis(palette, "percent"), max: 1, interval: 0.25, axisLine: { show: false }, axisTick: { show: false } },
      ...(windows.length > 0
        ? [
            {
              type: "category",
              gridIndex: 1,
              inverse: true,
              data: windows.map((window) => window.name),
              axisLine: { show: false },
              axisTick: { show: false },
              axisLabel: { color: palette.muted, width: left - 14, overflow: "truncate", interval: 0 },
            },
          ]
        : []),
    ],
    series: [
      {
        type: "line",
        name: "Retention",
        data: seconds.map((row) => [row.second, row.retention]),
        showSymbol: seconds.length < 3,
        symbol: "circle",
        itemStyle: { color: palette.accent },
        lineStyle: { color: palette.accent, width: 2.25 },
        areaStyle: { color: palette.accent, opacity: 0.08 },
        markLine: { symbol: ["none", "circle"], symbolSize: 7, silent: true, animation: false, lineStyle: { color: palette.bad, width: 1.75, type: "dashed" }, data: marks },
      },
      ...(windows.length > 0 ? windowBars(palette, windows) : []),
    ],
  };
}

// A bar from one second to another is one of no colour up to where it begins, with another on it.
function windowBars(palette: Palette, windows: readonly Window[]): Record<string, unknown>[] {
  const shared = { type: "bar", stack: "windows", xAxisIndex: 1, yAxisIndex: 1, barWidth: 12, silent: true };
  return [
    { ...shared, data: windows.map((window) => window.from), itemStyle: { color: "transparent" } },
    {
      ...shared,
      data: windows.map((window) => ({
        value: window.to - window.from,
        itemStyle: window.isProposed
          ? { color: "transparent", borderColor: palette.series[1], borderWidth: 1.5, borderType: "dashed", borderRadius: 2 }
          : { color: palette.series[2], opacity: 0.75, borderRadius: 2 },
      })),
    },
  ];
}

function attentionOption(palette: Palette, seconds: readonly SecondRow[], left: number): EChartsCoreOption {
  const shared = { type: "line", symbol: "circle", showSymbol: seconds.length < 3 };
  return {
    grid: { left: left || 46, right: 18, top: 36, bottom: 28 },
    legend: legend(palette, ["Viewers", "Replays"]),
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      formatter: (marks: { dataIndex: number }[]) => attentionTip(seconds[marks[0]?.dataIndex ?? -1]),
    },
    xAxis: secondsAxis(palette, seconds),
    yAxis: { ...valueAxis(palette, "count"), axisLine: { show: false }, axisTick: { show: false } },
    series: [
      { ...shared, name: "Viewers", data: seconds.map((row) => [row.second, row.viewers]), itemStyle: { color: palette.accent }, lineStyle: { color: palette.accent, width: 2.25 } },
      {
        ...shared,
        name: "Replays",
        data: seconds.map((row) => [row.second, row.replays]),
        itemStyle: { color: palette.series[1] },
        lineStyle: { color: palette.series[1], width: 1.75, type: "dashed" },
      },
    ],
  };
}

function retentionTip(seconds: readonly SecondRow[], points: readonly DropOff[], index: number | undefined): string {
  const row = index === undefined ? undefined : seconds[index];
  if (!row) return "";
  const point = points.find((candidate) => row.second >= candidate.first_second && row.second <= candidate.last_second);
  return [
    formatSeconds(row.second),
    row.is_withheld ? "withheld" : `${formatValue(row.retention, "percent")} still watching (${formatValue(row.watching, "count")} of ${formatValue(row.started, "count")} views)`,
    ...(point ? [`Drop-off: ${counted(point.views_lost, "view")} lost, ${chance(point.p_value)} by chance`, `on screen: ${onScreen(point)}`] : []),
  ].join("\n");
}

function attentionTip(row: SecondRow | undefined): string {
  if (!row) return "";
  if (row.is_withheld) return `${formatSeconds(row.second)}\nwithheld`;
  return `${formatSeconds(row.second)}\n${counted(row.viewers ?? 0, "viewer")}, ${counted(row.views ?? 0, "view")}\n${counted(row.replays ?? 0, "replay")}`;
}

function retentionSummary(node: NodeRow, seconds: readonly SecondRow[], points: readonly DropOff[]): string {
  const known = seconds.filter((row) => row.retention !== null);
  const last = known.at(-1);
  const told = points.map((point) => `${toldPoint(point)} at ${secondsText(point)}, ${chance(point.p_value)} by chance, on screen: ${onScreen(point)}`);
  const end = last ? `${formatValue(last.retention, "percent")} of ${formatValue(last.started, "count")} views are still there at ${formatSeconds(last.second)}` : "every second is withheld";
  return `Retention of ${node.title}: ${end}. ${told.length > 0 ? `Drop-off: ${told.join("; ")}.` : "No drop-off point."}`;
}

function attentionSummary(node: NodeRow, seconds: readonly SecondRow[]): string {
  const most = seconds.reduce((best, row) => ((row.viewers ?? 0) > (best.viewers ?? 0) ? row : best));
  const replays = seconds.reduce((sum, row) => sum + (row.replays ?? 0), 0);
  return `Attention of ${node.title}: most at ${formatSeconds(most.second)}, ${counted(most.viewers ?? 0, "viewer")}; ${counted(replays, "replayed second")} in all.`;
}
