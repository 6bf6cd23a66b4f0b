import { unlessWithheld } from "../../data/types";
import { formatMoney, formatValue } from "../../format";
import { MetricTile } from "../../parts/MetricTile";
import { Notice } from "../../parts/states";
import type { TotalRow, VideoReturnRow } from "./files";

interface TopLineProps {
  total: TotalRow | undefined;
  videos: readonly VideoReturnRow[];
  currency: string | null;
  minimumViewers: number;
}

/** What came in, what it cost, and what no view led to. Credits add up over videos, and so do their costs. */
export function TopLine({ total, videos, currency, minimumViewers }: TopLineProps) {
  const isWithheld = total?.is_withheld ?? false;
  const credited = unlessWithheld(isWithheld, total?.attributed_revenue ?? 0);
  const unattributed = unlessWithheld(isWithheld, total?.unattributed_revenue ?? 0);
  const costly = videos.filter(({ cost }) => cost !== null);
  const cost = costly.length ? costly.reduce((sum, row) => sum + (row.cost ?? 0), 0) : null;
  const isEarningKnown = costly.every((row) => !row.is_withheld);
  const earned = costly.reduce((sum, row) => sum + (row.revenue ?? 0), 0);
  const roi = unlessWithheld(!isEarningKnown, cost ? (earned - cost) / cost : null);
  const unknown = videos.length - costly.length;
  return (
    <>
      <div class="tiles">
        <MetricTile
          label="Revenue after a view"
          kind="decimal"
          value={credited}
          text={formatMoney(credited, currency)}
          note={total && !isWithheld ? `${formatValue((total.conversions ?? 0) - (total.unattributed_conversions ?? 0), "count")} conversions` : ""}
          minimumViewers={minimumViewers}
        />
        <MetricTile
          label="Revenue that no view led to"
          kind="decimal"
          value={unattributed}
          text={formatMoney(unattributed, currency)}
          note={total && !isWithheld ? `${formatValue(total.unattributed_conversions, "count")} conversions` : ""}
          minimumViewers={minimumViewers}
        />
        <MetricTile
          label="Cost of videos"
          kind="decimal"
          value={cost}
          text={formatMoney(cost, currency)}
          note={cost === null ? "no cost is known in this currency" : `of ${costly.length} ${costly.length === 1 ? "video" : "videos"} with a known cost`}
          minimumViewers={minimumViewers}
        />
        <MetricTile
          label="ROI of these videos"
          kind="percent"
          value={roi}
          note={cost === null ? "unknown without a cost" : "(revenue − cost) / cost"}
          minimumViewers={minimumViewers}
        />
      </div>
      {unknown > 0 && cost !== null && (
        <Notice>
          {unknown} {unknown === 1 ? "video has" : "videos have"} revenue and no known cost in this currency: it is in the revenue, not in the ROI.
        </Notice>
      )}
    </>
  );
}
