import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import { formatDay, formatValue } from "../../format";
import type { PageProps } from "../index";
import { DataTable } from "../../parts/DataTable";
import { FilterBar } from "../../parts/fields";
import { MetricTile } from "../../parts/MetricTile";
import { Loaded, Notice } from "../../parts/states";
import { titleOf, VideoField } from "../../parts/VideoField";
import { Compliance } from "./Compliance";
import type { ComplianceRow, LearningFile, RiskRow } from "./files";
import { Topics } from "./Topics";

preload("bar", "custom");

/** Who is through with what was assigned, and what the audience does not know; of units and topics, never of persons. */
export default function LearningPage(props: PageProps) {
  const files = useFiles<[LearningFile]>(`learning/workspace/${props.workspace.file_key}`);
  return (
    <>
      <h1>Learning</h1>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { file: LearningFile }) {
  const { file, catalog, site, route, change } = props;
  const all = useMemo(() => ({ compliance: rowsOf(file.compliance), risks: rowsOf(file.risks), topics: rowsOf(file.topics) }), [file]);
  const video = route.parameters["video"];
  const shown = <Row extends { video_id: string }>(rows: readonly Row[]) => (video ? rows.filter(({ video_id }) => video_id === video) : [...rows]);
  const rows = shown(all.compliance);
  const until = all.compliance[0]?.data_until;
  return (
    <>
      {all.compliance.length > 0 ? (
        <>
          <FilterBar label="Filters">
            <VideoField catalog={catalog} route={route} change={change} among={new Set(all.compliance.map(({ video_id }) => video_id))} all="All trainings" />
          </FilterBar>
          <p class="period">
            <strong>{until == null ? "All dates" : `As of ${formatDay(until)}`}</strong>, when the data end; what is overdue is judged by that day.
            An assignment is one learner in one training.
          </p>
          <TopLine rows={rows} minimumViewers={site.minimumViewers} />
          <Compliance rows={rows} isOne={video !== undefined} minimumViewers={site.minimumViewers} />
          <section class="card">
            <h2>Why learners are at risk</h2>
            <DataTable
              caption="Reasons of risk"
              columns={[
                { label: "Training", value: (row: RiskRow) => titleOf(catalog, row.video_id) },
                { label: "Reason", value: (row) => REASONS[row.risk_reason] ?? row.risk_reason },
                { label: "Learners", kind: "count", value: (row) => (row.is_withheld ? "withheld" : row.learners) },
              ]}
              rows={shown(all.risks)}
              file="audience-learners-at-risk"
              empty="Nobody assigned is at risk."
            />
          </section>
        </>
      ) : (
        <Notice title="Nothing is assigned yet">
          Write who has to take which video by when into the catalog (assignments.ndjson) to follow who is through with it.
        </Notice>
      )}
      <Topics topics={all.topics} />
    </>
  );
}

const REASONS: Record<string, string> = {
  overdue: "overdue",
  failed: "watched to the end and failed",
  due_soon: "due soon and not done",
  stalled: "started, and stopped",
};

function TopLine({ rows, minimumViewers }: { rows: readonly ComplianceRow[]; minimumViewers: number }) {
  const counted = rows.filter((row) => !row.is_withheld);
  const sum = (of: (row: ComplianceRow) => number | null) => (counted.length ? counted.reduce((total, row) => total + (of(row) ?? 0), 0) : null);
  const assigned = sum((row) => row.assigned_count);
  const done = sum((row) => row.completed_count);
  const due = rows.flatMap((row) => row.next_due_on ?? []);
  const withheld = rows.length - counted.length;
  const share = (count: number | null) => (assigned && count !== null ? `${formatValue(count / assigned, "percent")} of the assignments` : "");
  const overdue = sum((row) => row.overdue_count);
  const risk = sum((row) => row.at_risk_count);
  const tiles = [
    { label: "Assignments", kind: "count" as const, value: assigned, note: " " },
    { label: "Done", kind: "count" as const, value: done, note: share(done) },
    { label: "Overdue", kind: "count" as const, value: overdue, note: share(overdue) },
    { label: "At risk", kind: "count" as const, value: risk, note: share(risk) },
  ];
  return (
    <>
      <div class="tiles">
        {tiles.map((tile) => (
          <MetricTile key={tile.label} {...tile} minimumViewers={minimumViewers} />
        ))}
        <MetricTile
          label="Earliest open due date"
          kind="count"
          value={due.length ? Math.min(...due) : null}
          text={due.length ? formatDay(Math.min(...due)) : undefined}
          note={due.length ? "of who is not done" : "nobody has one"}
          minimumViewers={minimumViewers}
        />
      </div>
      {withheld > 0 && (
        <Notice>
          {withheld} {withheld === 1 ? "unit is" : "units are"} withheld: fewer than {minimumViewers} learners are assigned, or would be told by subtraction. The sums are those
          of the others.
        </Notice>
      )}
    </>
  );
}
