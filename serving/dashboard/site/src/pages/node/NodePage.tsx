import { useMemo } from "preact/hooks";
import { engine } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf, type Video } from "../../data/types";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { MetricTile } from "../../parts/MetricTile";
import { Loaded, Notice } from "../../parts/states";
import { pageAddress } from "../../shell/route";
import { chosenVideo, NoVideo, VideoField } from "../video/Chooser";
import { Curves, type Window } from "../video/Curves";
import type { NodeRow, SecondsFile, VideoFile } from "../video/files";
import { roleOf } from "../video/Nodes";
import { nodeLabel, shown } from "../video/words";
import { ClickMap } from "./ClickMap";
import type { ElementRow, NodeFile, Suggestion } from "./files";
import { Hotspots } from "./Hotspots";
import { Suggestions } from "./Suggestions";

// Charts are on their way while the numbers are; a failure is told by the chart that needs them.
engine(["heatmap", "scatter", "line", "bar"]).catch(() => undefined);

/** What viewers do within one node: what they click, where, and how long they stay. */
export default function NodePage(props: PageProps) {
  const video = chosenVideo(props);
  return (
    <>
      <h1>Node</h1>
      {video ? (
        <OfVideo {...props} video={video} />
      ) : (
        <NoVideo {...props} />
      )}
    </>
  );
}

function OfVideo(props: PageProps & { video: Video }) {
  const { workspace, video } = props;
  const files = useFiles<[VideoFile]>(`video/video/${workspace.file_key}/${video.file_key}`);
  return <Loaded from={files}>{([file]) => <Chosen {...props} file={file} />}</Loaded>;
}

function Chosen(props: PageProps & { video: Video; file: VideoFile }) {
  const { file, route, change } = props;
  const nodes = useMemo(() => rowsOf(file.nodes), [file]);
  const named = route.parameters["node"];
  const node = named === undefined ? (nodes.find((candidate) => candidate.is_start) ?? nodes[0]) : nodes.find(({ node_id }) => node_id === named);
  return (
    <>
      <FilterBar label="Video and node">
        <VideoField {...props} />
        {node && (
          <SelectField
            label="Node"
            value={node.node_id}
            options={nodes.map((candidate) => ({ value: candidate.node_id, label: nodeLabel(candidate) }))}
            onChange={(value) => change({ node: value, day: undefined, second: undefined })}
          />
        )}
      </FilterBar>
      {node ? (
        <Content key={`${props.video.file_key}/${node.node_id}`} {...props} nodes={nodes} node={node} />
      ) : (
        <Notice title={named === undefined ? "This video has no nodes" : `There is no node "${named}" in this video`}>
          {named === undefined ? "Neither the catalog nor any view names one." : "The address names one that the published snapshot does not hold."}
        </Notice>
      )}
    </>
  );
}

function Content(props: PageProps & { video: Video; file: VideoFile; nodes: readonly NodeRow[]; node: NodeRow }) {
  const { workspace, video, node, nodes, file, site, route } = props;
  const place = `${workspace.file_key}/${video.file_key}/${node.file_key}`;
  const files = useFiles<[NodeFile, SecondsFile]>(`node/node/${place}`, `video/node/${place}`);
  const dropOffs = useMemo(() => rowsOf(file.drop_offs), [file]);
  return (
    <>
      <p class="period">
        <strong>{node.title}</strong> in <a href={pageAddress(route, "video", { workspace: workspace.workspace_id, video: video.video_id, node: node.node_id })}>{video.title}</a>
        , all dates{roleOf(node) === "–" ? "" : `; ${roleOf(node)}`}
      </p>
      <Tiles node={node} minimumViewers={site.minimumViewers} />
      <Loaded from={files}>
        {([detail, seconds]) => <Detail {...props} nodes={nodes} detail={detail} seconds={seconds} dropOffs={dropOffs} name={`audience-${video.file_key}-${node.file_key}`} />}
      </Loaded>
    </>
  );
}

type DetailProps = PageProps & {
  node: NodeRow;
  nodes: readonly NodeRow[];
  detail: NodeFile;
  seconds: SecondsFile;
  dropOffs: Parameters<typeof Curves>[0]["dropOffs"];
  name: string;
};

function Detail(props: DetailProps) {
  const { detail, seconds, node, nodes, dropOffs, site, name, route, change } = props;
  const data = useMemo(
    () => ({
      elements: rowsOf(detail.elements),
      days: rowsOf(detail.element_days),
      cells: rowsOf(detail.cells),
      suggestions: rowsOf(detail.suggestions),
    }),
    [detail],
  );
  const current = useMemo(() => data.elements.filter((element) => element.is_current), [data]);
  const windows = useMemo(() => windowsOf(current, data.suggestions, node), [current, data, node]);
  return (
    <>
      <Hotspots elements={data.elements} days={data.days} node={node} nodes={nodes} route={route} change={change} minimumViewers={site.minimumViewers} file={`${name}-hotspots`} />
      <div class="frame-row">
        <ClickMap cells={data.cells} elements={current} suggestions={data.suggestions} node={node} route={route} change={change} minimumViewers={site.minimumViewers} file={`${name}-clicks`} />
        <Suggestions suggestions={data.suggestions} minimumViewers={site.minimumViewers} />
      </div>
      <Curves node={node} file={seconds} dropOffs={dropOffs} windows={windows} minimumViewers={site.minimumViewers} name={name} />
    </>
  );
}

function Tiles({ node, minimumViewers }: { node: NodeRow; minimumViewers: number }) {
  return (
    <div class="tiles" role="group" aria-label="The node over all dates">
      <MetricTile label="Plays" note="visits in which something played" kind="count" value={shown(node, node.plays)} minimumViewers={minimumViewers} />
      <MetricTile label="Unique viewers" note="each counted once" kind="count" value={shown(node, node.unique_viewers)} minimumViewers={minimumViewers} />
      <MetricTile label="Average dwell" note="a visit" kind="seconds" value={shown(node, node.average_dwell_seconds)} minimumViewers={minimumViewers} />
      <MetricTile label="Completion rate" note="of visits, to the node's end" kind="percent" value={shown(node, node.completion_rate)} minimumViewers={minimumViewers} />
      <MetricTile label="Drop-off rate" note="of visits, left unfinished" kind="percent" value={shown(node, node.drop_off_rate)} minimumViewers={minimumViewers} />
    </div>
  );
}

/** When elements are on the picture, within the node; one without bounds is there throughout. */
function windowsOf(elements: readonly ElementRow[], suggestions: readonly Suggestion[], node: NodeRow): Window[] {
  const end = node.duration_seconds ?? Math.max(0, ...elements.map((element) => element.to_seconds ?? 0));
  return [
    ...elements.map((element) => ({ name: element.name, from: element.from_seconds ?? 0, to: Math.min(element.to_seconds ?? end, end), isProposed: false })),
    ...suggestions.map((suggestion, place) => ({ name: `Suggestion ${place + 1}`, from: suggestion.from_seconds, to: Math.min(suggestion.to_seconds, end), isProposed: true })),
  ];
}
