import type { ComponentType } from "preact";
import type { Catalog, Site, Workspace } from "../data/types";
import type { Change, Route } from "../shell/route";

/** What a page is given; what it shows beyond that it loads itself with `useFiles`. */
export interface PageProps {
  site: Site;
  workspace: Workspace;
  catalog: Catalog;
  route: Route;
  /** Set parameters of the address, and so filters. */
  change: (parameters: Change) => void;
}

export interface Page {
  /** In the address: `#/<name>`. */
  name: string;
  title: string;
  /** Whether the navigation lists it; pages that need a video or a node are reached by links. */
  isListed: boolean;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

/** Every page, in the order of the navigation. */
export const PAGES: readonly Page[] = [
  { name: "overview", title: "Overview", isListed: true, load: () => import("./overview/OverviewPage") },
  { name: "video", title: "Video", isListed: true, load: () => import("./video/VideoPage") },
  { name: "node", title: "Node", isListed: true, load: () => import("./node/NodePage") },
  { name: "questions", title: "Questions", isListed: true, load: () => import("./questions/QuestionsPage") },
  { name: "funnels", title: "Funnels", isListed: true, load: () => import("./funnels/FunnelsPage") },
  { name: "experiments", title: "Experiments", isListed: true, load: () => import("./experiments/ExperimentsPage") },
  { name: "conversion", title: "Conversion and ROI", isListed: true, load: () => import("./conversion/ConversionPage") },
  { name: "learning", title: "Learning", isListed: true, load: () => import("./learning/LearningPage") },
  { name: "health", title: "Data health", isListed: true, load: () => import("./health/HealthPage") },
];
