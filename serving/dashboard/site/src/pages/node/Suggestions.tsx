import { formatSeconds } from "../../format";
import { chance, counted } from "../video/words";
import type { Suggestion } from "./files";

/** Where viewers click as if something were there, in words. */
export function Suggestions({ suggestions, minimumViewers }: { suggestions: readonly Suggestion[]; minimumViewers: number }) {
  return (
    <section class="card" aria-labelledby="suggestions">
      <h2 id="suggestions">Suggested hotspots</h2>
      {suggestions.length === 0 ? (
        <p class="empty">Viewers click nowhere on this picture as if something were there{minimumViewers > 0 && `, or fewer than ${minimumViewers} do`}.</p>
      ) : (
        suggestions.map((suggestion, place) => <Told key={suggestion.viewer_rank} suggestion={suggestion} place={place + 1} />)
      )}
    </section>
  );
}

function Told({ suggestion, place }: { suggestion: Suggestion; place: number }) {
  return (
    <div class="suggestion">
      <h3>
        Suggestion {place}: {formatSeconds(suggestion.from_seconds)} – {formatSeconds(suggestion.to_seconds)}, {whereText(suggestion)}
      </h3>
      <p>
        {counted(suggestion.viewers, "viewer")} clicked {counted(suggestion.clicks, "time")} where nothing is, most of them around {formatSeconds(suggestion.at_seconds)}. Elsewhere on
        this node that much picture gets {suggestion.expected_clicks < 0.95 ? "less than one click" : `about ${counted(Math.round(suggestion.expected_clicks), "click")}`}: by chance it happens in{" "}
        {chance(suggestion.p_value)}.
      </p>
      <p class="note">
        Box: {percent(suggestion.box_x)} from the left, {percent(suggestion.box_y)} from the top, {percent(suggestion.box_width)} wide, {percent(suggestion.box_height)} high.
      </p>
    </div>
  );
}

/** `upper right`, from the middle of the box. */
function whereText({ box_x, box_y, box_width, box_height }: Suggestion): string {
  const third = (share: number, names: readonly [string, string, string]) => names[share < 1 / 3 ? 0 : share < 2 / 3 ? 1 : 2];
  const across = third(box_x + box_width / 2, ["left", "middle", "right"]);
  const down = third(box_y + box_height / 2, ["upper", "middle", "lower"]);
  return down === "middle" ? across : `${down} ${across}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
