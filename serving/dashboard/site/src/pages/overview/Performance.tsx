import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "preact/hooks";
import { categoryAxis, legend, tooltip, valueAxis } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { isKnown, type Value } from "../../data/types";
import { formatDays, formatMonth, formatShortDay, formatValue, formatWeekday, isoDay } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { Choices } from "../../parts/fields";
import type { Change } from "../../shell/route";
import { METRICS, totalsOf, type Metric, type SliceData, type Span, type Totals } from "./measures";
import { stepName, stepsOf, type Grain } from "./periods";

interface PerformanceProps {
  slice: SliceData;
  metric: Metric;
  span: Span;
  earlier: Span | null;
  grain: Grain;
  isWithholding: boolean;
  change: (parameters: Change) => void;
}

interface Step {
  span: Span;
  totals: Totals;
  earlier: { span: Span; totals: Totals } | null;
}

/** One metric over time, the earlier period laid over it, and every metric of every step as a table. */
export function Performance({ slice, metric, span, earlier, grain, isWithholding, change }: PerformanceProps) {
  const steps = useMemo(
    () => measured(slice, span, earlier, grain, isWithholding),
    [slice, span.from, span.to, earlier?.from, earlier?.to, grain, isWithholding],
  );
  const name = (step: Span) => stepName(step, grain);
  const columns: Column<Step>[] = [
    { label: grain === "day" ? "Day" : "Month", value: (step) => isoDay(step.span.from), text: (step) => (grain === "day" ? formatWeekday(step.span.from) : name(step.span)) },
    ...METRICS.map((shown) => ({ label: shown.label, kind: shown.kind, value: (step: Step) => shown.of(step.totals) })),
  ];
  const compared: Column<Step>[] = [
    columns[0]!,
    { label: metric.label, kind: metric.kind, value: (step) => metric.of(step.totals) },
    ...(earlier
      ? [
          { label: "Compared with", value: (step: Step) => (step.earlier ? isoDay(step.earlier.span.from) : null), text: (step: Step) => (step.earlier ? name(step.earlier.span) : "–") },
          { label: `${metric.label} then`, kind: metric.kind, value: (step: Step): Value => (step.earlier ? metric.of(step.earlier.totals) : null) },
        ]
      : []),
  ];
  const file = `audience-${metric.name}-${isoDay(span.from)}-${isoDay(span.to)}`;
  return (
    <>
      <Chart
        title={`${metric.label} by ${grain}`}
        summary={summaryOf(metric, steps, earlier)}
        kinds={[shapeOf(steps, grain)]}
        drawn={[metric.name, span.from, span.to, earlier?.from, earlier?.to, grain, steps.map((step) => metric.of(step.totals)).join()].join("|")}
        option={(palette) => optionOf(palette, metric, steps, span, earlier, grain)}
        table={{ caption: `${metric.label} by ${grain}`, columns: compared, rows: steps, file }}
        height={300}
      >
        <Choices
          label="Steps of time"
          value={grain}
          options={[
            { value: "day", label: "Day" },
            { value: "month", label: "Month" },
          ]}
          onChange={(value) => change({ grain: value === "day" ? undefined : value })}
        />
      </Chart>
      <details class="card">
        <summary>
          <h2>View details</h2>
        </summary>
        <DataTable caption={`All metrics by ${grain}, ${formatDays(span.from, span.to)}`} columns={columns} rows={steps} file={`audience-${isoDay(span.from)}-${isoDay(span.to)}-by-${grain}`} />
      </details>
    </>
  );
}

function measured(slice: SliceData, span: Span, earlier: Span | null, grain: Grain, isWithholding: boolean): Step[] {
  const before = earlier ? stepsOf(earlier, grain) : [];
  return stepsOf(span, grain).map((step, place) => {
    const other = before[place];
    return {
      span: step,
      totals: totalsOf(slice, step, isWithholding),
      earlier: other ? { span: other, totals: totalsOf(slice, other, isWithholding) } : null,
    };
  });
}

// A line through one day is a dot.
function shapeOf(steps: readonly Step[], grain: Grain): "line" | "bar" {
  return grain === "day" && steps.length > 1 ? "line" : "bar";
}

function optionOf(palette: Palette, metric: Metric, steps: Step[], span: Span, earlier: Span | null, grain: Grain): EChartsCoreOption {
  const now = formatDays(span.from, span.to);
  const then = earlier ? formatDays(earlier.from, earlier.to) : "";
  const drawn = (value: Value | undefined) => (isKnown(value) ? value : null);
  const shape = { type: shapeOf(steps, grain), showSymbol: steps.length < 32, symbol: "circle", symbolSize: 5, barMaxWidth: 44 };
  return {
    grid: { left: 8, right: 16, top: earlier ? 36 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: earlier ? legend(palette, [now, then]) : undefined,
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      formatter: (marks: { dataIndex: number }[]) => tip(metric, steps[marks[0]?.dataIndex ?? -1], grain),
    },
    xAxis: categoryAxis(palette, steps.map((step) => (grain === "day" ? formatShortDay(step.span.from) : formatMonth(step.span.from)))),
    yAxis: valueAxis(palette, metric.kind),
    series: [
      ...(earlier
        ? [
            {
              ...shape,
              name: then,
              data: steps.map((step) => drawn(step.earlier ? metric.of(step.earlier.totals) : null)),
              itemStyle: { color: palette.earlier },
              lineStyle: { color: palette.earlier, width: 1.5, type: "dashed" },
              showSymbol: false,
            },
          ]
        : []),
      {
        ...shape,
        name: now,
        data: steps.map((step) => drawn(metric.of(step.totals))),
        itemStyle: { color: palette.accent },
        lineStyle: { color: palette.accent, width: 2.25 },
      },
    ],
  };
}

function tip(metric: Metric, step: Step | undefined, grain: Grain): string {
  if (!step) return "";
  const line = (span: Span, totals: Totals) =>
    `${grain === "day" ? formatWeekday(span.from) : stepName(span, grain)}   ${formatValue(metric.of(totals), metric.kind)}`;
  return [metric.label, line(step.span, step.totals), ...(step.earlier ? [line(step.earlier.span, step.earlier.totals)] : [])].join("\n");
}

function summaryOf(metric: Metric, steps: Step[], earlier: Span | null): string {
  const values = steps.map((step) => metric.of(step.totals)).filter(isKnown);
  if (values.length === 0) return `${metric.label}: no numbers for these dates.`;
  const least = formatValue(Math.min(...values), metric.kind);
  const most = formatValue(Math.max(...values), metric.kind);
  const against = earlier ? `, laid over ${formatDays(earlier.from, earlier.to)}` : "";
  return `${metric.label} from ${stepText(steps)}${against}: between ${least} and ${most}.`;
}

function stepText(steps: Step[]): string {
  const first = steps[0];
  const last = steps.at(-1);
  return first && last ? formatDays(first.span.from, last.span.to) : "no dates";
}
