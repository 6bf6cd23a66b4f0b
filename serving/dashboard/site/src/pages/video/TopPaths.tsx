import { DataTable, type Column } from "../../parts/DataTable";
import type { NodeRow, PathRow, VideoTotals } from "./files";
import { counted, titlesOf } from "./words";

interface TopPathsProps {
  paths: readonly PathRow[];
  nodes: readonly NodeRow[];
  totals: VideoTotals | undefined;
  minimumViewers: number;
  file: string;
}

/** The ways through the video, the most travelled first. */
export function TopPaths({ paths, nodes, totals, minimumViewers, file }: TopPathsProps) {
  const title = titlesOf(nodes);
  const columns: Column<PathRow>[] = [
    { label: "Path", value: (row) => row.path.split(" > ").map(title).join(" → ") },
    { label: "Views", kind: "count", value: (row) => row.view_count },
    { label: "Viewers", kind: "count", value: (row) => row.viewer_count },
    { label: "Share of views", kind: "percent", value: (row) => row.share_of_views },
    { label: "Loops", kind: "count", value: (row) => row.loop_count, text: (row) => (row.loop_count ? counted(row.loop_count, "return") : "none") },
    { label: "Completion rate", kind: "percent", value: (row) => row.completion_rate },
    { label: "Average watched", kind: "seconds", value: (row) => row.average_watch_seconds },
  ];
  const hidden = (totals?.path_count ?? 0) - paths.length;
  return (
    <section class="card" aria-labelledby="paths">
      <h2 id="paths">Top paths</h2>
      <DataTable
        caption="Top paths over all dates"
        columns={columns}
        rows={paths}
        file={file}
        empty={hidden > 0 ? `Every path is withheld: fewer than ${minimumViewers} viewers took it.` : "Nobody has taken a path through this video yet."}
      />
      {hidden > 0 && paths.length > 0 && (
        <p class="note">
          {counted(hidden, "rarer path is", "rarer paths are")} not listed
          {minimumViewers > 0 && `: paths of fewer than ${minimumViewers} viewers are withheld`}.
        </p>
      )}
    </section>
  );
}
