import type { EChartsCoreOption } from "echarts/core";
import { isNarrow, legendRoom, nameAxis, rowsHeight } from "../../charts/intervals";
import { legend, tooltip } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { unlessWithheld } from "../../data/types";
import { formatDay, formatValue, isoDay } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import type { ComplianceRow } from "./files";

const STATES = [
  { label: "Done", of: (row: ComplianceRow) => row.completed_count },
  { label: "In progress", of: (row: ComplianceRow) => row.in_progress_count },
  { label: "Failed", of: (row: ComplianceRow) => row.failed_count },
  { label: "Not started", of: (row: ComplianceRow) => row.not_started_count },
];
const DRAWN = 16;

const unitOf = (row: ComplianceRow): string => row.org_unit ?? "no unit";

/** How far each unit is with each training. */
export function Compliance({ rows, isOne, minimumViewers }: { rows: readonly ComplianceRow[]; isOne: boolean; minimumViewers: number }) {
  const count = (of: (row: ComplianceRow) => number | null) => (row: ComplianceRow) => unlessWithheld(row.is_withheld, of(row));
  const columns: Column<ComplianceRow>[] = [
    { label: "Training", value: (row) => row.title },
    { label: "Unit", value: unitOf },
    { label: "Assigned", kind: "count", value: count((row) => row.assigned_count) },
    ...STATES.map(({ label, of }) => ({ label, kind: "count" as const, value: count(of) })),
    { label: "Done rate", kind: "percent", value: count((row) => row.completion_rate) },
    { label: "Overdue", kind: "count", value: count((row) => row.overdue_count) },
    { label: "Done late", kind: "count", value: count((row) => row.late_count) },
    { label: "At risk", kind: "count", value: count((row) => row.at_risk_count) },
    {
      label: "Earliest open due",
      value: (row) => (row.next_due_on === null ? null : isoDay(row.next_due_on)),
      text: (row) => (row.next_due_on === null ? "–" : formatDay(row.next_due_on)),
    },
  ];
  const counted = rows.filter((row) => !row.is_withheld);
  const behind = [...counted].sort((one, other) => (one.completion_rate ?? 0) - (other.completion_rate ?? 0));
  const drawn = behind.slice(0, DRAWN);
  const title = `How far ${counted.length > DRAWN ? `the ${DRAWN} furthest behind are` : "each unit is"}, the furthest behind first`;
  const label = (row: ComplianceRow) => (isOne ? unitOf(row) : `${row.title}: ${unitOf(row)}`);
  return (
    <>
      {drawn.length > 0 && (
        <Chart
          title={title}
          summary={`${title}. ${drawn.map((row) => `${label(row)} ${formatValue(row.completion_rate, "percent")} done`).join(", ")}.`}
          kinds={["bar"]}
          drawn={JSON.stringify(drawn.map((row) => [label(row), ...STATES.map(({ of }) => of(row))]))}
          option={(palette) => complianceOption(palette, drawn, label)}
          height={rowsHeight(drawn.length) * (isNarrow() ? 1 : 0.8) + legendRoom(STATES.length)}
          table={{ caption: title, columns: columns.slice(0, 8), rows: drawn, file: "audience-compliance-drawn" }}
        />
      )}
      <section class="card">
        <h2>Trainings by unit</h2>
        <DataTable caption="Trainings by unit" columns={columns} rows={rows} file="audience-compliance" empty={`Every unit has fewer than ${minimumViewers} learners.`} />
      </section>
    </>
  );
}

function complianceOption(palette: Palette, rows: readonly ComplianceRow[], label: (row: ComplianceRow) => string): EChartsCoreOption {
  const colours = [palette.good, palette.series[0], palette.bad, palette.line];
  return {
    grid: { left: 4, right: 20, top: legendRoom(STATES.length), bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: legend(palette, STATES.map((state) => state.label)),
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (marks: { dataIndex: number }[]) => {
        const row = rows[marks[0]?.dataIndex ?? -1];
        return row ? [label(row), ...STATES.map((state) => `${state.label}   ${formatValue(state.of(row), "count")}`)].join("\n") : "";
      },
    },
    xAxis: {
      type: "value",
      max: 1,
      interval: 0.25,
      splitLine: { lineStyle: { color: palette.line } },
      axisLabel: { color: palette.muted, formatter: (value: number) => `${Math.round(value * 100)}%` },
    },
    yAxis: nameAxis(palette, rows.map(label)),
    series: STATES.map((state, place) => ({
      type: "bar",
      stack: "all",
      name: state.label,
      data: rows.map((row) => (row.assigned_count ? (state.of(row) ?? 0) / row.assigned_count : 0)),
      barWidth: 15,
      itemStyle: { color: colours[place] },
    })),
  };
}
