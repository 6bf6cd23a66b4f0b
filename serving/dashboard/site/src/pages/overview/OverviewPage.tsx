import { useMemo } from "preact/hooks";
import { useFiles } from "../../data/load";
import { formatDays } from "../../format";
import type { PageProps } from "../index";
import { MetricTile } from "../../parts/MetricTile";
import { Loaded, Notice } from "../../parts/states";
import { Filters } from "./Filters";
import type { OverviewFile } from "./files";
import { METRICS, NO_SLICE, slicesOf, totalsOf, type SliceData } from "./measures";
import { Performance } from "./Performance";
import { choiceOf, earlierSpan } from "./periods";
import { chosenSlices } from "./slices";
import { Videos } from "./Videos";

/** How the audience does: the top line and its change, over time, and by video. */
export default function OverviewPage(props: PageProps) {
  const { workspace, catalog, route, change } = props;
  const chosen = chosenSlices(route, catalog);
  const slice = chosen[0] ?? { kind: "workspace" as const, value: workspace.workspace_id };
  return (
    <>
      <h1>Overview</h1>
      <Filters {...props} />
      {chosen.length > 1 ? (
        <Notice title={`${chosen.map(({ label }) => label).join(" and ")} together cannot be answered`}>
          <p>
            The published aggregates count viewers by one of these at a time. Adding or crossing them would give a wrong number, so none is
            shown. Keep one:
          </p>
          <p class="buttons">
            {chosen.map((kept) => (
              <button
                key={kept.kind}
                type="button"
                onClick={() => change(Object.fromEntries(chosen.map(({ kind }) => [kind, kind === kept.kind ? kept.value : undefined])))}
              >
                Keep {kept.label.toLowerCase()}: {kept.name}
              </button>
            ))}
          </p>
        </Notice>
      ) : (
        <Numbers {...props} path={`overview/slice/${workspace.file_key}/${slice.kind}`} value={slice.value} isFiltered={chosen.length > 0} />
      )}
    </>
  );
}

interface NumbersProps extends PageProps {
  path: string;
  value: string;
  isFiltered: boolean;
}

function Numbers(props: NumbersProps) {
  const { path, value, isFiltered, workspace } = props;
  const sliced = useFiles<[OverviewFile]>(path);
  return (
    <>
      <Loaded from={sliced}>{([file]) => <TopLine {...props} file={file} value={value} />}</Loaded>
      {isFiltered ? (
        <section class="card">
          <h2>Videos</h2>
          <p class="empty">Videos are counted over the whole audience. Clear the filter to list them.</p>
        </section>
      ) : (
        <Videos {...props} path={`overview/slice/${workspace.file_key}/video`} />
      )}
    </>
  );
}

function TopLine({ file, value, site, workspace, route, change }: PageProps & { file: OverviewFile; value: string }) {
  const slices = useMemo(() => slicesOf(file), [file]);
  const slice: SliceData = slices.get(value) ?? NO_SLICE;
  const { span, earlier, comparison, grain } = choiceOf(route, workspace);
  const isWithholding = site.minimumViewers > 0;
  const now = totalsOf(slice, span, isWithholding);
  const before = earlier && totalsOf(slice, earlier, isWithholding);
  const wanted = earlierSpan(span, comparison, null);
  const metric = METRICS.find(({ name }) => name === route.parameters["metric"]) ?? METRICS[1]!;
  return (
    <>
      <p class="period">
        <strong>{formatDays(span.from, span.to)}</strong>
        {earlier && ` compared with ${formatDays(earlier.from, earlier.to)}`}
        {!earlier && wanted && `; nothing is shown before ${formatDays(workspace.first_date, workspace.first_date)}, so there is no comparison`}
      </p>
      <div class="tiles" role="group" aria-label="Top metrics; the chosen one is drawn over time">
        {METRICS.map((candidate) => (
          <MetricTile
            key={candidate.name}
            label={candidate.label}
            kind={candidate.kind}
            value={candidate.of(now)}
            earlier={before && earlier ? { value: candidate.of(before), when: formatDays(earlier.from, earlier.to) } : undefined}
            minimumViewers={site.minimumViewers}
            choice={{ isChosen: candidate === metric, choose: () => change({ metric: candidate.name }) }}
          />
        ))}
      </div>
      {now.withheldDays > 0 && (
        <Notice>
          {now.withheldDays} {now.withheldDays === 1 ? "day is" : "days are"} withheld: fewer than {site.minimumViewers} viewers. Impressions,
          plays and minutes are those of the other days.
        </Notice>
      )}
      <Performance slice={slice} metric={metric} span={span} earlier={earlier} grain={grain} isWithholding={isWithholding} change={change} />
    </>
  );
}
