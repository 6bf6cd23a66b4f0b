import type { Catalog } from "../data/types";
import type { Change, Route } from "../shell/route";
import { SelectField } from "./fields";

interface VideoFieldProps {
  catalog: Catalog;
  route: Route;
  change: (parameters: Change) => void;
  /** The ids to choose from; all of the catalog where left out. */
  among?: ReadonlySet<string>;
  /** Label of the choice of no single one; without it one is always chosen. */
  all?: string;
  /** What is chosen where the address names none. */
  chosen?: string;
}

/** Which video; in the address as `video`. */
export function VideoField({ catalog, route, change, among, all, chosen = "" }: VideoFieldProps) {
  const videos = catalog.videos.filter(({ video_id }) => !among || among.has(video_id));
  const options = [...(all ? [{ value: "", label: all }] : []), ...videos.map(({ video_id, title }) => ({ value: video_id, label: title }))];
  const named = route.parameters["video"];
  const value = named && options.some((option) => option.value === named) ? named : chosen;
  return <SelectField label="Video" value={value} options={options} onChange={(video) => change({ video })} />;
}

/** A video's title; its id where the catalog knows none, and words where a row has no video. */
export function titleOf(catalog: Catalog, video: string | null): string {
  if (video === null) return "no video";
  return catalog.videos.find(({ video_id }) => video_id === video)?.title ?? video;
}
