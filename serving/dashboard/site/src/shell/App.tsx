import type { ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useFiles } from "../data/load";
import { rowsOf, type CatalogFile, type IndexFile, type Site } from "../data/types";
import { PAGES, type Page, type PageProps } from "../pages";
import { SelectField } from "../parts/fields";
import { Loaded, Notice } from "../parts/states";
import { useNewerData } from "./newer";
import { showing, working } from "./readiness";
import { pageAddress, useRoute, type Change, type Route } from "./route";
import { ThemeContext, useThemeChoice, type Choice } from "./theme";

const THEMES: readonly { value: Choice; label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

/** Header, navigation and the page that the address names. */
export function App() {
  const { theme, choice, choose } = useThemeChoice();
  const [route, change] = useRoute();
  const index = useFiles<[IndexFile]>("index/site/all");
  const page = PAGES.find((candidate) => candidate.name === route.page);
  return (
    <ThemeContext.Provider value={theme}>
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <p class="brand">Audience</p>
        <nav aria-label="Pages">
          <ul>
            {PAGES.filter((listed) => listed.isListed).map((listed) => (
              <li key={listed.name}>
                <a href={pageAddress(route, listed.name)} aria-current={listed === page ? "page" : undefined}>
                  {listed.title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="top-end">
          <Workspaces index={index.state === "ready" ? siteOf(index.data[0]) : null} route={route} change={change} />
          <SelectField label="Theme" value={choice} options={THEMES} onChange={(value) => choose(value as Choice)} />
        </div>
      </header>
      <Newer />
      <main id="content" tabIndex={-1}>
        <Loaded from={index}>
          {([file]) => (page ? <Shown page={page} site={siteOf(file)} route={route} change={change} /> : <Unknown name={route.page} route={route} />)}
        </Loaded>
      </main>
      <footer>
        <Loaded from={index}>
          {([file]) => {
            const site = siteOf(file);
            return (
              <p>
                Snapshot {site.generation}, published {site.publishedAt.slice(0, 16).replace("T", " ")} UTC. Days are UTC. Aggregates only
                {site.minimumViewers > 0 && `; groups of fewer than ${site.minimumViewers} viewers are withheld`}.
              </p>
            );
          }}
        </Loaded>
      </footer>
    </ThemeContext.Provider>
  );
}

// The address names the page: a link to an anchor would name another.
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function siteOf(file: IndexFile): Site {
  const [publication] = rowsOf(file.publication);
  return {
    generation: publication?.generation ?? 0,
    publishedAt: publication?.published_at ?? "",
    minimumViewers: publication?.minimum_viewers ?? 0,
    workspaces: rowsOf(file.workspaces),
  };
}

function Workspaces({ index, route, change }: { index: Site | null; route: Route; change: (parameters: Change) => void }) {
  if (!index || index.workspaces.length < 2) return null;
  const options = index.workspaces.map(({ workspace_id }) => ({ value: workspace_id, label: workspace_id }));
  const cleared = Object.fromEntries(Object.keys(route.parameters).map((name) => [name, undefined]));
  const current = route.parameters["workspace"] ?? options[0]?.value ?? "";
  return <SelectField label="Workspace" value={current} options={options} onChange={(workspace) => change({ ...cleared, workspace })} />;
}

function Newer() {
  const isNewer = useNewerData();
  if (!isNewer) return null;
  return (
    <Notice>
      Newer data is published.{" "}
      <button type="button" class="quiet" onClick={() => location.reload()}>
        Show it
      </button>
    </Notice>
  );
}

interface ShownProps {
  page: Page;
  site: Site;
  route: Route;
  change: (parameters: Change) => void;
}

function Shown({ page, site, route, change }: ShownProps) {
  const named = route.parameters["workspace"];
  const workspace = named ? site.workspaces.find((candidate) => candidate.workspace_id === named) : site.workspaces[0];
  const catalog = useFiles<[CatalogFile] | []>(...((workspace ? [`catalog/workspace/${workspace.file_key}`] : []) as [string]));
  const [component, setComponent] = useState<{ page: Page; Content: ComponentType<PageProps> } | null>(null);
  const [problem, setProblem] = useState("");
  const previous = useRef<Page | null>(null);

  useLayoutEffect(() => {
    const done = working();
    let isCurrent = true;
    page
      .load()
      .then((module) => isCurrent && setComponent({ page, Content: module.default }))
      .catch(() => isCurrent && setProblem("The page's code could not be loaded: the site may have been published anew. Reload the page."))
      .finally(done);
    document.title = `${page.title} – Audience dashboard`;
    showing(page.name);
    // Whoever follows a link in the navigation begins to read at the page, not behind the navigation.
    if (previous.current) document.getElementById("content")?.focus();
    previous.current = page;
    return () => {
      isCurrent = false;
    };
  }, [page]);

  if (problem) return <Notice tone="bad">{problem}</Notice>;
  if (!workspace) return <NoWorkspace named={named} page={page} />;
  return (
    <Loaded from={catalog}>
      {([file]) => {
        if (!file || component?.page !== page) return <p class="loading">Loading …</p>;
        const { Content } = component;
        const known = { videos: rowsOf(file.videos), slices: rowsOf(file.slices) };
        return <Content key={workspace.workspace_id} site={site} workspace={workspace} catalog={known} route={route} change={change} />;
      }}
    </Loaded>
  );
}

function NoWorkspace({ named, page }: { named: string | undefined; page: Page }) {
  return (
    <>
      <h1>{page.title}</h1>
      <Notice title={named ? `There is no workspace "${named}"` : "There is nothing to show yet"}>
        {named ? "The address names one that the published snapshot does not hold." : "No view has been recorded. Load logs with make run; the site follows."}
      </Notice>
    </>
  );
}

function Unknown({ name, route }: { name: string; route: Route }) {
  useEffect(() => showing("unknown"), []);
  return (
    <>
      <h1>There is no page "{name}"</h1>
      <p>
        <a href={pageAddress(route, "overview")}>Go to the overview</a>
      </p>
    </>
  );
}
