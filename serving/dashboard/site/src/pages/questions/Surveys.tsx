import type { EChartsCoreOption } from "echarts/core";
import { isNarrow, legendRoom } from "../../charts/intervals";
import { legend, tooltip } from "../../charts/options";
import type { Palette } from "../../charts/palette";
import { isKnown, unlessWithheld, type Value } from "../../data/types";
import { formatValue } from "../../format";
import type { PageProps } from "../index";
import { Chart } from "../../parts/Chart";
import { DataTable, type Column } from "../../parts/DataTable";
import { FilterBar, SelectField } from "../../parts/fields";
import { MetricTile } from "../../parts/MetricTile";
import { titleOf } from "../../parts/VideoField";
import { pageAddress } from "../../shell/route";
import { Answers, type AnswersData } from "./Answers";
import { keyOf, type SurveyRow } from "./files";

const SCALES: Record<string, string> = { nps: "recommendation, 0 to 10", csat: "satisfaction, 1 to 5", rating: "rating", choice: "choice", text: "own words" };

/** Survey questions: the score, who makes it, and how the answers fall on the scale. */
export function Surveys(props: PageProps & AnswersData & { surveys: readonly SurveyRow[] }) {
  const { surveys, choices, others, catalog, site, workspace, route, change } = props;
  const chosen = surveys.find((survey) => keyOf(survey) === route.parameters["survey"]) ?? surveys.find(({ nps, csat }) => nps !== null || csat !== null) ?? surveys[0];
  const columns: Column<SurveyRow>[] = [
    {
      label: "Survey",
      value: (row) => row.text,
      link: (row) => pageAddress(route, "questions", { workspace: workspace.workspace_id, video: route.parameters["video"], survey: keyOf(row) }),
    },
    { label: "Video", value: (row) => titleOf(catalog, row.video_id) },
    { label: "Scale", value: (row) => SCALES[row.scale ?? ""] ?? "unknown" },
    { label: "Exposed", kind: "count", value: (row) => row.exposed_viewers },
    { label: "Answered", kind: "count", value: (row) => unlessWithheld(row.is_withheld, row.answered_viewers) },
    { label: "Response rate", kind: "percent", value: (row) => unlessWithheld(row.is_withheld, row.response_rate) },
    { label: "Mean", kind: "decimal", value: (row) => unlessWithheld(row.is_score_withheld, row.rating_mean) },
    { label: "NPS", kind: "decimal", value: (row) => unlessWithheld(row.is_score_withheld && row.scale === "nps", row.nps) },
    { label: "CSAT", kind: "percent", value: (row) => unlessWithheld(row.is_score_withheld && row.scale === "csat", row.csat) },
  ];
  return (
    <section class="group" aria-labelledby="surveys">
      <h2 id="surveys">Surveys</h2>
      {chosen ? (
        <>
          {surveys.length > 1 ? (
            <FilterBar label="Survey">
              <SelectField label="Survey" value={keyOf(chosen)} options={surveys.map((survey) => ({ value: keyOf(survey), label: survey.text }))} onChange={(survey) => change({ survey })} />
            </FilterBar>
          ) : (
            <h3>{chosen.text}</h3>
          )}
          <Score survey={chosen} minimumViewers={site.minimumViewers} />
          {chosen.scale === "text" ? (
            <p class="card empty">
              {chosen.text} Answers are in viewers' own words, which are personal: ask interactivity.survey_response.
            </p>
          ) : (
            <Answers kind="survey" questions={surveys} question={chosen} choices={choices} others={others} minimumViewers={site.minimumViewers} />
          )}
          <section class="card">
            <h3>All surveys</h3>
            <DataTable caption="All surveys with their scores" columns={columns} rows={surveys} file="audience-surveys" />
          </section>
        </>
      ) : (
        <p class="card empty">No survey is known here. Send survey_response events with an element_id.</p>
      )}
    </section>
  );
}

