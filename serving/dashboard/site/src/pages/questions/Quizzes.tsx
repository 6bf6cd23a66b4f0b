import { intervalOption, rowsHeight } from "../../charts/intervals";
import { unlessWithheld } from "../../data/types";
import { formatValue } from "../../format";
import type { PageProps } from "../index";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { titleOf } from "../../parts/VideoField";
import { pageAddress } from "../../shell/route";
import { Answers, type AnswersData } from "./Answers";
import { keyOf, type QuizRow } from "./files";

const DRAWN = 12;

/** Quiz questions: who knew it, whether the question tells anything, and what else was answered. */
export function Quizzes(props: PageProps & AnswersData & { quizzes: readonly QuizRow[] }) {
  const { quizzes, choices, others, catalog, site, workspace, route, change } = props;
  const chosen = quizzes.find((quiz) => keyOf(quiz) === route.parameters["question"]) ?? quizzes[0];
  if (!chosen) {
    return (
      <section class="card">
        <h2>Quizzes</h2>
        <p class="empty">No quiz question is known here. Send question_answer events with an element_id, or list questions in the catalog.</p>
      </section>
    );
  }
  const drawn = quizzes.slice(0, DRAWN);
  const columns: Column<QuizRow>[] = [
    {
      label: "Question",
      value: (row) => row.text,
      link: (row) => pageAddress(route, "questions", { workspace: workspace.workspace_id, video: route.parameters["video"], question: keyOf(row) }),
    },
    { label: "Video", value: (row) => titleOf(catalog, row.video_id) },
    { label: "Answered", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.answered_viewers) },
    { label: "Right at first", kind: "percent", value: (row) => unlessWithheld(row.is_outcome_withheld, row.share_correct) },
    {
      label: "95% interval",
      value: (row) => (row.is_outcome_withheld ? "withheld" : intervalOf(row)),
    },
    { label: "Right in the end", kind: "percent", value: (row) => unlessWithheld(row.is_outcome_withheld, row.share_correct_last) },
    { label: "Difficulty", kind: "decimal", value: (row) => unlessWithheld(row.is_outcome_withheld, row.difficulty), text: (row) => twoDigits(row, row.difficulty) },
    { label: "Discrimination", kind: "decimal", value: (row) => unlessWithheld(row.is_outcome_withheld, row.discrimination), text: (row) => twoDigits(row, row.discrimination) },
    { label: "Median time", kind: "seconds", value: (row) => unlessWithheld(row.is_withheld, row.median_seconds) },
  ];
  const title = quizzes.length > DRAWN ? `Right at the first try: the ${DRAWN} hardest of ${quizzes.length}` : "Right at the first try, the hardest first";
  return (
    <>
      <div class="columns">
        <Chart
          title={title}
          summary={`${title}. ${drawn.map((quiz) => `${quiz.text} ${formatValue(unlessWithheld(quiz.is_outcome_withheld, quiz.share_correct), "percent")}`).join(", ")}.`}
          kinds={["bar", "custom"]}
          drawn={drawn.map((quiz) => `${keyOf(quiz)}${quiz.share_correct}`).join()}
          option={(palette) =>
            intervalOption(palette, {
              rows: drawn.map((quiz) => ({
                label: quiz.is_outcome_withheld ? `${quiz.text}: withheld` : quiz.text,
                value: quiz.share_correct,
                low: quiz.share_correct_low,
                high: quiz.share_correct_high,
                tip: `${quiz.text}\n${formatValue(unlessWithheld(quiz.is_outcome_withheld, quiz.share_correct), "percent")} right at the first try\n95% interval ${intervalOf(quiz)}`,
              })),
              kind: "percent",
              shape: "bar",
              max: 1,
            })
          }
          height={rowsHeight(drawn.length)}
          table={{ caption: title, columns: columns.slice(0, 5), rows: drawn, file: "audience-quizzes-hardest" }}
          onPick={({ name }) => {
            const picked = drawn.find((quiz) => quiz.text === name);
            if (picked) change({ question: keyOf(picked) });
          }}
        />
        <Answers
          kind="quiz"
          questions={quizzes}
          question={chosen}
          choices={choices}
          others={others}
          minimumViewers={site.minimumViewers}
          choose={(question) => change({ question })}
          leastHeight={rowsHeight(drawn.length)}
        />
      </div>
      <section class="card">
        <h2>Quiz questions</h2>
        <DataTable caption="Quiz questions" columns={columns} rows={quizzes} file="audience-quizzes" />
        <p class="aside">
          Difficulty is the share of wrong first answers. Discrimination is how far being right here goes with being right elsewhere in the video
          (−1 to 1): below about 0.2 the question hardly tells who knows; – where fewer than 30 viewers answered more than one question.
        </p>
      </section>
    </>
  );
}

function intervalOf(quiz: QuizRow): string {
  if (quiz.share_correct_low === null) return "–";
  return `${formatValue(quiz.share_correct_low, "percent")} to ${formatValue(quiz.share_correct_high, "percent")}`;
}

function twoDigits(quiz: QuizRow, value: number | null): string {
  if (quiz.is_outcome_withheld) return "withheld";
  return value === null ? "–" : value.toFixed(2).replace("-", "−");
}
