import { formatSeconds } from "../../format";
import { DataTable, type Column } from "../../parts/DataTable";
import type { DropOff, NodeRow } from "./files";
import { nodeAddress, type PlaceProps } from "./Nodes";
import { chance, titlesOf } from "./words";

interface DropOffsProps extends PlaceProps {
  dropOffs: readonly DropOff[];
  nodes: readonly NodeRow[];
  minimumViewers: number;
}

/** Seconds at which more leave than the seconds around them explain. */
export function DropOffs({ dropOffs, nodes, minimumViewers, file, ...place }: DropOffsProps) {
  const title = titlesOf(nodes);
  const columns: Column<DropOff>[] = [
    { label: "Node", value: (row) => title(row.node_id), link: (row) => nodeAddress(place, row.node_id) },
    { label: "Second", kind: "seconds", value: (row) => row.second, text: secondsText },
    { label: "Views lost", kind: "count", value: (row) => row.views_lost },
    { label: "Viewers lost", kind: "count", value: (row) => row.viewers_lost },
    { label: "Share lost", kind: "percent", value: (row) => row.share_lost },
    { label: "Around it, each second", kind: "percent", value: (row) => row.baseline_hazard },
    { label: "By chance", value: (row) => chance(row.p_value), csv: (row) => String(row.p_value) },
    { label: "On screen", value: onScreen },
  ];
  return (
    <section class="card" aria-labelledby="drop-offs">
      <h2 id="drop-offs">Drop-off points</h2>
      <DataTable caption="Drop-off points over all dates" columns={columns} rows={dropOffs} file={file} empty={`No second loses more viewers than those around it${minimumViewers > 0 ? `, or fewer than ${minimumViewers} left there` : ""}.`} />
    </section>
  );
}

/** The element that came on the picture last, and how many are there beside it. */
export function onScreen({ element_name, elements_on_screen }: DropOff): string {
  if (element_name === null) return "no element";
  return elements_on_screen > 1 ? `${element_name} and ${elements_on_screen - 1} more` : element_name;
}

export function secondsText({ first_second, last_second }: DropOff): string {
  return first_second === last_second ? formatSeconds(first_second) : `${formatSeconds(first_second)} to ${formatSeconds(last_second)}`;
}
