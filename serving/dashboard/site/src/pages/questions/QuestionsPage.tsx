import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import type { PageProps } from "../index";
import { FilterBar } from "../../parts/fields";
import { Loaded } from "../../parts/states";
import { VideoField } from "../../parts/VideoField";
import type { QuestionRow, QuestionsFile } from "./files";
import { Polls } from "./Polls";
import { Quizzes } from "./Quizzes";
import { Surveys } from "./Surveys";

preload("bar", "custom");

/** What was asked, and what the audience said: quizzes, polls and surveys. */
export default function QuestionsPage(props: PageProps) {
  const { workspace } = props;
  const files = useFiles<[QuestionsFile]>(`questions/workspace/${workspace.file_key}`);
  return (
    <>
      <h1>Questions</h1>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { file: QuestionsFile }) {
  const { file, catalog, route, change } = props;
  const all = useMemo(
    () => ({
      quizzes: rowsOf(file.quizzes),
      polls: rowsOf(file.polls),
      surveys: rowsOf(file.surveys),
      choices: rowsOf(file.choices),
      others: rowsOf(file.other_answers),
    }),
    [file],
  );
  const asking = new Set([...all.quizzes, ...all.polls, ...all.surveys].flatMap(({ video_id }) => video_id ?? []));
  const video = route.parameters["video"];
  const shown = <Row extends QuestionRow>(rows: Row[]) => (video ? rows.filter(({ video_id }) => video_id === video) : rows);
  const answers = { choices: all.choices, others: all.others };
  return (
    <>
      <FilterBar label="Filters">
        <VideoField catalog={catalog} route={route} change={change} among={asking} all="All videos" />
      </FilterBar>
      <p class="period">
        <strong>All dates.</strong> A viewer counts once a question: by the first answer in quizzes, by the latest in polls and surveys. The
        whiskers are 95% intervals.
      </p>
      <Quizzes {...props} {...answers} quizzes={shown(all.quizzes)} />
      <Polls {...props} {...answers} polls={shown(all.polls)} />
      <Surveys {...props} {...answers} surveys={shown(all.surveys)} />
    </>
  );
}
