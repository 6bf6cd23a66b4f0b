import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "preact/hooks";
import { tooltip } from "../../charts/options";
import { paletteOf, type Palette } from "../../charts/palette";
import { formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import { useTheme } from "../../shell/theme";
import type { NodeRow, Transition } from "./files";
import { bendOf, COLUMN_WIDTH, columnsOf, placesOf, ROW_HEIGHT, type Place } from "./layout";
import { nodeAddress, roleOf, type PlaceProps } from "./Nodes";
import { counted, shortened, shown, titlesOf } from "./words";

type Kind = "chosen" | "default" | "jump" | "unknown" | "untaken" | "withheld";

/** Each kind of step has a colour and a line of its own. */
const KINDS: Record<Kind, { label: string; dash: number[]; colour: (palette: Palette) => string }> = {
  chosen: { label: "chosen by viewers", dash: [], colour: (palette) => palette.series[0]! },
  default: { label: "by default", dash: [10, 5], colour: (palette) => palette.series[1]! },
  jump: { label: "jumps", dash: [2, 4], colour: (palette) => palette.series[2]! },
  unknown: { label: "for unknown reasons", dash: [10, 4, 2, 4], colour: (palette) => palette.series[3]! },
  withheld: { label: "withheld", dash: [1, 3], colour: (palette) => palette.muted },
  untaken: { label: "never taken", dash: [4, 6], colour: (palette) => palette.earlier },
};

/** Between the lines of one edge, in CSS pixels. */
const KIND_GAP = 14;

/** With more edges than this, numbers and kinds of each would lie over each other; they are in the tooltips and the table. */
const MOST_LABELS = 40;

type GraphProps = PlaceProps & { nodes: readonly NodeRow[]; transitions: readonly Transition[] };

/** The branches of a video from left to right, with the traffic on them. */
export function BranchGraph({ nodes, transitions, file, ...place }: GraphProps) {
  const edges = useMemo(() => transitions.filter((edge) => edge.from_node_id !== null && edge.to_node_id !== null && edge.from_node_id !== edge.to_node_id), [transitions]);
  const again = useMemo(() => new Map(transitions.filter((edge) => edge.from_node_id !== null && edge.from_node_id === edge.to_node_id).map((edge) => [edge.from_node_id, edge.transition_count])), [transitions]);
  const columns = useMemo(() => columnsOf(nodes), [nodes]);
  const most = Math.max(1, ...columns.map((column) => column.length));
  const height = Math.max(150, most * ROW_HEIGHT + 24);
  const title = titlesOf(nodes);
  const table: Column<Transition>[] = [
    { label: "From", value: (row) => (row.from_node_id === null ? "(entry)" : title(row.from_node_id)) },
    { label: "To", value: (row) => (row.to_node_id === null ? "(left)" : title(row.to_node_id)) },
    { label: "Times", kind: "count", value: (row) => shown(row, row.transition_count) },
    { label: "Viewers", kind: "count", value: (row) => shown(row, row.viewer_count) },
    { label: "Share of departures", kind: "percent", value: (row) => shown(row, row.share_of_departures) },
    { label: "Chosen", kind: "count", value: (row) => shown(row, row.chosen_count) },
    { label: "Default", kind: "count", value: (row) => shown(row, row.default_count) },
    { label: "Jumps", kind: "count", value: (row) => shown(row, row.jump_count) },
    { label: "Unknown", kind: "count", value: (row) => shown(row, row.unknown_count) },
  ];
  if (nodes.length === 0) return null;
  return (
    <Chart
      title="Branches"
      summary={summaryOf(nodes, edges, title)}
      kinds={["graph"]}
      drawn={nodes.map((node) => node.node_id).join()}
      option={(palette, width) => optionOf(palette, nodes, edges, again, placesOf(nodes, edges, width, height), width, height)}
      table={{ caption: "Steps between nodes over all dates", columns: table, rows: transitions, file }}
      height={height}
      minWidth={columns.length > 2 ? columns.length * COLUMN_WIDTH : undefined}
      legend={<Key edges={edges} nodes={nodes} />}
      onPick={(mark) => {
        const node = mark.dataType === "node" ? (mark.data as { id?: string }).id : undefined;
        if (node) location.hash = nodeAddress(place, node);
      }}
    />
  );
}

/** The lines an edge is drawn as, the widest first: one per kind of step; in a crowded graph the widest alone. */
function linesOf(edge: Transition, isCrowded: boolean): [Kind, number][] {
  if (edge.is_withheld) return [["withheld", 0]];
  if (edge.transition_count === 0) return [["untaken", 0]];
  const counts: [Kind, number][] = [
    ["chosen", edge.chosen_count ?? 0],
    ["default", edge.default_count ?? 0],
    ["jump", edge.jump_count ?? 0],
    ["unknown", edge.unknown_count ?? 0],
  ];
  const taken = counts.filter(([, count]) => count > 0).sort((one, other) => other[1] - one[1]);
  return isCrowded && taken.length > 0 ? [[taken[0]![0], edge.transition_count ?? 0]] : taken;
}

function edgeNote(edge: Transition): string {
  if (edge.is_withheld) return "withheld";
  const count = formatValue(edge.transition_count, "count");
  return edge.transition_count ? `${count} · ${formatValue(edge.share_of_departures, "percent")}` : count;
}

function Key({ edges, nodes }: { edges: readonly Transition[]; nodes: readonly NodeRow[] }) {
  const palette = paletteOf(useTheme());
  const isCrowded = edges.length > MOST_LABELS;
  const kinds = (Object.keys(KINDS) as Kind[]).filter((kind) => edges.some((edge) => linesOf(edge, isCrowded).some(([drawn]) => drawn === kind)));
  return (
    <ul class="key" aria-label="Signs">
      {kinds.map((kind) => (
        <li key={kind}>
          <svg width="34" height="8" aria-hidden="true">
            <line stroke={KINDS[kind].colour(palette)} x1="1" y1="4" x2="33" y2="4" stroke-width={kind === "untaken" ? 1.5 : 3} stroke-dasharray={KINDS[kind].dash.join(" ")} />
          </svg>
          {isCrowded && !["untaken", "withheld"].includes(kind) ? `mostly ${KINDS[kind].label}` : KINDS[kind].label}
        </li>
      ))}
      <li>
        <svg width="14" height="14" aria-hidden="true">
          <circle fill={palette.accent} cx="7" cy="7" r="6" />
        </svg>
        node, larger with more visits
      </li>
      {nodes.some((node) => node.is_ending) && (
        <li>
          <svg width="14" height="14" aria-hidden="true">
            <rect fill={palette.accent} x="1" y="1" width="12" height="12" />
          </svg>
          ending
        </li>
      )}
      {nodes.some((node) => node.is_unvisited) && (
        <li>
          <svg width="14" height="14" aria-hidden="true">
            <circle fill="none" stroke={palette.earlier} stroke-dasharray="3 2" cx="7" cy="7" r="6" />
          </svg>
          never visited
        </li>
      )}
    </ul>
  );
}

type Again = ReadonlyMap<string | null, number | null>;

function optionOf(
  palette: Palette,
  nodes: readonly NodeRow[],
  edges: readonly Transition[],
  again: Again,
  places: Map<string, Place>,
  width: number,
  height: number,
): EChartsCoreOption {
  const title = titlesOf(nodes);
  const levels = new Map(nodes.map((node) => [node.node_id, node.level ?? Infinity]));
  const busiest = Math.max(1, ...nodes.map((node) => node.visits ?? 0));
  const widest = Math.max(1, ...edges.map((edge) => edge.transition_count ?? 0));
  const isCrowded = edges.length > MOST_LABELS;
  const there = new Set(edges.map((edge) => `${edge.from_node_id}\n${edge.to_node_id}`));
  return {
    tooltip: {
      ...tooltip(palette),
      formatter: (mark: { dataType: string; data: { node?: NodeRow; edge?: Transition } }) =>
        mark.data.node ? nodeTip(mark.data.node, again) : mark.data.edge ? edgeTip(mark.data.edge, title) : "",
    },
    series: [
      {
        type: "graph",
        layout: "none",
        // The box of the places is the plot itself: two corners without a sign keep the scale at one.
        left: 0,
        top: 0,
        width,
        height,
        edgeSymbol: ["none", "arrow"],
        emphasis: { focus: "adjacency", lineStyle: { opacity: 1 } },
        labelLayout: { hideOverlap: isCrowded },
        data: [
          ...nodes.map((node) => ({
            id: node.node_id,
            name: node.title,
            node,
            ...places.get(node.node_id),
            symbol: node.is_ending ? "rect" : "circle",
            symbolSize: Math.round(14 + 22 * Math.sqrt((node.visits ?? 0) / busiest)),
            itemStyle: node.is_unvisited
              ? { color: palette.surface, borderColor: palette.earlier, borderWidth: 1.5, borderType: [3, 3] }
              : { color: palette.accent, borderColor: palette.surface, borderWidth: 2 },
            label: {
              show: true,
              position: "bottom",
              distance: 5,
              formatter: `${shortened(node.title, isCrowded ? 18 : 24)}\n${nodeNote(node)}`,
              color: node.is_unvisited ? palette.muted : palette.ink,
              fontSize: isCrowded ? 11 : 12,
              lineHeight: 15,
              textBorderColor: palette.surface,
              textBorderWidth: 3,
            },
          })),
          ...[0, 1].map((corner) => ({ id: `\ncorner ${corner}`, x: corner * width, y: corner * height, symbol: "none", symbolSize: 0, tooltip: { show: false } })),
        ],
        links: edges.flatMap((edge) => linesOf(edge, isCrowded).map(([kind, count], place) => {
          const thickness = kind === "untaken" ? 1.5 : 1.5 + (8 * count) / widest;
          return {
            source: edge.from_node_id,
            target: edge.to_node_id,
            edge,
            symbolSize: [0, 7 + thickness],
            lineStyle: {
              color: KINDS[kind].colour(palette),
              width: thickness,
              type: KINDS[kind].dash.length > 0 ? KINDS[kind].dash : "solid",
              opacity: kind === "untaken" ? 0.7 : 0.8,
              curveness: bendOf(places.get(edge.from_node_id ?? ""), places.get(edge.to_node_id ?? ""), aside(edge, levels, there) - KIND_GAP * place),
            },
            label: {
              show: !isCrowded && place === 0,
              position: "middle",
              distance: 3 + thickness / 2,
              formatter: edgeNote(edge),
              color: kind === "untaken" ? palette.muted : palette.ink,
              textBorderColor: palette.surface,
              textBorderWidth: 3,
              fontSize: 11,
            },
          };
        })),
      },
    ],
  };
}

// In CSS pixels beside the straight line: two nodes with steps both ways have a line on either side, and what skips a column or stays
// in one passes beside what lies between.
function aside(edge: Transition, levels: Map<string, number>, there: Set<string>): number {
  if (there.has(`${edge.to_node_id}\n${edge.from_node_id}`)) return 20;
  const span = (levels.get(edge.to_node_id ?? "") ?? 0) - (levels.get(edge.from_node_id ?? "") ?? 0);
  return span === 1 ? 6 : ROW_HEIGHT / 3;
}

function nodeNote(node: NodeRow): string {
  if (node.is_unvisited) return "never visited";
  if (node.is_withheld || node.visits === null) return "withheld";
  const left = (node.exits ?? 0) / node.visits;
  return `${counted(node.visits, "visit")}${node.is_ending || !node.exits ? "" : `, ${formatValue(left, "percent")} left`}`;
}

function nodeTip(node: NodeRow, again: Again): string {
  const role = roleOf(node);
  const lines = [node.title, role === "–" ? "" : role, node.level === null ? "no known way leads to it" : `level ${node.level}`];
  if (!node.is_unvisited) {
    const value = (count: number | null) => formatValue(shown(node, count), "count");
    const repeats = again.get(node.node_id);
    lines.push(`${value(node.visits)} visits of ${value(node.unique_viewers)} viewers`, `${value(node.exits)} left here`, repeats ? `${counted(repeats, "time")} played again at once` : "");
  }
  return lines.filter(Boolean).join("\n");
}

function edgeTip(edge: Transition, title: (node: string) => string): string {
  const way = `${title(edge.from_node_id ?? "")} → ${title(edge.to_node_id ?? "")}`;
  if (edge.is_withheld) return `${way}\nwithheld`;
  if (edge.transition_count === 0) return `${way}\nnever taken${edge.is_default ? "; the default" : ""}`;
  const ways = (["chosen", "default", "jump", "unknown"] as const)
    .map((kind) => [kind, edge[`${kind}_count`] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${formatValue(count, "count")} ${kind === "jump" ? "by a jump" : kind === "default" ? "by default" : kind}`);
  return [
    way,
    `${counted(edge.transition_count ?? 0, "time")} by ${counted(edge.viewer_count ?? 0, "viewer")}`,
    `${formatValue(edge.share_of_departures, "percent")} of departures`,
    ways.join(", "),
  ].join("\n");
}

function summaryOf(nodes: readonly NodeRow[], edges: readonly Transition[], title: (node: string) => string): string {
  const busiest = edges.reduce<Transition | null>((best, edge) => ((edge.transition_count ?? 0) > (best?.transition_count ?? 0) ? edge : best), null);
  const unvisited = nodes.filter((node) => node.is_unvisited);
  return [
    `${counted(nodes.length, "node")} and ${counted(edges.length, "branch", "branches")}`,
    busiest && `most traffic from ${title(busiest.from_node_id ?? "")} to ${title(busiest.to_node_id ?? "")}, ${counted(busiest.transition_count ?? 0, "time")}`,
    unvisited.length > 0 && `never visited: ${unvisited.slice(0, 5).map((node) => node.title).join(", ")}${unvisited.length > 5 ? " and others" : ""}`,
  ]
    .filter(Boolean)
    .join("; ")
    .concat(".");
}
