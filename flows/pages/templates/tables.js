// Tables of any length: sorted by a heading, filtered by words, shown some rows at a time; cards on a phone.

const ROWS_AT_A_TIME = window.matchMedia("(max-width: 44rem)").matches ? 8 : 25;

const cells = {
  text: (value) => value === null ? "–" : String(value),
  long: (value) => value === null ? "–" : String(value),
  number: (value) => show.number(value),
  percent: (value) => show.percent(value),
  seconds: (value) => show.seconds(value),
  flags: (value) => value.length ? element("ul", { class: "chips" }, ...value.map((flag) => element("li", {}, flag))) : "–",
  // [text, index of the clip among those that the page shows, or null]
  clip: ([name, at]) => at === null ? element("span", { class: "id" }, name)
    : element("a", { class: "id", href: "#a-clip", onclick: () => page.showClip(at) }, name),
  // [probability, low, high, label]
  chance: ([share, low, high, label]) => share === null ? "–" : element("span", {},
    `${label} `, element("span", { class: "muted" }, low === null ? show.percent(share) : `${show.percent(share)}, ${show.percent(low)} to ${show.percent(high)}`)),
  // [score, low, high, label]
  score: ([score, low, high, label]) => score === null ? "–" : element("span", {},
    `${show.score(score)} `, element("span", { class: "muted" }, low === null ? label : `${label}, ${show.score(low)} to ${show.score(high)}`)),
  // [value, low, high, text instead of an interval]
  estimate: ([value, low, high, beside]) => value === null ? "–" : element("span", {}, show.score(value, 3),
    element("span", { class: "muted beside" }, beside || between(low, high))),
  // [difference, low, high, "better", "worse" or ""]
  difference: ([value, low, high, word]) => value === null ? "–" : element("span", {}, show.signed(value),
    element("span", { class: "muted beside" }, between(low, high)),
    word ? element("span", { class: `verdict ${word}` }, word) : ""),
  // -1 to 1, as a bar to the left or to the right of a middle line
  balance: (value) => {
    const bar = element("span", { class: value < 0 ? "neg3" : "pos3" });
    bar.style.width = `${Math.abs(value) * 50}%`;
    bar.style.marginLeft = `${value < 0 ? 50 - Math.abs(value) * 50 : 50}%`;
    return element("div", { class: "balance", "aria-hidden": "true" }, bar);
  },
  // [edges, counts]
  spark: ([edges, counts]) => {
    const box = element("div", { class: "sparkline", "aria-hidden": "true" });
    if (counts.length) spark(box, edges, counts);
    return box;
  },
};

function between(low, high) {
  return low === null || low === undefined ? "" : `${show.score(low)} to ${show.score(high)}`;
}

function sortKey(value) {
  const first = Array.isArray(value) ? (value.length ? value[0] : "") : value;
  return Array.isArray(first) ? 0 : first;
}

function compare(a, b) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}

function cell({ kind, label }, value) {
  const content = cells[kind](value);
  return element("td", { role: "cell", class: content === "–" ? `${kind} nothing` : kind, "data-label": label }, content);
}

function table(box, { columns, rows, caption }) {
  const state = { by: null, down: false, words: "", first: 0 };
  const body = element("tbody");
  const count = element("output", { class: "muted", "aria-live": "polite" });
  const text = rows.map((row) => JSON.stringify(row).toLowerCase());
  const heads = columns.map((column, at) => element("th", { scope: "col", class: column.kind }, ["spark", "balance"].includes(column.kind)
    ? column.label : element("button", { type: "button", onclick: () => sort(at) }, column.label)));

  function chosen() {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = rows.map((_, at) => at).filter((at) => words.every((word) => text[at].includes(word)));
    if (state.by === null) return kept;
    const way = state.down ? -1 : 1;
    return kept.sort((a, b) => way * compare(sortKey(rows[a][state.by]), sortKey(rows[b][state.by])) || a - b);
  }

  function draw() {
    const kept = chosen();
    state.first = Math.max(0, Math.min(state.first, Math.floor((kept.length - 1) / ROWS_AT_A_TIME) * ROWS_AT_A_TIME));
    const shown = kept.slice(state.first, state.first + ROWS_AT_A_TIME);
    body.replaceChildren(...shown.map((at) => element("tr", { role: "row" }, ...columns.map((column, place) => cell(column, rows[at][place])))));
    count.textContent = kept.length ? `${state.first + 1} to ${state.first + shown.length} of ${kept.length}` : "nothing fits";
    before.disabled = state.first === 0;
    after.disabled = state.first + ROWS_AT_A_TIME >= kept.length;
    heads.forEach((head, at) => head.setAttribute("aria-sort", at !== state.by ? "none" : state.down ? "descending" : "ascending"));
  }

  function sort(at) {
    state.down = state.by === at && !state.down;
    state.by = at;
    state.first = 0;
    draw();
  }

  function turn(pages) {
    state.first += pages * ROWS_AT_A_TIME;
    draw();
  }

  const before = element("button", { type: "button", onclick: () => turn(-1) }, "Previous");
  const after = element("button", { type: "button", onclick: () => turn(1) }, "Next");
  const filter = element("input", { type: "search", placeholder: "any words", oninput: (event) => {
    state.words = event.target.value;
    state.first = 0;
    draw();
  } });
  const few = rows.length <= 10;
  if (!few) box.append(element("label", { class: "filter" }, "Show only ", filter));
  box.append(
    element("table", { role: "table" }, element("caption", {}, caption),
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads)), body),
    element("p", { class: "pager", hidden: rows.length <= ROWS_AT_A_TIME }, before, count, after),
  );
  draw();
}

for (const box of document.querySelectorAll("[data-table]")) table(box, page.data.tables[box.dataset.table]);
