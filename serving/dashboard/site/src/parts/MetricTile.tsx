import { isKnown, UNCOUNTED, WITHHELD, type Value } from "../data/types";
import { formatChange, formatValue, type Kind } from "../format";

export interface TileProps {
  label: string;
  value: Value;
  kind: Kind;
  /** What is written instead of the number, for instance with a currency. */
  text?: string;
  /** What it is compared with, and in words when that was; left out without a comparison. */
  earlier?: { value: Value; when: string };
  /** A sentence under the number. */
  note?: string;
  minimumViewers: number;
  /** Makes the tile a switch. */
  choice?: { isChosen: boolean; choose: () => void };
}

/** One number, large, with how it changed. */
export function MetricTile({ label, value, kind, text, earlier, note, minimumViewers, choice }: TileProps) {
  const kept = whyKept(value, minimumViewers);
  const content = (
    <>
      <span class="tile-label">{label}</span>
      <span class={isKnown(value) || value === null ? "tile-value" : "tile-value kept"}>{text && isKnown(value) ? text : formatValue(value, kind)}</span>
      {(kept || earlier || !note) && <span class="tile-note">{kept ?? (earlier ? <Change value={value} kind={kind} earlier={earlier} /> : " ")}</span>}
      {note && <span class="tile-note">{note}</span>}
    </>
  );
  if (!choice) return <div class="tile">{content}</div>;
  return (
    <button type="button" class="tile" aria-pressed={choice.isChosen} onClick={choice.choose}>
      {content}
    </button>
  );
}

/** Why a number is not shown, in words; null where it is. */
export function whyKept(value: Value, minimumViewers: number): string | null {
  if (value === WITHHELD) return `withheld: fewer than ${minimumViewers} viewers`;
  if (value === UNCOUNTED) return `not counted for these dates while groups of fewer than ${minimumViewers} are withheld`;
  return null;
}

function Change({ value, kind, earlier }: { value: Value; kind: Kind; earlier: { value: Value; when: string } }) {
  if (!isKnown(value) || !isKnown(earlier.value)) {
    return <>{earlier.value === null ? `nothing known of ${earlier.when}` : `${formatValue(earlier.value, kind)} in ${earlier.when}`}</>;
  }
  const direction = value > earlier.value ? "up" : value < earlier.value ? "down" : "same";
  return (
    <>
      <strong class={`change ${direction}`}>{formatChange(value, earlier.value, kind)}</strong> from {formatValue(earlier.value, kind)}
      <span class="unseen"> in {earlier.when}</span>
    </>
  );
}
