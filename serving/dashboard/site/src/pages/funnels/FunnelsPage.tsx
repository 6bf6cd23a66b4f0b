import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { Loaded, Notice } from "../../parts/states";
import { VideoField } from "../../parts/VideoField";
import type { FunnelsFile, GoalRow, StepRow, VideoFunnelsFile } from "./files";
import { Segments } from "./Segments";
import { Steps } from "./Steps";

preload("bar", "custom");

/** Where viewers stop on the way to a goal, and what they do instead. */
export default function FunnelsPage(props: PageProps) {
  const files = useFiles<[FunnelsFile]>(`funnels/workspace/${props.workspace.file_key}`);
  return (
    <>
      <h1>Funnels</h1>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { file: FunnelsFile }) {
  const { file, catalog, workspace, route, change } = props;
  const funnels = useMemo(() => rowsOf(file.goals), [file]);
  const goal = route.parameters["goal"] ?? mostTelling(funnels)?.goal_id;
  const ofGoal = funnels.filter(({ goal_id }) => goal_id === goal);
  const funnel = ofGoal.find(({ video_id }) => video_id === (route.parameters["video"] ?? null)) ?? ofGoal[0];
  const video = catalog.videos.find(({ video_id }) => video_id === funnel?.video_id);
  const goals = [...new Map(funnels.map(({ goal_id, name }) => [goal_id, name]))].map(([value, label]) => ({ value, label }));
  if (funnels.length === 0) {
    return (
      <Notice title="There is no funnel yet">
        Default funnels appear with the first views. Write goals with their steps into the catalog (goals.ndjson) for funnels of your own.
      </Notice>
    );
  }
  return (
    <>
      <FilterBar label="Filters">
        <SelectField label="Goal" value={goal ?? ""} options={goals} onChange={(value) => change({ goal: value, video: undefined })} />
        {funnel?.video_id && (
          <VideoField
            catalog={catalog}
            route={{ ...route, parameters: { ...route.parameters, video: funnel.video_id } }}
            change={change}
            among={new Set(ofGoal.flatMap(({ video_id }) => video_id ?? []))}
          />
        )}
      </FilterBar>
      <p class="period">
        <strong>All dates.</strong> {funnel?.video_id ? "Within one video." : "Over the whole workspace."} A viewer counts once, by the best way
        taken within the funnel's window.
      </p>
      {!funnel && <Notice title={`There is no goal "${goal}"`}>Choose one above.</Notice>}
      {funnel && !funnel.video_id && <Shown {...props} funnel={funnel} rows={rowsOf(file.steps)} />}
      {funnel?.video_id && video && <OfVideo {...props} funnel={funnel} path={`funnels/video/${workspace.file_key}/${video.file_key}`} />}
    </>
  );
}

// Goals of the catalog come first; of these the one with the most steps that somebody reached.
function mostTelling(funnels: readonly GoalRow[]): GoalRow | undefined {
  const reached = funnels.filter(({ converted_viewers }) => converted_viewers);
  const authored = reached.filter(({ is_default }) => !is_default);
  return [...(authored.length ? authored : reached)].sort((one, other) => other.step_count - one.step_count)[0] ?? funnels[0];
}

function OfVideo(props: PageProps & { funnel: GoalRow; path: string }) {
  const files = useFiles<[VideoFunnelsFile]>(props.path);
  return <Loaded from={files}>{([file]) => <Shown {...props} rows={rowsOf(file.video_steps)} />}</Loaded>;
}

function Shown({ funnel, rows, catalog, site, route, change }: PageProps & { funnel: GoalRow; rows: StepRow[] }) {
  const steps = rows.filter(({ goal_id }) => goal_id === funnel.goal_id);
  const whole = steps.filter(({ segment_type }) => segment_type === "all");
  if (whole.length === 0 || whole[0]?.reached_viewers === 0) {
    return <Notice title="Nobody entered this funnel">Its first step is {whole[0]?.step_name ?? "not known"}: no such event was recorded.</Notice>;
  }
  return (
    <>
      <Steps funnel={funnel} steps={whole} minimumViewers={site.minimumViewers} />
      <Segments funnel={funnel} steps={steps} whole={whole} catalog={catalog} route={route} change={change} />
    </>
  );
}
