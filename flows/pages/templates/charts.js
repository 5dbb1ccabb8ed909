// Charts of a figure: bars of a histogram, lines, points. Drawn when they come into view, again when the colours change.

const FONT = "12px system-ui, sans-serif";

function axis(extra = {}) {
  return {
    stroke: color("muted"),
    font: FONT,
    labelFont: FONT,
    labelSize: 18,
    labelGap: 2,
    grid: { stroke: color("line"), width: 1 },
    ticks: { stroke: color("line"), width: 1, size: 4 },
    gap: 4,
    ...extra,
  };
}

function chartSeries(spec) {
  if (spec.kind === "bars") {
    return [{
      fill: color("c1"), stroke: color("c1"), width: 0, points: { show: false },
      paths: uPlot.paths.bars({ size: [0.9, 400] }),
    }];
  }
  return spec.series.map((series, at) => {
    const ink = color(`c${1 + (series.color ?? at) % 8}`);
    if (spec.kind === "points" && !series.line) {
      return { stroke: ink, fill: ink, paths: () => null, points: { show: true, size: 7, width: 1.5, fill: series.hollow ? color("panel") : ink } };
    }
    return {
      stroke: ink, width: series.bound ? 0.5 : 2, dash: series.dash ? [6, 4] : undefined, spanGaps: Boolean(series.line),
      points: { show: series.y.length < 40 && !series.bound && !series.line && !series.dash, size: 5, fill: ink },
    };
  });
}

// Epochs are counted: no tick stands between two of them.
const WHOLE_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500];

function chartOptions(spec, width) {
  const series = chartSeries(spec);
  const bands = (spec.bands || []).map(([high, low]) => ({
    series: [high + 1, low + 1], fill: color(`c${1 + (spec.series[high].color ?? high) % 8}`) + "33",
  }));
  return {
    width, height: chartHeight(spec), series: [{}, ...series], bands,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { show: spec.kind === "lines" } },
    scales: {
      x: { time: false, range: spec.xRange ? () => spec.xRange : undefined },
      y: spec.log ? { distr: 3 } : { range: spec.yRange ? () => spec.yRange : spec.kind === "bars" ? (u, low, high) => [0, Math.max(1, high)] : undefined },
    },
    axes: [
      axis({ label: spec.xLabel, size: 30, ...(spec.xLabel === "epoch" ? { incrs: WHOLE_STEPS } : {}) }),
      axis({ label: spec.yLabel, size: 58, values: (u, marks) => show.marks(marks) }),
    ],
  };
}

function chartData(spec) {
  if (spec.kind === "bars") return [spec.x, spec.y];
  const drawable = (value) => (spec.log && value !== null && value <= 0 ? null : value);
  return [spec.x, ...spec.series.map((series) => series.y.map(drawable))];
}

function chartReadout(spec, at) {
  if (at === null || at === undefined) return "";
  if (spec.kind === "bars") {
    const half = spec.width / 2;
    const ends = [spec.x[at] - half, spec.x[at] + half].map(spec.percent ? show.percent : (v) => show.number(v));
    return `${ends[0]} to ${ends[1]}: ${spec.y[at]}`;
  }
  const parts = spec.series
    .filter((series) => !series.bound && series.y[at] !== null && series.y[at] !== undefined)
    .map((series) => `${series.label} ${show.number(series.y[at])}`);
  return `${spec.xName || spec.xLabel || ""} ${show.number(spec.x[at])}: ${parts.join(", ")}`;
}

// Fill a <figure data-chart="name">: the plot, a legend in words, and what stands under the cursor.
function chart(figure, spec) {
  const box = element("div", { class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart", "aria-label": spec.summary });
  const readout = element("output", { class: "readout", "aria-live": "polite" });
  const named = spec.kind === "bars" ? [] : spec.series.filter((series) => !series.bound);
  const legend = named.length > 1 ? element("ul", { class: "legend" }, ...named.map((series) => element(
    "li", {}, element("span", { class: `swatch c${1 + (series.color ?? spec.series.indexOf(series)) % 8}${swatchShape(spec, series)}` }), series.label,
  ))) : null;
  figure.append(box, ...(legend ? [legend] : []), readout);
  let plot = null;
  const draw = () => {
    if (plot) plot.destroy();
    const options = chartOptions(spec, box.clientWidth);
    options.hooks = { setCursor: [(u) => { readout.textContent = chartReadout(spec, u.cursor.idx); }] };
    plot = new uPlot(options, chartData(spec), box);
  };
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !plot) return;
    event.preventDefault();
    const at = Math.max(0, Math.min(spec.x.length - 1, (plot.cursor.idx ?? (step > 0 ? -1 : spec.x.length)) + step));
    plot.setCursor({ left: plot.valToPos(spec.x[at], "x"), top: 1 });
  });
  whenSeen(box, () => {
    draw();
    page.redraws.add(draw);
    onResize(box, () => plot.setSize({ width: box.clientWidth, height: chartHeight(spec) }));
  });
}

function swatchShape(spec, series) {
  if (series.dash) return " dashed";
  return spec.kind !== "points" || series.line ? "" : series.hollow ? " hollow" : " round";
}

function chartHeight(spec) {
  return spec.height || 180;
}

// A histogram the size of a word, for a row of a table.
function spark(box, edges, counts) {
  whenSeen(box, () => {
    let plot = null;
    const width = (edges[1] - edges[0]) / counts.length;
    const centres = counts.map((_, at) => edges[0] + width * (at + 0.5));
    const draw = () => {
      if (plot) plot.destroy();
      plot = new uPlot({
        width: 120, height: 28, legend: { show: false }, cursor: { show: false }, padding: [1, 0, 0, 0],
        scales: { x: { time: false, range: () => edges }, y: { range: (u, low, high) => [0, Math.max(1, high)] } },
        axes: [{ show: false }, { show: false }],
        series: [{}, { fill: color("c1"), width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.95, 100] }) }],
      }, [centres, counts], box);
    };
    draw();
    // The row may be gone by the time the colours change: a table shows some rows at a time.
    const redraw = () => (box.isConnected ? draw() : page.redraws.delete(redraw));
    page.redraws.add(redraw);
  });
}

function whenSeen(target, act) {
  const watch = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watch.disconnect();
    act();
  }, { rootMargin: "200px" });
  watch.observe(target);
}

function onResize(target, act) {
  let width = target.clientWidth;
  new ResizeObserver(() => {
    if (!target.clientWidth || target.clientWidth === width) return;
    width = target.clientWidth;
    act();
  }).observe(target);
}

for (const figure of document.querySelectorAll("figure[data-chart]")) {
  chart(figure, page.data.charts[figure.dataset.chart]);
}
