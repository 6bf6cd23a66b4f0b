import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { Loaded, Notice } from "../../parts/states";
import { currencyKey, MODELS, NO_CURRENCY, type ConversionFile, type Share } from "./files";
import { Returns } from "./Returns";
import { TopLine } from "./TopLine";
import { WithinVideo } from "./WithinVideo";

preload("bar", "line");

/** What videos and campaigns brought in, what they cost, and what inside a video sold. */
export default function ConversionPage(props: PageProps) {
  const files = useFiles<[ConversionFile]>(`conversion/workspace/${props.workspace.file_key}`);
  return (
    <>
      <h1>Conversion and ROI</h1>
      <Loaded from={files}>{([file]) => <Content {...props} file={file} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { file: ConversionFile }) {
  const { file, route, change, site } = props;
  const all = useMemo(() => ({ totals: rowsOf(file.totals), videos: rowsOf(file.videos), campaigns: rowsOf(file.campaigns) }), [file]);
  const currencies = [...new Set([...all.totals, ...all.videos, ...all.campaigns].map(({ currency }) => currencyKey(currency)))].sort(namedFirst);
  const currency = route.parameters["currency"] ?? currencies[0] ?? NO_CURRENCY;
  const model = MODELS.find(({ value }) => value === route.parameters["model"]) ?? MODELS[0]!;
  const shown = <Row extends Share>(rows: readonly Row[]) => rows.filter((row) => currencyKey(row.currency) === currency && row.attribution_model === model.value);
  const known = currency === NO_CURRENCY ? null : currency;
  if (currencies.length === 0) {
    return (
      <>
        <Notice title="There is no conversion and no cost yet">
          Send conversion events with a value and a currency, and write what videos and campaigns cost into the catalog.
        </Notice>
        <WithinVideo {...props} share={{ currency: null, attribution_model: model.value }} />
      </>
    );
  }
  return (
    <>
      <FilterBar label="Filters">
        <SelectField label="Credit goes to" value={model.value} options={MODELS} onChange={(value) => change({ model: value === MODELS[0]?.value ? undefined : value })} />
        <SelectField
          label="Currency"
          value={currency}
          options={currencies.map((value) => ({ value, label: value === NO_CURRENCY ? "No currency" : value }))}
          onChange={(value) => change({ currency: value === currencies[0] ? undefined : value })}
        />
      </FilterBar>
      <p class="period">
        <strong>All dates.</strong> A conversion's value is shared among the viewer's views of the seven days before it. Amounts of different
        currencies are never added up.
      </p>
      <TopLine total={shown(all.totals)[0]} videos={shown(all.videos)} currency={known} minimumViewers={site.minimumViewers} />
      <Returns title="Videos" what="video" rows={shown(all.videos)} currency={known} />
      <Returns title="Campaigns" what="campaign" rows={shown(all.campaigns)} currency={known} />
      <WithinVideo {...props} share={{ currency: known, attribution_model: model.value }} earning={shown(all.videos)} />
    </>
  );
}

const namedFirst = (one: string, other: string): number => Number(one === NO_CURRENCY) - Number(other === NO_CURRENCY) || one.localeCompare(other);
