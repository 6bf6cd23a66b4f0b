import { render } from "preact";
import { App } from "./shell/App";
import "./style/site.css";

const place = document.getElementById("site");
if (!place) throw new Error("index.html has no element with the id 'site'");
render(<App />, place);
