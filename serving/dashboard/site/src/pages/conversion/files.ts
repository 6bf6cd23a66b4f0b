import { unlessWithheld, type Dataset, type Value } from "../../data/types";

/** The file `conversion/workspace/<workspace>.json`; all numbers are over all dates. */
export interface ConversionFile {
  totals: Dataset<TotalRow>;
  videos: Dataset<VideoReturnRow>;
  campaigns: Dataset<CampaignReturnRow>;
}

/** The file `conversion/video/<workspace>/<video>.json`. */
export interface VideoConversionFile {
  elements: Dataset<ElementRow>;
  paths: Dataset<PathRow>;
  /** One row per day; the only dataset that follows the days shown. */
  action_days: Dataset<ActionDayRow>;
}

/** What every amount belongs to: amounts of two of these are never added up. */
export interface Share {
  currency: string | null;
  attribution_model: string;
}

export interface TotalRow extends Share {
  is_withheld: boolean;
  conversions: number | null;
  unattributed_conversions: number | null;
  attributed_revenue: number | null;
  unattributed_revenue: number | null;
}

export interface Earned extends Share {
  is_withheld: boolean;
  revenue: number | null;
  conversions: number | null;
}

export interface ReturnRow extends Earned {
  credited_conversions: number | null;
  converting_viewers: number | null;
  name: string;
  cost: number | null;
  has_other_currencies: boolean;
  roi: number | null;
}

export interface VideoReturnRow extends ReturnRow {
  video_id: string;
}

export interface CampaignReturnRow extends ReturnRow {
  campaign_id: string;
}

export interface ElementRow extends Earned {
  node_id: string;
  name: string;
}

export interface PathRow extends Earned {
  path: string;
}

export interface ActionDayRow {
  date_day: number;
  is_withheld: boolean;
  engaged_viewers: number | null;
  converted_viewers: number | null;
  action_rate: number | null;
}

export const MODELS = [
  { value: "linear", label: "All views equally" },
  { value: "first", label: "The first view" },
  { value: "last", label: "The last view" },
  { value: "position", label: "First and last most" },
  { value: "time_decay", label: "Late views more" },
];

/** In the address: a currency that is not known has a name too. */
export const NO_CURRENCY = "none";
export const currencyKey = (currency: string | null): string => currency ?? NO_CURRENCY;

export const shownOf = (row: Earned, value: number | null): Value => unlessWithheld(row.is_withheld, value);
