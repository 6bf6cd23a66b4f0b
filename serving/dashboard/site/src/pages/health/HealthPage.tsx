import { useMemo } from "preact/hooks";
import { preload } from "../../charts/engine";
import { useFiles } from "../../data/load";
import { rowsOf } from "../../data/types";
import type { PageProps } from "../index";
import { FilterBar, SelectField } from "../../parts/fields";
import { Loaded } from "../../parts/states";
import { Balance } from "./Balance";
import { Days } from "./Days";
import type { CatalogHealthFile, HealthFile } from "./files";
import { Findings } from "./Findings";
import { Rejections } from "./Rejections";

preload("bar");

/** Whether the data can be trusted: what arrived, what was lost and why, and what is wrong with the catalog. */
export default function HealthPage(props: PageProps) {
  const { workspace } = props;
  const files = useFiles<[HealthFile, CatalogHealthFile]>("health/site/all", `health/workspace/${workspace.file_key}`);
  return (
    <>
      <h1>Data health</h1>
      <Loaded from={files}>{([file, catalogFile]) => <Content {...props} file={file} catalogFile={catalogFile} />}</Loaded>
    </>
  );
}

function Content(props: PageProps & { file: HealthFile; catalogFile: CatalogHealthFile }) {
  const { file, catalogFile, catalog, site, workspace, route, change } = props;
  const all = useMemo(
    () => ({ days: rowsOf(file.days), loads: rowsOf(file.loads), rejections: rowsOf(file.rejections), findings: rowsOf(catalogFile.findings) }),
    [file, catalogFile],
  );
  const sources = all.loads.map(({ source }) => source);
  const source = route.parameters["source"];
  const own = <Row extends { source: string }>(rows: readonly Row[]) => (source ? rows.filter((row) => row.source === source) : [...rows]);
  return (
    <>
      {sources.length > 1 && (
        <FilterBar label="Filters">
          <SelectField
            label="Source"
            value={source ?? ""}
            options={[{ value: "", label: "All sources" }, ...sources.map((value) => ({ value, label: value }))]}
            onChange={(value) => change({ source: value })}
          />
        </FilterBar>
      )}
      <p class="period">
        <strong>All dates</strong>, every file that landed.
        {site.workspaces.length > 1 && " All workspaces together, since a file may hold several; only the catalog's findings are this workspace's."}
      </p>
      <Balance loads={own(all.loads)} />
      <Rejections rejections={own(all.rejections)} />
      <Days days={own(all.days)} route={route} change={change} />
      <Findings findings={all.findings} catalog={catalog} workspace={workspace.workspace_id} />
    </>
  );
}
