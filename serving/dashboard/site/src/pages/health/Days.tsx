import type { EChartsCoreOption } from "echarts/core";
import { categoryAxis, legend, tooltip, valueAxis } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { grouped } from "../../data/group";
import { formatShortDay, formatValue, formatWeekday, isoDay } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { Choices } from "../../parts/fields";
import type { Change, Route } from "../../shell/route";
import type { HealthDayRow } from "./files";

type Measure = { [Name in keyof HealthDayRow]: HealthDayRow[Name] extends number ? Name : never }[keyof HealthDayRow];

interface Trouble {
  value: string;
  label: string;
  /** What it means, in a sentence. */
  meaning: string;
  parts: readonly { measure: Measure; label: string }[];
}

const TROUBLES: readonly Trouble[] = [
  {
    value: "rejected",
    label: "Rejected",
    meaning: "Records that could not be read, or could not be made an event.",
    parts: [
      { measure: "rejected_by_ingestion_count", label: "When read" },
      { measure: "rejected_by_models_count", label: "When made an event" },
    ],
  },
  {
    value: "duplicates",
    label: "Duplicates",
    meaning: "Records that repeat an event; they count once.",
    parts: [{ measure: "duplicate_count", label: "Duplicates" }],
  },
  {
    value: "late",
    label: "Late",
    meaning: "Events received more than a day after they happened: their days change after the fact.",
    parts: [{ measure: "late_event_count", label: "Late events" }],
  },
  {
    value: "clocks",
    label: "Clocks",
    meaning: "Clocks that ran wrong were moved by the difference between sending and receiving; missing or impossible ones gave way to the receive time.",
    parts: [
      { measure: "skew_corrected_count", label: "Clock corrected" },
      { measure: "clock_replaced_count", label: "Clock replaced" },
    ],
  },
  {
    value: "unknown",
    label: "Unknown or missing",
    meaning: "Events whose type or fields the contract does not know, or that lack a device, a video or a receive time.",
    parts: [
      { measure: "unknown_type_count", label: "Unknown type" },
      { measure: "unknown_field_count", label: "Unknown field" },
      { measure: "missing_device_count", label: "No device" },
      { measure: "missing_video_count", label: "No video" },
      { measure: "missing_received_at_count", label: "No receive time" },
    ],
  },
];

type DayRow = Record<Measure, number> & { event_date: number };

const MEASURES: readonly { measure: Measure; label: string }[] = [
  { measure: "event_count", label: "Events" },
  ...TROUBLES.flatMap(({ parts }) => parts.map(({ measure, label }) => ({ measure, label: label === "When read" ? "Rejected when read" : label === "When made an event" ? "Rejected as an event" : label }))),
  { measure: "implausible_view_count", label: "Implausible views" },
];

/** What was wrong with the events of each day; counts of records, which add up over sources. */
export function Days({ days, route, change }: { days: readonly HealthDayRow[]; route: Route; change: (parameters: Change) => void }) {
  const rows = summed(days);
  const trouble = TROUBLES.find(({ value }) => value === route.parameters["trouble"]) ?? TROUBLES[0]!;
  const columns: Column<DayRow>[] = [
    { label: "Day", value: (row) => isoDay(row.event_date), text: (row) => formatWeekday(row.event_date) },
    ...MEASURES.map(({ measure, label }) => ({ label, kind: "count" as const, value: (row: DayRow) => row[measure] })),
  ];
  const drawnColumns: Column<DayRow>[] = [columns[0]!, ...trouble.parts.map(({ measure, label }) => ({ label, kind: "count" as const, value: (row: DayRow) => row[measure] }))];
  if (rows.length === 0) {
    return (
      <section class="card">
        <h2>By day</h2>
        <p class="empty">No event of this source has arrived.</p>
      </section>
    );
  }
  return (
    <>
      <Chart
        title={`${trouble.label} by day`}
        summary={`${trouble.meaning} ${trouble.parts.map(({ measure, label }) => `${label}: ${formatValue(rows.reduce((sum, row) => sum + row[measure], 0), "count")}`).join(", ")} in ${rows.length} days.`}
        kinds={["bar"]}
        drawn={`${trouble.value}${rows.map((row) => trouble.parts.map(({ measure }) => row[measure])).join()}`}
        option={(palette) => daysOption(palette, rows, trouble)}
        height={240}
        table={{ caption: `${trouble.label} by day`, columns: drawnColumns, rows, file: `audience-health-${trouble.value}` }}
        note={`${trouble.meaning} By the day of the events' own clock; what has none counts for the first day of its file.`}
      >
        <Choices label="What was wrong" value={trouble.value} options={TROUBLES} onChange={(value) => change({ trouble: value === TROUBLES[0]?.value ? undefined : value })} />
      </Chart>
      <details class="card">
        <summary>
          <h2>Every count by day</h2>
        </summary>
        <DataTable caption="Every count by day" columns={columns} rows={rows} file="audience-health-by-day" />
      </details>
    </>
  );
}

function summed(days: readonly HealthDayRow[]): DayRow[] {
  const byDay = grouped(days, (row) => row.event_date);
  return [...byDay]
    .sort(([one], [other]) => one - other)
    .map(([event_date, rows]) => {
      const counts = Object.fromEntries(MEASURES.map(({ measure }) => [measure, rows.reduce((sum, row) => sum + row[measure], 0)]));
      return { ...counts, event_date } as DayRow;
    });
}

function daysOption(palette: Palette, rows: readonly DayRow[], trouble: Trouble): EChartsCoreOption {
  return {
    grid: { left: 8, right: 16, top: trouble.parts.length > 1 ? 36 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: trouble.parts.length > 1 ? legend(palette, trouble.parts.map(({ label }) => label)) : undefined,
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (marks: { dataIndex: number }[]) => {
        const row = rows[marks[0]?.dataIndex ?? -1];
        if (!row) return "";
        const parts = trouble.parts.map(({ measure, label }) => `${label}   ${formatValue(row[measure], "count")}`);
        return [formatWeekday(row.event_date), ...parts, `of ${formatValue(row.event_count, "count")} events`].join("\n");
      },
    },
    xAxis: categoryAxis(palette, rows.map((row) => formatShortDay(row.event_date))),
    yAxis: valueAxis(palette, "count"),
    series: trouble.parts.map(({ measure, label }) => ({ type: "bar", stack: "all", name: label, data: rows.map((row) => row[measure]), barMaxWidth: 28 })),
  };
}
