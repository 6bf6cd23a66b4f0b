import { useLayoutEffect, useState } from "preact/hooks";
import { working } from "../shell/readiness";

/** Why a file could not be shown; the message says what to do. */
export class LoadError extends Error {}

const generation = document.documentElement.dataset["generation"] ?? "";
const files = new Map<string, Promise<unknown>>();

async function fetchFile<File>(path: string): Promise<File> {
  const address = `data/${generation}/${path}.json`;
  let response: Response;
  try {
    response = await fetch(address);
  } catch {
    throw new LoadError(`${address} could not be reached: is the web server still running?`);
  }
  if (response.status === 404) {
    throw new LoadError(`${address} is not on the server. The site may have been published anew: reload the page.`);
  }
  if (!response.ok) throw new LoadError(`${address}: the server answered ${response.status} ${response.statusText}.`);
  try {
    return (await response.json()) as File;
  } catch {
    throw new LoadError(`${address} is no JSON: was it copied whole?`);
  }
}

/** One exported file, for instance `overview/slice/demo/video`; asked for once per visit. */
export function loadFile<File>(path: string): Promise<File> {
  const known = files.get(path);
  if (known) return known as Promise<File>;
  const loading = fetchFile<File>(path);
  files.set(path, loading);
  loading.catch(() => files.delete(path));
  return loading;
}

/** What is to be shown while a file is on its way, when it came, and when it did not. */
export type Loading<Result> = { state: "loading" } | { state: "error"; message: string } | { state: "ready"; data: Result };

/** Load files (all or nothing) for a component; `paths` may change, an empty list is ready at once. */
export function useFiles<Files extends unknown[]>(...paths: { [Place in keyof Files]: string }): Loading<Files> {
  const wanted = paths.join("\n");
  const [found, setFound] = useState<{ wanted: string; result: Loading<Files> }>({ wanted: "", result: { state: "loading" } });
  useLayoutEffect(() => {
    let isCurrent = true;
    const done = working();
    Promise.all(wanted ? wanted.split("\n").map((path) => loadFile(path)) : [])
      .then((data) => isCurrent && setFound({ wanted, result: { state: "ready", data: data as Files } }))
      .catch((error: unknown) => {
        const message = error instanceof LoadError ? error.message : String(error);
        if (isCurrent) setFound({ wanted, result: { state: "error", message } });
      })
      .finally(done);
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  return found.wanted === wanted ? found.result : { state: "loading" };
}
