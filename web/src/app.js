// The browser's side of Dure: small things that make server-made pages quick to the hand.
import "./htmx.js";
import "./time.js";
import "./keys.js";
import "./dialogs.js";
import "./forms.js";
import "./live.js";
import "./loop.js";
import "./tabs.js";
import "./copy.js";
import "./chart.js";
import "./tail.js";
import "./graph.js";

// Fetched only where there is a log to read.
if (document.querySelector("dure-log")) import("./log.js");
