// htmx looks for itself on the window; it is put there before anything else runs.
import htmx from "htmx.org";

window.htmx = htmx;
export default htmx;
