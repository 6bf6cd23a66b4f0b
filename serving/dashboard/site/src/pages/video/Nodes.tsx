import type { NodeRow } from "./files";
import { DataTable, type Column } from "../../parts/DataTable";
import { pageAddress, type Route } from "../../shell/route";
import { shown } from "./words";

export interface PlaceProps {
  route: Route;
  workspace: string;
  video: string;
  file: string;
}

/** What a node is, in words. */
export function roleOf(node: NodeRow): string {
  const roles = [
    node.is_start && "start",
    node.is_ending && "ending",
    node.is_unvisited && "unvisited",
    !node.is_in_catalog && "not in the catalog",
  ].filter((role) => typeof role === "string");
  return roles.join(", ") || "–";
}

export function nodeAddress({ route, workspace, video }: Omit<PlaceProps, "file">, node: string): string {
  return pageAddress(route, "node", { workspace, video, node });
}

/** Every node of a video with its numbers; each leads to its own page. */
export function Nodes({ nodes, file, ...place }: PlaceProps & { nodes: readonly NodeRow[] }) {
  const columns: Column<NodeRow>[] = [
    { label: "Node", value: (row) => row.title, link: (row) => nodeAddress(place, row.node_id) },
    { label: "Level", kind: "count", value: (row) => row.level },
    { label: "Role", value: (row) => roleOf(row) },
    { label: "Plays", kind: "count", value: (row) => shown(row, row.plays) },
    { label: "Unique views", kind: "count", value: (row) => shown(row, row.unique_views) },
    { label: "Unique viewers", kind: "count", value: (row) => shown(row, row.unique_viewers) },
    { label: "Average dwell", kind: "seconds", value: (row) => shown(row, row.average_dwell_seconds) },
    { label: "Completion rate", kind: "percent", value: (row) => shown(row, row.completion_rate) },
    { label: "Drop-off rate", kind: "percent", value: (row) => shown(row, row.drop_off_rate) },
  ];
  return (
    <section class="card" aria-labelledby="nodes">
      <h2 id="nodes">Nodes</h2>
      <DataTable caption="Nodes over all dates" columns={columns} rows={nodes} file={file} empty="No node of this video is known." />
    </section>
  );
}
