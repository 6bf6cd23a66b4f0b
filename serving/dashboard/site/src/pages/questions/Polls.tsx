import type { PageProps } from "../index";
import { Answers, type AnswersData } from "./Answers";
import { keyOf, type PollRow } from "./files";

/** Poll questions: what the audience prefers. */
export function Polls({ polls, choices, others, site, route, change }: PageProps & AnswersData & { polls: readonly PollRow[] }) {
  const chosen = polls.find((poll) => keyOf(poll) === route.parameters["poll"]) ?? polls[0];
  return (
    <section class="group" aria-labelledby="polls">
      <h2 id="polls">Polls</h2>
      {chosen ? (
        <Answers kind="poll" questions={polls} question={chosen} choices={choices} others={others} minimumViewers={site.minimumViewers} choose={(poll) => change({ poll })} />
      ) : (
        <p class="card empty">No poll is known here. Send poll_answer events with an element_id.</p>
      )}
    </section>
  );
}
