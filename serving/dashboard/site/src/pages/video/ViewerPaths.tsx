import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "preact/hooks";
import { tooltip } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import type { Column } from "../../parts/DataTable";
import { Choices } from "../../parts/fields";
import type { Change, Route } from "../../shell/route";
import type { NodeRow, Step } from "./files";
import { flowOf, type Flow } from "./flow";
import { counted, shortened, titlesOf } from "./words";

interface ViewerPathsProps {
  steps: readonly Step[];
  nodes: readonly NodeRow[];
  route: Route;
  change: (parameters: Change) => void;
  minimumViewers: number;
  file: string;
}

const PLACES = ["4", "6", "8"];

/** How viewers flow through the video, place by place of their paths. */
export function ViewerPaths({ steps, nodes, route, change, minimumViewers, file }: ViewerPathsProps) {
  const chosen = PLACES.find((places) => places === route.parameters["places"]) ?? "6";
  const flow = useMemo(() => flowOf(steps, nodes, Number(chosen)), [steps, nodes, chosen]);
  if (flow.links.length === 0) {
    return (
      <section class="card" aria-labelledby="flow">
        <h2 id="flow">Viewer paths</h2>
        <p class="empty">
          {steps.length > 0
            ? "Every view stayed in one node: there is no way to draw."
            : minimumViewers > 0
              ? `Nobody has gone through this video yet, or fewer than ${minimumViewers} viewers took each step.`
              : "Nobody has gone through this video yet."}
        </p>
      </section>
    );
  }
  const title = titlesOf(nodes);
  const columns: Column<Step>[] = [
    { label: "Node", value: (row) => title(row.node_id) },
    { label: "Place", kind: "count", value: (row) => row.step },
    { label: "Next", value: (row) => (row.next_node_id === null ? "(left)" : title(row.next_node_id)) },
    { label: "Views", kind: "count", value: (row) => row.view_count },
    { label: "Viewers", kind: "count", value: (row) => row.viewer_count },
  ];
  const places = new Map<number, number>();
  for (const node of flow.nodes) places.set(node.place, (places.get(node.place) ?? 0) + 1);
  return (
    <Chart
      title="Viewer paths"
      summary={summaryOf(flow)}
      kinds={["sankey"]}
      drawn={[chosen, ...flow.nodes.map((node) => `${node.id} ${node.views}`)].join()}
      option={(palette) => optionOf(palette, flow, nodes)}
      table={{ caption: "Steps of viewer paths over all dates", columns, rows: steps, file }}
      height={Math.max(240, Math.max(...places.values()) * 56)}
      minWidth={Math.max(...places.keys()) > 2 ? Math.max(...places.keys()) * 150 : undefined}
      legend={
        <p class="note">
          Each column is a place in the views' paths, from the first node on; what does not flow on was left there.
          {minimumViewers > 0 && ` Steps of fewer than ${minimumViewers} viewers are withheld.`}
        </p>
      }
    >
      <Choices label="Places drawn" value={chosen} options={PLACES.map((value) => ({ value, label: `${value} places` }))} onChange={(value) => change({ places: value === "6" ? undefined : value })} />
    </Chart>
  );
}

function optionOf(palette: Palette, flow: Flow, rows: readonly NodeRow[]): EChartsCoreOption {
  const colours = new Map(rows.map((node, place) => [node.node_id, palette.series[place % palette.series.length]!]));
  const first = Math.min(...flow.nodes.map((node) => node.place));
  const titles = new Map(flow.nodes.map((node) => [node.id, node.title]));
  return {
    tooltip: {
      ...tooltip(palette),
      formatter: (mark: { dataType: string; name: string; value: number; data: { source?: string; target?: string } }) => {
        if (mark.dataType === "edge") return `${titles.get(mark.data.source ?? "")} → ${titles.get(mark.data.target ?? "")}\n${counted(mark.value, "view")}`;
        const node = flow.nodes.find((candidate) => candidate.id === mark.name);
        if (!node) return "";
        return [node.title, node.node === null ? "" : `place ${node.place}`, counted(node.views, "view"), node.ended ? `${formatValue(node.ended, "count")} went no further` : ""].filter(Boolean).join("\n");
      },
    },
    series: [
      {
        type: "sankey",
        left: 4,
        right: 150,
        top: 8,
        bottom: 8,
        nodeAlign: "left",
        nodeWidth: 12,
        nodeGap: 16,
        draggable: false,
        layoutIterations: 32,
        emphasis: { focus: "adjacency" },
        lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
        data: flow.nodes.map((node) => ({
          name: node.id,
          value: node.views,
          depth: node.place - first,
          itemStyle: { color: (node.node !== null && colours.get(node.node)) || palette.earlier, borderWidth: 0 },
          label: { formatter: `${shortened(node.title, 18)}  ${formatValue(node.views, "count")}`, color: palette.ink, fontSize: 12 },
        })),
        links: flow.links.map((link) => ({ source: link.source, target: link.target, value: link.views })),
      },
    ],
  };
}

function summaryOf(flow: Flow): string {
  const widest = flow.links.reduce((best, link) => (link.views > best.views ? link : best));
  const title = (id: string) => flow.nodes.find((node) => node.id === id)?.title ?? id;
  return `Views from node to node by place in their paths; the widest stream is ${title(widest.source)} to ${title(widest.target)}, ${counted(widest.views, "view")}.`;
}