function Score({ survey, minimumViewers }: { survey: SurveyRow; minimumViewers: number }) {
  const score = (value: number | null): Value => unlessWithheld(survey.is_score_withheld, value);
  const tiles = [
    ...(survey.scale === "nps" ? [{ label: "Net promoter score", kind: "decimal" as const, value: score(survey.nps), note: "promoters less detractors, of 100" }] : []),
    ...(survey.scale === "csat" ? [{ label: "Satisfied (CSAT)", kind: "percent" as const, value: score(survey.csat), note: csatNote(survey) }] : []),
    ...(survey.rating_mean !== null || survey.is_score_withheld ? [{ label: "Mean rating", kind: "decimal" as const, value: score(survey.rating_mean), note: "" }] : []),
    { label: "Answered", kind: "count" as const, value: unlessWithheld(survey.is_withheld, survey.answered_viewers), note: `of ${formatValue(survey.exposed_viewers, "count")} exposed` },
    { label: "Response rate", kind: "percent" as const, value: unlessWithheld(survey.is_withheld, survey.response_rate), note: "" },
  ];
  return (
    <>
      <div class="tiles">
        {tiles.map((tile) => (
          <MetricTile key={tile.label} {...tile} minimumViewers={minimumViewers} />
        ))}
      </div>
      {survey.scale === "nps" && !survey.is_score_withheld && survey.nps !== null && <Promoters survey={survey} />}
    </>
  );
}

function csatNote(survey: SurveyRow): string {
  if (survey.csat_low === null || survey.csat_high === null) return "rated 4 or 5";
  return `rated 4 or 5; ${formatValue(survey.csat_low, "percent")} to ${formatValue(survey.csat_high, "percent")}`;
}

interface Group {
  label: string;
  meaning: string;
  viewers: number | null;
  share: number | null;
}

function Promoters({ survey }: { survey: SurveyRow }) {
  const groups: Group[] = [
    { label: "Detractors", meaning: "0 to 6", viewers: survey.detractors },
    { label: "Passives", meaning: "7 and 8", viewers: survey.passives },
    { label: "Promoters", meaning: "9 and 10", viewers: survey.promoters },
  ].map((group) => ({ ...group, share: survey.rated_viewers && isKnown(group.viewers) ? group.viewers / survey.rated_viewers : null }));
  const said = groups.map(({ label, share }) => `${label} ${formatValue(share, "percent")}`).join(", ");
  return (
    <Chart
      title="Who makes the score"
      summary={`${survey.text} ${said}.`}
      kinds={["bar"]}
      drawn={`${keyOf(survey)}${said}`}
      option={(palette) => promotersOption(palette, groups)}
      height={72 + legendRoom(groups.length)}
      table={{
        caption: "Who makes the score",
        columns: [
          { label: "Group", value: (row: Group) => row.label },
          { label: "Rated", value: (row) => row.meaning },
          { label: "Viewers", kind: "count", value: (row) => row.viewers },
          { label: "Share", kind: "percent", value: (row) => row.share },
        ],
        rows: groups,
        file: "audience-nps",
      }}
    />
  );
}

const named = ({ label, meaning }: { label: string; meaning: string }): string => (isNarrow() ? label : `${label} (${meaning})`);

function promotersOption(palette: Palette, groups: readonly Group[]): EChartsCoreOption {
  const colours = [palette.bad, palette.earlier, palette.good];
  return {
    grid: { left: 0, right: 0, top: legendRoom(groups.length), bottom: 8 },
    legend: legend(palette, groups.map(named)),
    tooltip: {
      ...tooltip(palette),
      trigger: "item",
      formatter: ({ seriesIndex }: { seriesIndex: number }) => {
        const group = groups[seriesIndex];
        return group ? `${group.label}\n${formatValue(group.viewers, "count")} viewers, ${formatValue(group.share, "percent")}` : "";
      },
    },
    xAxis: { type: "value", max: 1, show: false },
    yAxis: { type: "category", data: [""], show: false },
    series: groups.map(({ label, meaning, share }, place) => ({
      type: "bar",
      stack: "all",
      name: named({ label, meaning }),
      data: [share],
      barWidth: 38,
      itemStyle: { color: colours[place] },
      label: { show: (share ?? 0) > 0.06, formatter: formatValue(share, "percent"), color: palette.surface, fontWeight: 600 },
    })),
  };
}
