import { useFiles } from "../../data/load";
import { rowsOf, type Video } from "../../data/types";
import { formatMoney } from "../../format";
import type { PageProps } from "../index";
import { DataTable, type Column } from "../../parts/DataTable";
import { FilterBar } from "../../parts/fields";
import { Loaded } from "../../parts/states";
import { VideoField } from "../../parts/VideoField";
import { ActionRate } from "./ActionRate";
import { currencyKey, shownOf, type Earned, type ElementRow, type PathRow, type Share, type VideoConversionFile, type VideoReturnRow } from "./files";

interface WithinVideoProps extends PageProps {
  share: Share;
  /** Videos by revenue: the first is shown where none is chosen. */
  earning?: readonly VideoReturnRow[];
}

/** What inside one video sold: elements, ways through it, and buying after interacting day by day. */
export function WithinVideo(props: WithinVideoProps) {
  const { catalog, workspace, route, change, share, earning = [] } = props;
  const chosen = route.parameters["video"] ?? (earning.find((row) => row.is_withheld || row.revenue) ?? earning[0])?.video_id;
  const video = catalog.videos.find(({ video_id }) => video_id === chosen) ?? catalog.videos[0];
  if (!video) return null;
  return (
    <section class="group" aria-labelledby="within">
      <h2 id="within">Within a video</h2>
      <FilterBar label="Video">
        <VideoField catalog={catalog} route={route} change={change} chosen={video.video_id} />
      </FilterBar>
      <OfVideo key={video.video_id} {...props} video={video} share={share} path={`conversion/video/${workspace.file_key}/${video.file_key}`} />
    </section>
  );
}

function OfVideo({ video, share, path, site }: WithinVideoProps & { video: Video; path: string }) {
  const files = useFiles<[VideoConversionFile]>(path);
  const own = <Row extends Share>(rows: readonly Row[]) =>
    rows.filter((row) => currencyKey(row.currency) === currencyKey(share.currency) && row.attribution_model === share.attribution_model);
  const suffix = share.currency ? ` in ${share.currency}` : "";
  return (
    <Loaded from={files}>
      {([file]) => (
        <>
          <ActionRate title={video.title} days={rowsOf(file.action_days)} minimumViewers={site.minimumViewers} />
          <div class="columns">
            <section class="card">
              <h3>Elements last used before buying{suffix}</h3>
              <DataTable
                caption={`Elements of ${video.title}`}
                columns={[{ label: "Element", value: (row: ElementRow) => row.name }, { label: "Node", value: (row) => row.node_id }, ...EARNED]}
                rows={own(rowsOf(file.elements))}
                file={`audience-revenue-by-element-${video.video_id}`}
                empty="Nobody bought after using an element of this video."
              />
            </section>
            <section class="card">
              <h3>Ways through the video{suffix}</h3>
              <DataTable
                caption={`Paths of ${video.title}`}
                columns={[{ label: "Path", value: (row: PathRow) => row.path }, ...EARNED]}
                rows={own(rowsOf(file.paths))}
                file={`audience-revenue-by-path-${video.video_id}`}
                empty="Nobody bought after watching this video."
              />
            </section>
          </div>
        </>
      )}
    </Loaded>
  );
}

const EARNED: Column<Earned>[] = [
  { label: "Revenue", kind: "decimal", value: (row) => shownOf(row, row.revenue), text: (row) => formatMoney(shownOf(row, row.revenue), null) },
  { label: "Conversions", kind: "count", value: (row) => shownOf(row, row.conversions) },
];
