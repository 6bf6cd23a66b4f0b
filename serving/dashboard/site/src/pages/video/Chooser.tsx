import type { Video } from "../../data/types";
import type { PageProps } from "../index";
import { SelectField } from "../../parts/fields";
import { Notice } from "../../parts/states";

/** The video that the address names, the first one where it names none, undefined where there is none such. */
export function chosenVideo({ catalog, route }: PageProps): Video | undefined {
  const named = route.parameters["video"];
  return named === undefined ? catalog.videos[0] : catalog.videos.find(({ video_id }) => video_id === named);
}

/** Said where there is no video to show. */
export function NoVideo({ route }: PageProps) {
  const named = route.parameters["video"];
  return (
    <Notice title={named === undefined ? "There is no video yet" : `There is no video "${named}"`}>
      {named === undefined ? "Neither the catalog nor any view of this workspace names one." : "The address names one that the published snapshot does not hold."}
    </Notice>
  );
}

/** Choose a video; what was chosen within the one before is forgotten. */
export function VideoField({ catalog, change, video }: PageProps & { video: Video }) {
  return (
    <SelectField
      label="Video"
      value={video.video_id}
      options={catalog.videos.map(({ video_id, title }) => ({ value: video_id, label: title }))}
      onChange={(value) => change({ video: value, node: undefined, day: undefined, second: undefined })}
    />
  );
}
