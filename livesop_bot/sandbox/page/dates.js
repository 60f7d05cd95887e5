/** Times of messages and Slack's `<!date^…>` formats, in the reader's own time zone. */

/** A Slack ts as a Date. */
export function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

/** "2:05 PM" or "14:05", as the browser's locale has it. */
export function clock(date) {
  return date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** A key that is equal for times of one day. */
export function dayKey(date) {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

/** "Today", "Yesterday", "tomorrow"; undefined for other days. */
function nearby(date) {
  for (const [offset, word] of [[0, "Today"], [-1, "Yesterday"], [1, "Tomorrow"]]) {
    const day = new Date();
    day.setDate(day.getDate() + offset);
    if (dayKey(day) === dayKey(date)) return word;
  }
  return undefined;
}

/** The label between two days. */
export function dayLabel(date) {
  return nearby(date) ?? date.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

/** "today at 14:05", for tooltips and reply counts. */
export function dayAndTime(date) {
  return `${dayLabel(date)} at ${clock(date)}`;
}

const short = { month: "short", day: "numeric", year: "numeric" };
const long = { weekday: "long", month: "long", day: "numeric", year: "numeric" };
const plain = { month: "long", day: "numeric", year: "numeric" };

const TOKENS = {
  date_num: (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`,
  date: (d) => d.toLocaleDateString([], plain),
  date_short: (d) => d.toLocaleDateString([], short),
  date_long: (d) => d.toLocaleDateString([], long),
  date_pretty: (d) => nearby(d)?.toLowerCase() ?? d.toLocaleDateString([], plain),
  date_short_pretty: (d) => nearby(d)?.toLowerCase() ?? d.toLocaleDateString([], short),
  date_long_pretty: (d) => nearby(d)?.toLowerCase() ?? d.toLocaleDateString([], long),
  time: clock,
  time_secs: (d) => d.toLocaleTimeString([], { hour: "numeric", minute: "2-digit", second: "2-digit" }),
  ago: (d) => ago(d),
};

/** "5 minutes ago". */
function ago(date) {
  const seconds = (date.getTime() - Date.now()) / 1000;
  const units = [["day", 86_400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat([], { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** Slack's date format with its {tokens} filled; unknown tokens stay as they are. */
export function formatDate(unixSeconds, format) {
  const date = new Date(Number(unixSeconds) * 1000);
  return format.replace(/\{(\w+)\}/g, (whole, token) => TOKENS[token]?.(date) ?? whole);
}
