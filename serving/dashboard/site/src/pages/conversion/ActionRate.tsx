import type { EChartsCoreOption } from "echarts/core";
import { categoryAxis, tooltip, valueAxis } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { isKnown, unlessWithheld } from "../../data/types";
import { formatShortDay, formatValue, formatWeekday, isoDay } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import type { ActionDayRow } from "./files";

const rateOf = (row: ActionDayRow) => unlessWithheld(row.is_withheld, row.action_rate);

const COLUMNS: Column<ActionDayRow>[] = [
  { label: "Day", value: (row) => isoDay(row.date_day), text: (row) => formatWeekday(row.date_day) },
  { label: "Interacted", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.engaged_viewers) },
  { label: "Bought", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.converted_viewers) },
  { label: "Action rate", kind: "percent", value: rateOf },
];

/** Of the viewers who interacted on a day, how many bought within a week. Days are not added up: their viewers may be the same. */
export function ActionRate({ title, days, minimumViewers }: { title: string; days: readonly ActionDayRow[]; minimumViewers: number }) {
  const heading = "Bought within a week of interacting, by day";
  const rates = days.map((row) => row.action_rate).filter((rate) => rate !== null);
  if (rates.length === 0) {
    return (
      <section class="card">
        <h3>{heading}</h3>
        <p class="empty">
          {days.length === 0 ? "Nobody interacted with this video in the days shown." : `Every day is withheld: fewer than ${minimumViewers} viewers interacted.`}
        </p>
      </section>
    );
  }
  const withheld = days.filter((row) => row.is_withheld).length;
  return (
    <Chart
      title={heading}
      summary={`${title}: share of viewers who bought within a week of interacting, by day: between ${formatValue(Math.min(...rates), "percent")} and ${formatValue(Math.max(...rates), "percent")}.`}
      kinds={["line", "bar"]}
      drawn={days.map((row) => `${row.date_day}:${row.action_rate}`).join()}
      option={(palette) => actionOption(palette, spread(days))}
      height={220}
      table={{ caption: `Action rate of ${title} by day`, columns: COLUMNS, rows: days, file: "audience-action-rate" }}
      note={withheld ? `${withheld} ${withheld === 1 ? "day is" : "days are"} withheld: fewer than ${minimumViewers} viewers interacted.` : undefined}
    />
  );
}

// Days on which nobody interacted have no row; on the axis they have their place.
function spread(days: readonly ActionDayRow[]): ActionDayRow[] {
  const byDay = new Map(days.map((row) => [row.date_day, row]));
  const first = days[0]?.date_day ?? 0;
  const last = days.at(-1)?.date_day ?? first;
  return Array.from({ length: last - first + 1 }, (_, step) => {
    const nobody = { date_day: first + step, is_withheld: false, engaged_viewers: 0, converted_viewers: 0, action_rate: null };
    return byDay.get(first + step) ?? nobody;
  });
}

function actionOption(palette: Palette, days: readonly ActionDayRow[]): EChartsCoreOption {
  return {
    grid: { left: 8, right: 16, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      formatter: (marks: { dataIndex: number }[]) => tip(days[marks[0]?.dataIndex ?? -1]),
    },
    xAxis: categoryAxis(palette, days.map((row) => formatShortDay(row.date_day))),
    yAxis: valueAxis(palette, "percent"),
    series: [
      {
        type: days.length > 1 ? "line" : "bar",
        data: days.map((row) => row.action_rate),
        showSymbol: days.length < 62,
        symbol: "circle",
        symbolSize: 5,
        barMaxWidth: 44,
        itemStyle: { color: palette.accent },
        lineStyle: { color: palette.accent, width: 2.25 },
      },
    ],
  };
}

function tip(row: ActionDayRow | undefined): string {
  if (!row) return "";
  const rate = rateOf(row);
  if (!isKnown(rate)) return `${formatWeekday(row.date_day)}\n${row.is_withheld ? "withheld" : "nobody interacted"}`;
  return `${formatWeekday(row.date_day)}\n${formatValue(rate, "percent")}: ${formatValue(row.converted_viewers, "count")} of ${formatValue(row.engaged_viewers, "count")} viewers`;
}
