import { intervalOption, rowsHeight } from "../../charts/intervals";
import { unlessWithheld } from "../../data/types";
import { formatValue } from "../../format";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import type { TopicRow } from "./files";

const DRAWN = 16;
const shareOf = (row: TopicRow) => unlessWithheld(row.is_withheld, row.share_correct);
const judgement = (row: TopicRow): string => (row.is_withheld ? "withheld" : row.is_gap ? "to be taught again" : "no gap shown");

const COLUMNS: Column<TopicRow>[] = [
  { label: "Topic", value: (row) => row.topic },
  { label: "Judgement", value: judgement },
  { label: "Right", kind: "percent", value: shareOf },
  { label: "Learners", kind: "count", value: (row) => unlessWithheld(row.learners === null, row.learners) },
  { label: "Questions", kind: "count", value: (row) => row.question_count },
  { label: "Videos", kind: "count", value: (row) => row.video_count },
  { label: "Learners judged", kind: "count", value: (row) => unlessWithheld(row.is_gap_withheld, row.judged_learners) },
  { label: "With a gap", kind: "count", value: (row) => unlessWithheld(row.is_gap_withheld, row.gap_learners) },
  { label: "Gap rate", kind: "percent", value: (row) => unlessWithheld(row.is_gap_withheld, row.gap_rate) },
];

/** What the audience knows and does not know, by topic. */
export function Topics({ topics }: { topics: readonly TopicRow[] }) {
  const drawn = topics.slice(0, DRAWN);
  const title = `Right answers by topic, the least known first`;
  if (topics.length === 0) {
    return (
      <section class="card">
        <h2>Topics</h2>
        <p class="empty">No question with a topic was answered yet: give the catalog's questions a topic.</p>
      </section>
    );
  }
  return (
    <>
      <Chart
        title={title}
        summary={`${title}. ${drawn.map((row) => `${row.topic} ${formatValue(shareOf(row), "percent")}`).join(", ")}.`}
        kinds={["bar", "custom"]}
        drawn={drawn.map((row) => `${row.topic}${row.share_correct}`).join()}
        option={(palette) =>
          intervalOption(palette, {
            kind: "percent",
            shape: "bar",
            max: 1,
            rows: drawn.map((row) => ({
              label: row.is_gap ? `${row.topic} (gap)` : row.topic,
              value: row.share_correct,
              low: row.share_correct_low,
              high: row.share_correct_high,
              colour: row.is_gap ? palette.bad : palette.accent,
              tip: `${row.topic}: ${judgement(row)}\n${formatValue(shareOf(row), "percent")} of the latest answers right\n95% interval ${formatValue(row.share_correct_low, "percent")} to ${formatValue(row.share_correct_high, "percent")}`,
            })),
          })
        }
        height={rowsHeight(drawn.length)}
        table={{ caption: title, columns: COLUMNS.slice(0, 4), rows: drawn, file: "audience-topics-drawn" }}
      />
      <section class="card">
        <h2>Topics</h2>
        <DataTable caption="Topics" columns={COLUMNS} rows={topics} file="audience-topics" />
        <p class="aside">
          By each learner's latest answers. A topic is to be taught again when even the upper end of its interval is below what counts as a gap
          (0.6 unless set otherwise). A learner is judged from two questions of the topic on.
        </p>
      </section>
    </>
  );
}
