import { useMemo } from "preact/hooks";
import { useFiles } from "../../data/load";
import { isoDay } from "../../format";
import type { PageProps } from "../index";
import { DataTable, type Column } from "../../parts/DataTable";
import { Loaded } from "../../parts/states";
import { pageAddress } from "../../shell/route";
import type { OverviewFile } from "./files";
import { METRICS, NO_SLICE, slicesOf, totalsOf, type Totals } from "./measures";
import { choiceOf } from "./periods";

interface VideoRow {
  video_id: string;
  title: string;
  totals: Totals;
}

const SHOWN = ["plays", "viewers", "minutes", "engagement", "completion"];

/** Every video of the workspace in the chosen dates; each leads to its own page. */
export function Videos(props: PageProps & { path: string }) {
  const file = useFiles<[OverviewFile]>(props.path);
  return (
    <section class="card" aria-labelledby="videos">
      <h2 id="videos">Videos</h2>
      <Loaded from={file}>{([data]) => <List {...props} file={data} />}</Loaded>
    </section>
  );
}

function List({ file, catalog, workspace, site, route }: PageProps & { file: OverviewFile }) {
  const slices = useMemo(() => slicesOf(file), [file]);
  const { span } = choiceOf(route, workspace);
  const rows: VideoRow[] = useMemo(
    () =>
      catalog.videos.map(({ video_id, title }) => ({
        video_id,
        title,
        totals: totalsOf(slices.get(video_id) ?? NO_SLICE, span, site.minimumViewers > 0),
      })),
    [slices, catalog, span.from, span.to, site.minimumViewers],
  );
  const columns: Column<VideoRow>[] = [
    {
      label: "Title",
      value: (row) => row.title,
      link: (row) => pageAddress(route, "video", { video: row.video_id, workspace: workspace.workspace_id }),
    },
    ...METRICS.filter(({ name }) => SHOWN.includes(name)).map((metric) => ({
      label: metric.label,
      kind: metric.kind,
      value: (row: VideoRow) => metric.of(row.totals),
    })),
  ];
  return (
    <DataTable
      caption="Videos in the chosen dates"
      columns={columns}
      rows={rows}
      sortedBy="Plays"
      file={`audience-videos-${isoDay(span.from)}-${isoDay(span.to)}`}
      empty="No video is known in this workspace."
    />
  );
}
