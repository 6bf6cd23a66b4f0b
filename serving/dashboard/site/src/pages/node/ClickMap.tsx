import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "preact/hooks";
import { tooltip } from "../../charts/options";
import { paletteOf, type Palette } from "../../charts/palette";
import { formatSeconds, formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import { Choices, SelectField } from "../../parts/fields";
import type { Change, Route } from "../../shell/route";
import { useTheme } from "../../shell/theme";
import type { NodeRow } from "../video/files";
import { counted, shortened } from "../video/words";
import { cellsOf, CELLS, BUCKET_SECONDS, isOnScreen, MEASURES, type Cell, type Measure, type Moment } from "./clicks";
import type { CellRow, ElementRow, Suggestion } from "./files";

interface ClickMapProps {
  cells: readonly CellRow[];
  elements: readonly ElementRow[];
  suggestions: readonly Suggestion[];
  node: NodeRow;
  route: Route;
  change: (parameters: Change) => void;
  minimumViewers: number;
  file: string;
}

const SPANS = ["2", "10", "20"];

/** Where on the frame viewers click, with what lies there; over the whole node, or some seconds at a time. */
export function ClickMap({ cells, elements, suggestions, node, route, change, minimumViewers, file }: ClickMapProps) {
  const palette = paletteOf(useTheme());
  const measure = MEASURES.find(({ name }) => name === route.parameters["clicks"]) ?? MEASURES[0]!;
  const span = SPANS.find((length) => length === route.parameters["span"]);
  const last = lastBucket(cells, elements, node);
  const moment: Moment | null = span === undefined ? null : { from: Math.min(secondOf(route), last), length: Number(span) };
  const shown = useMemo(() => cellsOf(cells, moment), [cells, moment?.from, moment?.length]);
  const filled = shown.filter((cell) => measure.of(cell) > 0);
  const total = filled.reduce((sum, cell) => sum + measure.of(cell), 0);
  const most = Math.max(0, ...filled.map((cell) => measure.of(cell)));
  const withheld = cells[0]?.withheld_cells ?? 0;
  const boxes = elements.filter((element) => isOnScreen(element, moment));
  const proposed = suggestions.filter((suggestion) => isOnScreen(suggestion, moment));
  const when = moment ? `${formatSeconds(moment.from)} – ${formatSeconds(moment.from + moment.length)}` : "whole node";
  const columns: Column<Cell>[] = [
    { label: "Place", value: (row) => `column ${row.x + 1}, row ${row.y + 1}` },
    { label: "Clicks", kind: "count", value: (row) => row.clicks },
    { label: "Hits", kind: "count", value: (row) => row.hits },
    { label: "Near misses", kind: "count", value: (row) => row.nearMisses },
    { label: "False clicks", kind: "count", value: (row) => row.falseClicks },
    { label: "Unknown", kind: "count", value: (row) => row.unknown },
    { label: "Over", value: (row) => elementsAt(row, boxes) || "–" },
  ];
  return (
    <Chart
      title={`Clicks on the picture, ${when}`}
      summary={summaryOf(measure, total, filled, boxes, proposed, when)}
      kinds={["heatmap", "scatter"]}
      drawn={[measure.name, when, node.node_id, total, filled.length, boxes.length].join("|")}
      option={(own, width) => optionOf(own, measure, filled, most, boxes, proposed, width)}
      table={{ caption: `Clicks on the picture, ${when}`, columns, rows: shown, file, sortedBy: "Clicks", empty: "Nobody clicked here yet." }}
      aspect="16 / 9"
      legend={
        <>
          <div class="filters range">
            <Choices label="Which clicks" value={measure.name} options={MEASURES.map(({ name, label }) => ({ value: name, label }))} onChange={(value) => change({ clicks: value === "all" ? undefined : value })} />
            <SelectField
              label="Seconds"
              value={span ?? ""}
              options={[{ value: "", label: "Whole node" }, ...SPANS.map((value) => ({ value, label: `${value} s at a time` }))]}
              onChange={(value) => change({ span: value, second: undefined })}
            />
          </div>
          {moment && (
            <label class="range">
              <span>From second</span>
              <input
                type="range"
                min={0}
                max={last}
                step={BUCKET_SECONDS}
                value={moment.from}
                aria-valuetext={when}
                onInput={(event) => change({ second: event.currentTarget.value })}
              />
              <output>{when}</output>
            </label>
          )}
          <ul class="key" aria-label="Signs">
            <li>
              <svg width="72" height="12" aria-hidden="true">
                {palette.ramp.slice(1).map((colour, place) => (
                  <rect key={colour} x={place * 14} y="0" width="14" height="12" fill={colour} />
                ))}
              </svg>
              {most > 0 ? `1 to ${counted(most, "click")} in a cell` : "no clicks"}
            </li>
            {boxes.length > 0 && (
              <li>
                <svg width="22" height="12" aria-hidden="true">
                  <rect fill="none" stroke={palette.ink} stroke-width="1.5" x="1" y="1" width="20" height="10" />
                </svg>
                element
              </li>
            )}
            {proposed.length > 0 && (
              <li>
                <svg width="22" height="12" aria-hidden="true">
                  <rect fill="none" stroke={palette.series[1]} stroke-width="2" stroke-dasharray="4 3" x="1" y="1" width="20" height="10" />
                </svg>
                suggested
              </li>
            )}
          </ul>
          {total === 0 && <p class="empty">{withheld > 0 && cells.length === 1 ? `Every click is withheld: fewer than ${minimumViewers} viewers clicked in each cell.` : `${measure.none} ${moment ? "in these seconds" : "here yet"}.`}</p>}
          {withheld > 0 && total > 0 && (
            <p class="note">
              {counted(withheld, "cell", "cells")} of two seconds withheld: fewer than {minimumViewers} viewers clicked there.
            </p>
          )}
        </>
      }
    />
  );
}

function secondOf(route: Route): number {
  const second = Number(route.parameters["second"] ?? 0);
  return Number.isFinite(second) && second >= 0 ? Math.floor(second / BUCKET_SECONDS) * BUCKET_SECONDS : 0;
}

function lastBucket(cells: readonly CellRow[], elements: readonly ElementRow[], node: NodeRow): number {
  const end = Math.max(node.duration_seconds ?? 0, ...cells.map((cell) => (cell.from_second ?? 0) + 1), ...elements.map((element) => element.to_seconds ?? 0), 1);
  return Math.floor((end - 0.001) / BUCKET_SECONDS) * BUCKET_SECONDS;
}

type Box = Pick<ElementRow, "box_x" | "box_y" | "box_width" | "box_height">;

function elementsAt(cell: Cell, boxes: readonly ElementRow[]): string {
  const x = (cell.x + 0.5) / CELLS;
  const y = (cell.y + 0.5) / CELLS;
  return boxes
    .filter(({ box_x, box_y, box_width, box_height }) => box_x !== null && box_y !== null && x >= box_x && x <= box_x + (box_width ?? 0) && y >= box_y && y <= box_y + (box_height ?? 0))
    .map((box) => box.name)
    .join(", ");
}

function optionOf(palette: Palette, measure: Measure, cells: readonly Cell[], most: number, boxes: readonly ElementRow[], proposed: readonly Suggestion[], width: number): EChartsCoreOption {
  const names = Array.from({ length: CELLS }, (_, place) => String(place));
  const grid = (inverse: boolean) => [
    { type: "category", data: names, inverse, show: false },
    { type: "value", min: 0, max: 1, inverse, show: false },
  ];
  return {
    grid: { left: 1, right: 1, top: 1, bottom: 1, show: true, borderColor: palette.earlier, backgroundColor: palette.ramp[0] },
    tooltip: {
      ...tooltip(palette),
      formatter: (mark: { seriesType: string; data: unknown }) => (mark.seriesType === "heatmap" ? cellTip(cells.find((cell) => isAt(cell, mark.data)), boxes) : ""),
    },
    visualMap: { show: false, type: "continuous", min: 0, max: Math.max(1, most), dimension: 2, seriesIndex: 0, inRange: { color: palette.ramp.slice(1) } },
    xAxis: grid(false),
    yAxis: grid(true),
    series: [
      {
        type: "heatmap",
        data: cells.map((cell) => [cell.x, cell.y, measure.of(cell)]),
        itemStyle: { opacity: 0.9 },
        emphasis: { itemStyle: { borderColor: palette.ink, borderWidth: 1.5 } },
      },
      areas(palette, boxes.map((box) => ({ box, name: box.name, isProposed: false })), width),
      areas(palette, proposed.map((box, place) => ({ box, name: `Suggestion ${place + 1}`, isProposed: true })), width),
    ],
  };
}

const isAt = (cell: Cell, data: unknown): boolean => Array.isArray(data) && data[0] === cell.x && data[1] === cell.y;

function areas(palette: Palette, boxes: readonly { box: Box; name: string; isProposed: boolean }[], width: number): Record<string, unknown> {
  const isNarrow = width < 500;
  const colour = boxes[0]?.isProposed ? palette.series[1] : palette.ink;
  return {
    type: "scatter",
    data: [],
    xAxisIndex: 1,
    yAxisIndex: 1,
    silent: true,
    z: 5,
    markArea: {
      z: 5,
      silent: true,
      animation: false,
      itemStyle: { color: "transparent", borderColor: colour, borderWidth: boxes[0]?.isProposed ? 2.5 : 1.5, borderType: boxes[0]?.isProposed ? [6, 4] : "solid" },
      label: {
        show: true,
        position: boxes.every(({ box, isProposed }) => isProposed && (box.box_y ?? 0) > 0.06) ? "top" : "insideTopLeft",
        distance: 4,
        color: colour,
        fontSize: isNarrow ? 10 : 12,
        fontWeight: 600,
        textBorderColor: palette.surface,
        textBorderWidth: 3,
      },
      data: boxes.flatMap(({ box, name, isProposed }) => {
        const { box_x, box_y, box_width, box_height } = box;
        if (box_x === null || box_y === null || box_width === null || box_height === null) return [];
        return [
          [
            { name: isProposed ? name : fitting(name, box_width * width, isNarrow ? 5.5 : 7), xAxis: box_x, yAxis: box_y },
            { xAxis: Math.min(1, box_x + box_width), yAxis: Math.min(1, box_y + box_height) },
          ],
        ];
      }),
    },
  };
}

// A name as far as its box has room for it.
function fitting(name: string, room: number, letter: number): string {
  const letters = Math.floor((room - 6) / letter);
  return letters < 4 ? "" : shortened(name, letters);
}

function cellTip(cell: Cell | undefined, boxes: readonly ElementRow[]): string {
  if (!cell) return "";
  const over = elementsAt(cell, boxes);
  return [
    counted(cell.clicks, "click"),
    cell.hits && counted(cell.hits, "hit"),
    cell.nearMisses && counted(cell.nearMisses, "near miss", "near misses"),
    cell.falseClicks && counted(cell.falseClicks, "false click"),
    cell.unknown && `${formatValue(cell.unknown, "count")} where nobody knows what lay there`,
    over && `over ${over}`,
  ]
    .filter(Boolean)
    .join("\n");
}

function summaryOf(measure: Measure, total: number, cells: readonly Cell[], boxes: readonly ElementRow[], proposed: readonly Suggestion[], when: string): string {
  if (total === 0) return `${measure.none}, ${when}.`;
  const most = cells.reduce((best, cell) => (measure.of(cell) > measure.of(best) ? cell : best));
  const over = elementsAt(most, boxes);
  return [
    `${measure.label}, ${when}: ${total} in ${counted(cells.length, "cell")} of a 20 by 20 grid`,
    `most, ${measure.of(most)}, in column ${most.x + 1} of row ${most.y + 1}${over ? ` over ${over}` : ""}`,
    boxes.length > 0 && `elements: ${boxes.map((box) => box.name).join(", ")}`,
    proposed.length > 0 && counted(proposed.length, "suggested hotspot"),
  ]
    .filter(Boolean)
    .join("; ")
    .concat(".");
}
