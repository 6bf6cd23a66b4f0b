import { useMemo } from "preact/hooks";
import { engine } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf, WITHHELD, type Value, type Video } from "../../data/types";
import { formatDays } from "../../format";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { MetricTile } from "../../parts/MetricTile";
import { Loaded, Notice } from "../../parts/states";
import { BranchGraph } from "./BranchGraph";
import { chosenVideo, NoVideo, VideoField } from "./Chooser";
import { Curves } from "./Curves";
import { DropOffs } from "./DropOffs";
import type { DropOff, NodeRow, SecondsFile, VideoFile, VideoTotals } from "./files";
import { Nodes } from "./Nodes";
import { TopPaths } from "./TopPaths";
import { ViewerPaths } from "./ViewerPaths";
import { nodeLabel } from "./words";

// Charts are on their way while the numbers are; a failure is told by the chart that needs them.
engine(["graph", "sankey", "line"]).catch(() => undefined);

/** How one video does: its nodes, the ways through them, and where viewers leave. */
export default function VideoPage(props: PageProps) {
  const { workspace } = props;
  const video = chosenVideo(props);
  return (
    <>
      <h1>Video</h1>
      {video ? (
        <Chosen {...props} video={video} path={`video/video/${workspace.file_key}/${video.file_key}`} />
      ) : (
        <NoVideo {...props} />
      )}
    </>
  );
}

function Chosen(props: PageProps & { video: Video; path: string }) {
  const files = useFiles<[VideoFile]>(props.path);
  return (
    <>
      <FilterBar label="Video">
        <VideoField {...props} />
      </FilterBar>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { video: Video; file: VideoFile }) {
  const { file, video, site, route, workspace } = props;
  const data = useMemo(
    () => ({
      totals: rowsOf(file.totals)[0],
      nodes: rowsOf(file.nodes),
      transitions: rowsOf(file.transitions),
      steps: rowsOf(file.steps),
      paths: rowsOf(file.paths),
      dropOffs: rowsOf(file.drop_offs),
    }),
    [file],
  );
  const { totals, nodes } = data;
  const name = `audience-${video.file_key}`;
  return (
    <>
      <p class="period">
        <strong>{video.title}</strong>, all dates{totals && `: ${formatDays(totals.first_date, totals.last_date)}`}
      </p>
      <Tiles totals={totals} nodes={nodes} minimumViewers={site.minimumViewers} />
      {!totals && <Notice>Nobody has watched this video yet. Its nodes and branches are those of the catalog.</Notice>}
      <Nodes nodes={nodes} route={route} workspace={workspace.workspace_id} video={video.video_id} file={`${name}-nodes`} />
      <BranchGraph key={video.video_id} nodes={nodes} transitions={data.transitions} route={route} workspace={workspace.workspace_id} video={video.video_id} file={`${name}-branches`} />
      <ViewerPaths steps={data.steps} nodes={nodes} route={route} change={props.change} minimumViewers={site.minimumViewers} file={`${name}-steps`} />
      <TopPaths paths={data.paths} nodes={nodes} totals={totals} minimumViewers={site.minimumViewers} file={`${name}-paths`} />
      <DropOffs dropOffs={data.dropOffs} nodes={nodes} minimumViewers={site.minimumViewers} route={route} workspace={workspace.workspace_id} video={video.video_id} file={`${name}-drop-offs`} />
      {nodes.length > 0 && <Attention {...props} nodes={nodes} dropOffs={data.dropOffs} />}
    </>
  );
}

function Tiles({ totals, nodes, minimumViewers }: { totals: VideoTotals | undefined; nodes: readonly NodeRow[]; minimumViewers: number }) {
  const value = (count: number | null | undefined): Value => (totals?.is_withheld ? WITHHELD : (count ?? 0));
  const rate: Value = totals?.is_withheld ? WITHHELD : totals?.viewers ? (totals.completed_viewers ?? 0) / totals.viewers : null;
  return (
    <div class="tiles" role="group" aria-label="The video over all dates">
      <MetricTile label="Plays" note="views in which playback began" kind="count" value={value(totals?.plays)} minimumViewers={minimumViewers} />
      <MetricTile label="Unique viewers" note="each counted once" kind="count" value={value(totals?.viewers)} minimumViewers={minimumViewers} />
      <MetricTile label="Completion rate" note="of unique viewers" kind="percent" value={rate} minimumViewers={minimumViewers} />
      <MetricTile label="Nodes visited" note={`of ${nodes.length}`} kind="count" value={nodes.filter((node) => !node.is_unvisited).length} minimumViewers={minimumViewers} />
      <MetricTile label="Different paths" note="ways through the nodes" kind="count" value={totals?.path_count ?? 0} minimumViewers={minimumViewers} />
    </div>
  );
}

type AttentionProps = PageProps & { video: Video; nodes: NodeRow[]; dropOffs: DropOff[] };

/** The seconds of a chosen node; at first of the one that loses most, else of the start. */
function Attention(props: AttentionProps) {
  const { nodes, dropOffs, route, change, workspace, video, site } = props;
  const first = dropOffs[0]?.node_id ?? nodes.find((node) => node.is_start)?.node_id;
  const node = nodes.find(({ node_id }) => node_id === route.parameters["node"]) ?? nodes.find(({ node_id }) => node_id === first) ?? nodes[0]!;
  const files = useFiles<[SecondsFile]>(`video/node/${workspace.file_key}/${video.file_key}/${node.file_key}`);
  return (
    <section class="stack" aria-labelledby="attention">
      <h2 id="attention">Second by second</h2>
      <FilterBar label="Node of the curves">
        <SelectField
          label="Node"
          value={node.node_id}
          options={nodes.map((candidate) => ({ value: candidate.node_id, label: nodeLabel(candidate) }))}
          onChange={(value) => change({ node: value })}
        />
      </FilterBar>
      <Loaded from={files}>
        {([file]) => <Curves node={node} file={file} dropOffs={dropOffs} minimumViewers={site.minimumViewers} name={`audience-${video.file_key}-${node.file_key}`} />}
      </Loaded>
    </section>
  );
}
