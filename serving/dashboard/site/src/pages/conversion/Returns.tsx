import type { EChartsCoreOption } from "echarts/core";
import { nameAxis, rowsHeight } from "../../charts/intervals";
import { legend, tooltip } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { formatMoney, formatTick, formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { shownOf, type ReturnRow } from "./files";

const DRAWN = 10;

interface ReturnsProps {
  title: string;
  what: "video" | "campaign";
  rows: readonly ReturnRow[];
  currency: string | null;
}

/** Revenue beside cost, and ROI where there is a cost to divide by. */
export function Returns({ title, what, rows, currency }: ReturnsProps) {
  const columns: Column<ReturnRow>[] = [
    { label: what === "video" ? "Video" : "Campaign", value: (row) => row.name },
    { label: "Revenue", kind: "decimal", value: (row) => shownOf(row, row.revenue), text: (row) => formatMoney(shownOf(row, row.revenue), null) },
    { label: "Cost", kind: "decimal", value: (row) => row.cost, text: (row) => (row.cost === null ? "unknown" : formatMoney(row.cost, null)) },
    { label: "ROI", kind: "percent", value: (row) => shownOf(row, row.roi), text: roiText },
    { label: "Conversions it led to", kind: "count", value: (row) => shownOf(row, row.conversions) },
    { label: "Its share of them", kind: "decimal", value: (row) => shownOf(row, row.credited_conversions) },
    { label: "Viewers who bought", kind: "count", value: (row) => shownOf(row, row.converting_viewers) },
    { label: "Note", value: (row) => (row.has_other_currencies ? "also in other currencies" : ""), text: (row) => (row.has_other_currencies ? "also in other currencies" : "") },
  ];
  const shownColumns = rows.some(({ has_other_currencies }) => has_other_currencies) ? columns : columns.slice(0, -1);
  const drawn = rows.slice(0, DRAWN);
  const heading = `${title}: revenue and cost${rows.length > DRAWN ? ` of the ${DRAWN} that earned most` : ""}${currency ? ` in ${currency}` : ""}`;
  if (rows.length === 0) {
    return (
      <section class="card">
        <h2>{title}</h2>
        <p class="empty">
          No {what} has revenue or a cost in this currency. {what === "campaign" && "Views need a utm_campaign, and the catalog its cost."}
        </p>
      </section>
    );
  }
  return (
    <>
      <Chart
        title={heading}
        summary={`${heading}. ${drawn.map((row) => `${row.name}: ${formatMoney(shownOf(row, row.revenue), currency)} from ${row.cost === null ? "an unknown cost" : formatMoney(row.cost, currency)}`).join(", ")}.`}
        kinds={["bar"]}
        drawn={JSON.stringify(drawn.map((row) => [row.name, row.revenue, row.cost, row.currency, row.attribution_model]))}
        option={(palette) => returnsOption(palette, drawn, currency)}
        height={rowsHeight(drawn.length) + 30}
        table={{ caption: `${heading}, drawn`, columns: columns.slice(0, 4), rows: drawn, file: `audience-roi-${what}-drawn` }}
      />
      <section class="card">
        <h2>
          {title}
          {currency && ` in ${currency}`}
        </h2>
        <DataTable caption={`${title} with revenue and cost`} columns={shownColumns} rows={rows} file={`audience-roi-by-${what}`} />
      </section>
    </>
  );
}

function roiText(row: ReturnRow): string {
  if (row.is_withheld) return "withheld";
  if (row.cost === null) return "cost unknown";
  return formatValue(row.roi, "percent");
}

function returnsOption(palette: Palette, rows: readonly ReturnRow[], currency: string | null): EChartsCoreOption {
  const bar = (name: string, colour: string, value: (row: ReturnRow) => number | null) => ({
    type: "bar",
    name,
    data: rows.map(value),
    barWidth: 11,
    barGap: "15%",
    itemStyle: { color: colour },
  });
  return {
    grid: { left: 4, right: 24, top: 32, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: legend(palette, ["Revenue", "Cost"]),
    tooltip: {
      ...tooltip(palette),
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (marks: { dataIndex: number }[]) => tip(rows[marks[0]?.dataIndex ?? -1], currency),
    },
    xAxis: {
      type: "value",
      splitNumber: 4,
      splitLine: { lineStyle: { color: palette.line } },
      axisLabel: { color: palette.muted, hideOverlap: true, formatter: (value: number) => formatTick(value, "decimal") },
    },
    yAxis: nameAxis(palette, rows.map((row) => row.name)),
    series: [bar("Revenue", palette.accent, (row) => row.revenue), bar("Cost", palette.earlier, (row) => row.cost)],
  };
}

function tip(row: ReturnRow | undefined, currency: string | null): string {
  if (!row) return "";
  return [
    row.name,
    `Revenue   ${formatMoney(shownOf(row, row.revenue), currency)}`,
    `Cost   ${row.cost === null ? "unknown" : formatMoney(row.cost, currency)}`,
    `ROI   ${roiText(row)}`,
  ].join("\n");
}
