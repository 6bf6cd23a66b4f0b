import { useEffect, useState } from "preact/hooks";

/** What is looked at: `#/overview?workspace=demo&from=2026-10-01`. Every filter is in the address, so that a view can be linked. */
export interface Route {
  page: string;
  parameters: Readonly<Record<string, string>>;
}

/** Parameters to set; those that are undefined or empty are taken out. */
export type Change = Readonly<Record<string, string | undefined>>;

export const HOME = "overview";

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: decodeURIComponent(path) || HOME, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

export function routeAddress(route: Route): string {
  const query = new URLSearchParams(route.parameters).toString();
  return `#/${encodeURIComponent(route.page)}${query ? `?${query}` : ""}`;
}

/** A route with some parameters changed. */
export function changed(route: Route, change: Change): Route {
  const merged = Object.entries({ ...route.parameters, ...change });
  return { page: route.page, parameters: Object.fromEntries(merged.filter((entry): entry is [string, string] => !!entry[1])) };
}

/** The address of another page; the workspace stays. */
export function pageAddress(route: Route, page: string, parameters: Change = {}): string {
  const workspace = route.parameters["workspace"];
  return routeAddress(changed({ page, parameters: workspace ? { workspace } : {} }, parameters));
}

/** The route shown, and how to change its parameters without another entry in the history. */
export function useRoute(): [Route, (change: Change) => void] {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const change = (parameters: Change) => {
    const next = changed(parseRoute(location.hash), parameters);
    history.replaceState(null, "", routeAddress(next));
    setRoute(next);
  };
  return [route, change];
}
